#include "methods/quarot.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "kernels/rows.h"
#include "support.h"
#include "tensor/statistics.h"
#include "tensor/synthetic.h"

namespace quantlens::methods {
namespace {

using test::gaussian;
using test::matrix_of;
using test::product;
using test::Threads;

double output_mse(const QuantizedLayer& layer, const Matrix& weights, const Matrix& activations, const Run& run) {
    const auto output = layer.multiply(activations, run);
    const auto wanted = product(activations, weights);
    double sum = 0;
    for (std::size_t i = 0; i < wanted.size(); ++i) sum += std::pow(output->values()[i] - wanted[i], 2);
    return sum / double(wanted.size());
}

double number(const QuantizedLayer& layer, const std::string& name) {
    const std::map<std::string, Detail> details(layer.details.begin(), layer.details.end());
    return std::get<double>(details.at(name));
}

TEST(QuaRot, EqualsTheReferenceOnEveryGoldenCase) {
    const Threads threads;
    for (const auto& one : test::cases("quarot_w4a4")) {
        SCOPED_TRACE(one.name());
        const Matrix weights = matrix_of(one.input_f32("W")), activations = matrix_of(one.input_f32("X"));
        QuarotParameters parameters;
        parameters.bits = one.parameters().at("w_bits");
        parameters.activation_bits = one.parameters().at("a_bits");
        const auto layer = quarot({weights, activations, threads.run}, parameters);
        ASSERT_TRUE(layer) << layer.error().message;

        const auto wanted = one.expected_f32("output_w4a4_rot").values;
        const float largest = std::abs(*std::ranges::max_element(wanted, {}, [](float v) { return std::abs(v); }));
        const auto output = layer->multiply(activations, threads.run);
        ASSERT_TRUE(output);
        for (std::size_t i = 0; i < wanted.size(); ++i)
            ASSERT_NEAR(output->values()[i], wanted[i], 1e-2 * largest) << i;

        const double mse = one.expected("mse_w4a4_rot");
        EXPECT_NEAR(output_mse(*layer, weights, activations, threads.run), mse, 5e-2 * mse);
        EXPECT_NEAR(number(*layer, "activation_max_before"), one.expected("absmax_X"), 1e-4);
        EXPECT_NEAR(number(*layer, "activation_max_after"), one.expected("absmax_X_rot"), 1e-3);
        EXPECT_NEAR(number(*layer, "weight_max_before"), one.expected("absmax_W"), 1e-5);
        EXPECT_NEAR(number(*layer, "weight_max_after"), one.expected("absmax_W_rot"), 1e-5);

        parameters.activation_clip_ratio = 0.9;
        const auto clipped = quarot({weights, activations, threads.run}, parameters);
        ASSERT_TRUE(clipped);
        const double clipped_mse = one.expected("mse_w4a4_rot_clip0.9");
        EXPECT_NEAR(output_mse(*clipped, weights, activations, threads.run), clipped_mse, 5e-2 * clipped_mse);
    }
}

TEST(QuaRot, RotationAloneLeavesTheOutputUnchanged) {
    const Threads threads;
    for (const std::size_t columns : {1u, 2u, 12u, 40u, 64u, 72u, 112u, 160u}) {
        const Matrix weights = gaussian(8, columns, columns), activations = gaussian(8, columns, columns + 1);
        QuarotParameters parameters;
        parameters.bits = 8;
        parameters.activation_bits = 16;
        auto layer = quarot({weights, activations, threads.run}, parameters);
        ASSERT_TRUE(layer) << layer.error().message;
        layer->basis_weights = weights;
        ASSERT_TRUE(kernels::hadamard(layer->basis_weights, false, threads.run.pool));
        const auto output = layer->multiply(activations, threads.run);
        ASSERT_TRUE(output);
        const auto wanted = product(activations, weights);
        for (std::size_t i = 0; i < wanted.size(); ++i) EXPECT_NEAR(output->values()[i], wanted[i], 1e-4);
    }
}

TEST(QuaRot, DequantizedWeightsAreInTheOriginalBasis) {
    const Threads threads;
    const Matrix weights = gaussian(8, 96, 1), activations = gaussian(8, 96, 2);
    QuarotParameters parameters;
    parameters.bits = 8;
    parameters.activation_bits = 16;
    const auto layer = quarot({weights, activations, threads.run}, parameters);
    ASSERT_TRUE(layer);
    EXPECT_LT(deviation_of(weights, layer->dequantized).max_error, 0.03);
    const auto output = layer->multiply(activations, threads.run);
    const auto wanted = product(activations, layer->dequantized);
    for (std::size_t i = 0; i < wanted.size(); ++i) EXPECT_NEAR(output->values()[i], wanted[i], 1e-4);
}

TEST(QuaRot, SpreadsOutliersAndLowersTheErrorOfFourBits) {
    const Threads threads;
    const Matrix weights = synthetic_weights(32, 128, 3), activations = synthetic_activations(64, 128, 4);
    const auto layer = quarot({weights, activations, threads.run}, {});
    ASSERT_TRUE(layer);
    EXPECT_LT(number(*layer, "activation_max_over_rms_after"), 0.5 * number(*layer, "activation_max_over_rms_before"));
    QuantizedLayer plain;
    plain.rows = 32;
    plain.columns = 128;
    plain.dequantized = weights;
    plain.input.quantizer = layer->input.quantizer;  // activations alone, unrotated
    EXPECT_LT(output_mse(*layer, weights, activations, threads.run),
              output_mse(plain, weights, activations, threads.run));
}

TEST(QuaRot, GptqAfterTheRotationBeatsRounding) {
    const Threads threads;
    const Matrix weights = gaussian(24, 64, 5), activations = test::correlated(256, 64, 6);
    QuarotParameters parameters;
    parameters.bits = 3;
    parameters.activation_bits = 16;
    const auto rounded = quarot({weights, activations, threads.run}, parameters);
    parameters.base = QuarotBase::kGptq;
    const auto compensated = quarot({weights, activations, threads.run}, parameters);
    ASSERT_TRUE(rounded && compensated);
    EXPECT_LT(output_mse(*compensated, weights, activations, threads.run),
              output_mse(*rounded, weights, activations, threads.run));
}

TEST(QuaRot, ErrorFallsAsBitsRise) {
    const Threads threads;
    double last = std::numeric_limits<double>::infinity();
    for (int bits = 2; bits <= 8; ++bits) {
        QuarotParameters parameters;
        parameters.bits = parameters.activation_bits = bits;
        double error = 0;
        for (std::uint64_t seed = 0; seed < 4; ++seed) {
            const Matrix weights = gaussian(16, 64, seed), activations = gaussian(16, 64, seed + 10);
            error +=
                output_mse(*quarot({weights, activations, threads.run}, parameters), weights, activations, threads.run);
        }
        EXPECT_LT(error, last) << bits;
        last = error;
    }
}

TEST(QuaRot, ColumnsWithoutAHadamardMatrixAreRefusedWithTheSizesThatWork) {
    const Threads threads;
    const Matrix weights = gaussian(2, 7, 1);
    const auto layer = quarot({weights, weights, threads.run}, {});
    ASSERT_FALSE(layer);
    EXPECT_EQ(layer.error().code, ErrorCode::kBadShape);
    EXPECT_NE(layer.error().message.find("12"), std::string::npos) << layer.error().message;
}

TEST(QuaRot, ZerosStayZerosAndOverflowIsAnError) {
    const Threads threads;
    const Matrix zeros(2, 8);
    const auto layer = quarot({zeros, zeros, threads.run}, {});
    ASSERT_TRUE(layer);
    const auto output = layer->multiply(zeros, threads.run);
    ASSERT_TRUE(output);
    for (const float v : output->values()) EXPECT_EQ(v, 0);

    Matrix huge(1, 8);
    for (float& v : huge.values()) v = 3e38f;
    const auto overflowing = quarot({huge, huge, threads.run}, {});
    ASSERT_FALSE(overflowing);
    EXPECT_EQ(overflowing.error().code, ErrorCode::kNotFinite);
}

}  // namespace
}  // namespace quantlens::methods
