#include "methods/zeroquant.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "support.h"
#include "tensor/statistics.h"

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

TEST(ZeroQuant, TokensRoundAsTheReferenceDoes) {
    const Threads threads;
    for (const auto& one : test::cases("zeroquant_act")) {
        SCOPED_TRACE(one.name());
        const Matrix weights = matrix_of(one.input_f32("W")), activations = matrix_of(one.input_f32("X"));
        ZeroQuantParameters parameters;
        parameters.group_size = int(weights.columns());
        parameters.activation_bits = one.parameters().at("bits");
        parameters.activation_scheme = one.parameters().at("sym") ? Scheme::kSymmetric : Scheme::kAsymmetric;
        const auto layer = zeroquant({weights, activations, threads.run}, parameters);
        ASSERT_TRUE(layer) << layer.error().message;
        const auto inputs = layer->transformed(activations, threads.run);
        ASSERT_TRUE(inputs);
        const auto wanted = one.expected_f32("dequantized").values;
        // Relative to the largest: the reference adds the offset in float32, which near 0 leaves few good digits.
        float largest = 0;
        for (const float v : wanted) largest = std::max(largest, std::abs(v));
        for (std::size_t i = 0; i < wanted.size(); ++i)
            ASSERT_NEAR(inputs->values()[i], wanted[i], 1e-6 * largest) << i;

        const double eight_bits = one.expected("output_w8a8_mse");
        EXPECT_NEAR(output_mse(*layer, weights, activations, threads.run), eight_bits, 2e-2 * eight_bits);
        if (!one.has_expected("output_w4a8_groups_mse")) continue;
        parameters.bits = 4;
        parameters.group_size = 48;
        const auto four_bits = zeroquant({weights, activations, threads.run}, parameters);
        ASSERT_TRUE(four_bits);
        const double grouped = one.expected("output_w4a8_groups_mse");
        EXPECT_NEAR(output_mse(*four_bits, weights, activations, threads.run), grouped, 2e-2 * grouped);
    }
}

TEST(ZeroQuant, WeightsEqualTheReferenceWhereGroupsStayInARow) {
    const Threads threads;
    std::size_t compared = 0;
    for (const auto& one : test::cases("zeroquant_weight")) {
        SCOPED_TRACE(one.name());
        const Matrix weights = matrix_of(one.input_f32("W"));
        const int group = one.parameters().at("group_elems");
        if (std::size_t(group) > weights.columns()) continue;
        ZeroQuantParameters parameters;
        parameters.bits = one.parameters().at("bits");
        parameters.scheme = one.parameters().at("sym") ? Scheme::kSymmetric : Scheme::kAsymmetric;
        parameters.group_size = group;
        const auto layer = zeroquant({weights, weights, threads.run}, parameters);
        ASSERT_TRUE(layer);
        const auto codes = one.expected_codes("codes");
        for (std::size_t i = 0; i < codes.size(); ++i) ASSERT_EQ(layer->codes->codes[i], codes[i]) << i;
        const double mse = one.expected("weight_mse");
        EXPECT_NEAR(deviation_of(weights, layer->dequantized).mse, mse, 1e-5 * mse);
        ++compared;
    }
    EXPECT_EQ(compared, 8u);
}

TEST(ZeroQuant, ErrorFallsAsBitsRise) {
    const Threads threads;
    for (const Scheme scheme : {Scheme::kSymmetric, Scheme::kAsymmetric}) {
        double last = std::numeric_limits<double>::infinity();
        for (int bits = 2; bits <= 8; ++bits) {
            ZeroQuantParameters parameters;
            parameters.bits = bits;
            parameters.scheme = scheme;
            double error = 0;
            for (std::uint64_t seed = 0; seed < 4; ++seed) {
                const Matrix weights = gaussian(16, 128, seed), activations = gaussian(8, 128, seed + 10);
                const auto layer = zeroquant({weights, activations, threads.run}, parameters);
                ASSERT_TRUE(layer);
                error += output_mse(*layer, weights, activations, threads.run);
            }
            EXPECT_LT(error, last) << bits;
            last = error;
        }
    }
}

TEST(ZeroQuant, StorageIsCodesAndGroupScales) {
    const Threads threads;
    const Matrix weights = gaussian(8, 100, 1);
    ZeroQuantParameters parameters;
    parameters.bits = 4;
    const auto layer = zeroquant({weights, weights, threads.run}, parameters);
    ASSERT_TRUE(layer);
    EXPECT_EQ(layer->stored_bits(), 8 * 100 * 4 + 8 * 2 * 16u);  // a row is 64 + 36 columns
}

TEST(ZeroQuant, ExtremeValuesStayFinite) {
    const Threads threads;
    const Matrix weights(2, 4, {0, 0, 0, 0, 1e38f, -1e38f, 1e-40f, 1});
    for (const Scheme scheme : {Scheme::kSymmetric, Scheme::kAsymmetric}) {
        ZeroQuantParameters parameters;
        parameters.scheme = parameters.activation_scheme = scheme;
        const auto layer = zeroquant({weights, weights, threads.run}, parameters);
        ASSERT_TRUE(layer);
        EXPECT_TRUE(check_finite(layer->dequantized, "dequantized"));
        for (std::size_t c = 0; c < 4; ++c) EXPECT_EQ(layer->dequantized(0, c), 0);
        EXPECT_TRUE(check_finite(*layer->transformed(weights, threads.run), "inputs"));
    }
}

TEST(ZeroQuant, BitsOutsideTheRangeAreRefused) {
    const Threads threads;
    const Matrix weights = gaussian(2, 4, 1);
    ZeroQuantParameters parameters;
    parameters.bits = 1;
    const auto layer = zeroquant({weights, weights, threads.run}, parameters);
    ASSERT_FALSE(layer);
    EXPECT_EQ(layer.error().field, "bits");
}

}  // namespace
}  // namespace quantlens::methods
