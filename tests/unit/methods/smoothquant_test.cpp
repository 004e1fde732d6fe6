#include "methods/smoothquant.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "support.h"
#include "tensor/statistics.h"
#include "tensor/synthetic.h"

namespace quantlens::methods {
namespace {

using test::gaussian;
using test::matrix_of;
using test::product;
using test::Threads;

TEST(SmoothQuant, EqualsTheReferenceOnEveryGoldenCase) {
    const Threads threads;
    for (const auto& one : test::cases("smoothquant")) {
        SCOPED_TRACE(one.name());
        const Matrix weights = matrix_of(one.input_f32("W")), activations = matrix_of(one.input_f32("X"));
        SmoothQuantParameters parameters;
        parameters.alpha = one.parameters().at("alpha");
        parameters.bits = one.parameters().at("w_bits");
        parameters.activation_bits = one.parameters().at("a_bits");
        const auto layer = smoothquant({weights, activations, threads.run}, parameters);
        ASSERT_TRUE(layer) << layer.error().message;

        const auto factors = one.expected_f32("scales").values;
        ASSERT_EQ(layer->input.column_divisors.size(), factors.size());
        for (std::size_t c = 0; c < factors.size(); ++c)
            EXPECT_NEAR(layer->input.column_divisors[c], factors[c], 1e-5 * factors[c]);

        const std::map<std::string, Detail> details(layer->details.begin(), layer->details.end());
        const auto maxima = one.expected_f32("act_absmax").values;
        const auto smoothed_maxima = one.expected_f32("smoothed_x_absmax_per_channel").values;
        for (std::size_t c = 0; c < factors.size(); ++c) {
            EXPECT_EQ(std::get<std::vector<double>>(details.at("activation_maxima_before"))[c], maxima[c]);
            EXPECT_NEAR(std::get<std::vector<double>>(details.at("activation_maxima_after"))[c], smoothed_maxima[c],
                        1e-5 * smoothed_maxima[c]);
        }

        const auto output = layer->multiply(activations, threads.run);
        ASSERT_TRUE(output);
        const auto wanted = one.expected_f32("output_per_channel_per_token").values;
        const float largest = std::abs(*std::ranges::max_element(wanted, {}, [](float v) { return std::abs(v); }));
        for (std::size_t i = 0; i < wanted.size(); ++i)
            ASSERT_NEAR(output->values()[i], wanted[i], 1e-3 * largest) << i;

        const auto mse = [&](const Matrix& actual) {
            const auto exact = product(activations, weights);
            double sum = 0;
            for (std::size_t i = 0; i < exact.size(); ++i)
                sum += (exact[i] - actual.values()[i]) * (exact[i] - actual.values()[i]);
            return sum / double(exact.size());
        };
        const double fine = one.expected("output_mse_per_channel_per_token");
        EXPECT_NEAR(mse(*output), fine, 2e-2 * fine);

        parameters.granularity = Granularity::kTensor;
        parameters.activation_granularity = ActivationGranularity::kTensor;
        const auto coarse_layer = smoothquant({weights, activations, threads.run}, parameters);
        ASSERT_TRUE(coarse_layer);
        const double coarse = one.expected("output_mse_per_tensor_per_tensor");
        EXPECT_NEAR(mse(*coarse_layer->multiply(activations, threads.run)), coarse, 2e-2 * coarse);
    }
}

TEST(SmoothQuant, FactorsOfTwoLayersBehindOneNormEqualTheReference) {
    for (const auto& one : test::cases("smoothquant_fold")) {
        SCOPED_TRACE(one.name());
        const Matrix first = matrix_of(one.input_f32("W1")), second = matrix_of(one.input_f32("W2"));
        auto weight_maxima = column_absmax(first);
        const auto others = column_absmax(second);
        for (std::size_t c = 0; c < others.size(); ++c) weight_maxima[c] = std::max(weight_maxima[c], others[c]);
        const auto factors =
            smoothing_factors(one.input_f32("act_absmax").values, weight_maxima, one.parameters().at("alpha"));
        const auto gain = one.input_f32("ln_weight").values, smoothed_gain = one.expected_f32("ln_weight_out").values;
        const Matrix smoothed = matrix_of(one.expected_f32("W2_out"));
        for (std::size_t c = 0; c < factors.size(); ++c) {
            EXPECT_NEAR(gain[c] / factors[c], smoothed_gain[c], 1e-5 * std::abs(smoothed_gain[c]));
            for (std::size_t r = 0; r < second.rows(); ++r)
                EXPECT_NEAR(second(r, c) * factors[c], smoothed(r, c), 1e-5 * std::abs(smoothed(r, c)));
        }
    }
}

TEST(SmoothQuant, ActivationsRoundAsTheReferenceDoes) {
    Threads threads;
    for (const auto& one : test::cases("act_fake_quant")) {
        SCOPED_TRACE(one.name());
        Matrix activations = matrix_of(one.input_f32("X"));
        ActivationQuantizer quantizer;
        quantizer.bits = one.parameters().at("bits");
        quantizer.granularity =
            one.parameters().at("granularity") == "per_token" ? Granularity::kToken : Granularity::kTensor;
        quantizer.apply(activations, threads.pool);
        const auto codes = one.expected_codes("codes");
        const auto scales = one.expected_f32("scales").values;
        for (std::size_t t = 0; t < activations.rows(); ++t)
            for (std::size_t c = 0; c < activations.columns(); ++c)
                ASSERT_EQ(activations(t, c),
                          float(codes[t * activations.columns() + c]) * scales[scales.size() == 1 ? 0 : t]);
    }
}

TEST(SmoothQuant, SmoothingAloneLeavesTheOutputUnchanged) {
    const Threads threads;
    const Matrix weights = synthetic_weights(24, 96, 1), activations = synthetic_activations(32, 96, 2);
    auto layer = smoothquant({weights, activations, threads.run}, {});
    ASSERT_TRUE(layer);
    // The unrounded smoothed weights in place of the rounded ones.
    layer->basis_weights = weights;
    for (std::size_t r = 0; r < weights.rows(); ++r)
        for (std::size_t c = 0; c < weights.columns(); ++c)
            layer->basis_weights(r, c) *= layer->input.column_divisors[c];
    layer->input.quantizer.bits = 16;
    const auto output = layer->multiply(activations, threads.run);
    ASSERT_TRUE(output);
    const auto wanted = product(activations, weights);
    for (std::size_t i = 0; i < wanted.size(); ++i) EXPECT_NEAR(output->values()[i], wanted[i], 2e-5);
}

TEST(SmoothQuant, HelpsWhereActivationsHaveOutliers) {
    const Threads threads;
    const Matrix weights = synthetic_weights(32, 128, 3), activations = synthetic_activations(64, 128, 4);
    SmoothQuantParameters parameters;
    const auto error_at = [&](double alpha) {
        parameters.alpha = alpha;
        const auto layer = smoothquant({weights, activations, threads.run}, parameters);
        const auto output = layer->multiply(activations, threads.run);
        const auto wanted = product(activations, weights);
        double sum = 0;
        for (std::size_t i = 0; i < wanted.size(); ++i) sum += std::pow(output->values()[i] - wanted[i], 2);
        return sum;
    };
    EXPECT_LT(error_at(0.5), 0.5 * error_at(0.0));
}

TEST(SmoothQuant, ErrorFallsAsBitsRise) {
    const Threads threads;
    double last = std::numeric_limits<double>::infinity();
    for (int bits = 2; bits <= 8; ++bits) {
        SmoothQuantParameters parameters;
        parameters.bits = bits;
        double error = 0;
        for (std::uint64_t seed = 0; seed < 4; ++seed) {
            const Matrix weights = gaussian(16, 64, seed), activations = gaussian(16, 64, seed + 10);
            const auto layer = smoothquant({weights, activations, threads.run}, parameters);
            ASSERT_TRUE(layer);
            error += deviation_of(weights, layer->dequantized).mse;
        }
        EXPECT_LT(error, last) << bits;
        last = error;
    }
}

TEST(SmoothQuant, DeadChannelsAndZeroMatricesStayFinite) {
    const Threads threads;
    Matrix weights = gaussian(4, 8, 1), activations = gaussian(4, 8, 2);
    for (std::size_t r = 0; r < 4; ++r) weights(r, 3) = activations(r, 5) = weights(r, 6) = activations(r, 6) = 0;
    for (const double alpha : {0.0, 0.5, 1.0}) {
        SmoothQuantParameters parameters;
        parameters.alpha = alpha;
        for (const auto& [w, x] : {std::pair{weights, activations}, std::pair{Matrix(4, 8), Matrix(4, 8)}}) {
            const auto layer = smoothquant({w, x, threads.run}, parameters);
            ASSERT_TRUE(layer) << layer.error().message;
            EXPECT_TRUE(check_finite(layer->dequantized, "dequantized"));
            EXPECT_TRUE(check_finite(*layer->multiply(x, threads.run), "output"));
        }
    }
}

TEST(SmoothQuant, BadInputIsRefusedByName) {
    const Threads threads;
    const Matrix weights = gaussian(2, 4, 1);
    const auto without = smoothquant({weights, std::nullopt, threads.run}, {});
    ASSERT_FALSE(without);
    EXPECT_EQ(without.error().field, "activations");

    SmoothQuantParameters parameters;
    parameters.alpha = 1.5;
    const auto outside = smoothquant({weights, weights, threads.run}, parameters);
    ASSERT_FALSE(outside);
    EXPECT_EQ(outside.error().field, "alpha");

    Matrix huge(1, 2, {1e38f, 1}), inputs(1, 2, {1e38f, 1});
    parameters.alpha = 1;
    const auto overflowing = smoothquant({huge, inputs, threads.run}, parameters);
    ASSERT_FALSE(overflowing);
    EXPECT_EQ(overflowing.error().code, ErrorCode::kNotFinite);
}

}  // namespace
}  // namespace quantlens::methods
