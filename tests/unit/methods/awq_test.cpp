#include "methods/awq.h"

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

#include "methods/rtn.h"
#include "support.h"

namespace quantlens::methods {
namespace {

QuantizedLayer quantized(const Matrix& weights, const Matrix& inputs, const AwqParameters& parameters,
                         std::size_t threads = 1) {
    test::Threads t(threads);
    auto layer = awq({weights, inputs, t.run}, parameters);
    EXPECT_TRUE(layer) << layer.error().message;
    return std::move(*layer);
}

const Detail* detail(const QuantizedLayer& layer, const std::string& name) {
    const auto found = std::ranges::find(layer.details, name, [](const auto& d) { return d.first; });
    return found == layer.details.end() ? nullptr : &found->second;
}

/// A few input channels are twenty times as large as the others.
Matrix with_outliers(std::size_t tokens, std::size_t columns, std::uint64_t seed) {
    Matrix inputs = test::gaussian(tokens, columns, seed);
    for (std::size_t t = 0; t < tokens; ++t)
        for (std::size_t c = 3; c < columns; c += 17) inputs(t, c) *= 20;
    return inputs;
}

TEST(Awq, IsNeverWorseThanRoundToNearestOnItsCalibrationInputs) {
    test::Threads threads;
    for (std::uint64_t seed = 0; seed < 6; ++seed)
        for (const int bits : {2, 3, 4})
            for (const std::size_t tokens : {std::size_t{20}, std::size_t{100}}) {  // fewer and more than the inputs
                const Matrix weights = test::gaussian(12, 64, seed), inputs = with_outliers(tokens, 64, seed + 30);
                AwqParameters parameters;
                parameters.bits = bits;
                parameters.group_size = 32;
                const QuantizedLayer layer = quantized(weights, inputs, parameters);
                const auto nearest = rtn({weights, std::nullopt, threads.run}, parameters.nearest());
                ASSERT_TRUE(nearest);
                const double error = test::squared_error_a_token(inputs, weights, layer.dequantized);
                const double plain = test::squared_error_a_token(inputs, weights, nearest->dequantized);
                EXPECT_LE(error, plain * (1 + 1e-5));
                const auto& losses = std::get<std::vector<double>>(*detail(layer, "losses"));
                EXPECT_NEAR(losses[0] * 12, plain, 1e-4 * plain);
                EXPECT_NEAR(*std::ranges::min_element(losses) * 12, error, 1e-4 * error);
            }
}

TEST(Awq, ScalingAloneLeavesTheOutputAsItIs) {
    test::Threads threads;
    const Matrix weights = test::gaussian(8, 40, 1), inputs = with_outliers(30, 40, 2);
    QuantizedLayer layer = quantized(weights, inputs, {});
    for (std::size_t r = 0; r < 8; ++r)
        for (std::size_t c = 0; c < 40; ++c) layer.basis_weights(r, c) = weights(r, c) * layer.input.column_divisors[c];
    const auto output = layer.multiply(inputs, threads.run);
    ASSERT_TRUE(output);
    const auto wanted = test::product(inputs, weights);
    for (std::size_t i = 0; i < wanted.size(); ++i)
        EXPECT_NEAR(output->values()[i], wanted[i], 1e-5 * std::abs(wanted[i]) + 2e-4);
}

TEST(Awq, RaisesTheColumnsThatMeetLargeInputs) {
    const Matrix weights = test::gaussian(32, 64, 3), inputs = with_outliers(100, 64, 4);
    AwqParameters parameters;
    parameters.bits = 3;
    const QuantizedLayer layer = quantized(weights, inputs, parameters);
    EXPECT_GT(std::get<double>(*detail(layer, "best_ratio")), 0);
    EXPECT_GT(layer.input.column_divisors[3], 2 * layer.input.column_divisors[4]);
    // Nothing is kept in higher precision, and the factors fold into the layer before.
    EXPECT_DOUBLE_EQ(layer.bits_per_weight(), 3 + (16.0 + 3) / 64);
}

TEST(Awq, ScalesAreNormalisedAndClamped) {
    const std::vector<float> means{0, 1, 4, 0.25f};
    const auto none = awq_scales(means, 0);
    for (const float s : none) EXPECT_EQ(s, 1);
    const auto half = awq_scales(means, 0.5);
    const double middle = std::sqrt(1e-4 * 2);
    EXPECT_NEAR(half[0], 1e-4 / middle, 1e-7);
    EXPECT_NEAR(half[2], 2 / middle, 1e-4);
}

TEST(Awq, ClippingHelpsOnTheCalibrationInputs) {
    double plain = 0, clipped = 0;
    for (std::uint64_t seed = 0; seed < 6; ++seed) {
        const Matrix weights = test::gaussian(16, 64, seed + 60), inputs = with_outliers(120, 64, seed + 70);
        AwqParameters parameters;
        parameters.bits = 2;
        parameters.group_size = 32;
        plain += test::squared_error_a_token(inputs, weights, quantized(weights, inputs, parameters).dequantized);
        parameters.clip = true;
        const QuantizedLayer layer = quantized(weights, inputs, parameters);
        clipped += test::squared_error_a_token(inputs, weights, layer.dequantized);
        EXPECT_LT(std::get<double>(*detail(layer, "mean_clip")), 1);
    }
    EXPECT_LT(clipped, plain);
}

TEST(Awq, KeepingSalientChannelsIsTheOtherWay) {
    const Matrix weights = test::gaussian(8, 50, 5), inputs = with_outliers(60, 50, 6);
    AwqParameters parameters;
    parameters.salient = 6;  // 3 of 50: the three large ones
    const QuantizedLayer layer = quantized(weights, inputs, parameters);
    EXPECT_EQ(std::get<std::vector<std::uint32_t>>(*detail(layer, "salient_channels")),
              (std::vector<std::uint32_t>{3, 20, 37}));
    for (std::size_t r = 0; r < 8; ++r)
        EXPECT_NEAR(layer.dequantized(r, 20), weights(r, 20), std::abs(weights(r, 20)) * 0x1p-11f);
    EXPECT_TRUE(layer.input.column_divisors.empty());
    EXPECT_EQ(layer.stored_bits(), 4u * 8 * 47 + 8 * (16 + 4) + 3 * 8 * 16 + 3 * 32);
    parameters.salient = 100;
    EXPECT_LT(test::mean_squared_error(weights, quantized(weights, inputs, parameters).dequantized), 1e-7);
}

TEST(Awq, EdgesGiveFiniteWeights) {
    AwqParameters parameters;
    for (const bool clip : {false, true})
        for (const Scheme scheme : {Scheme::kSymmetric, Scheme::kAsymmetric}) {
            parameters.clip = clip;
            parameters.scheme = scheme;
            for (const float size : {0.0f, 1e-40f, 1.0f, 1e37f}) {
                Matrix inputs = test::gaussian(10, 16, 7);
                for (float& v : inputs.values()) v *= size;
                EXPECT_TRUE(check_finite(quantized(test::gaussian(4, 16, 8), inputs, parameters).dequantized, "w"));
                Matrix huge = test::gaussian(4, 16, 9);
                for (float& v : huge.values()) v *= 1e37f;
                EXPECT_TRUE(check_finite(quantized(huge, inputs, parameters).dequantized, "w")) << size;
            }
            EXPECT_TRUE(check_finite(quantized(Matrix(1, 1, {0.5f}), Matrix(1, 1, {2}), parameters).dequantized, "w"));
            EXPECT_TRUE(check_finite(quantized(Matrix(3, 5), test::gaussian(3, 5, 1), parameters).dequantized, "w"));
        }
}

TEST(Awq, SameBitsAtAnyThreadCount) {
    const Matrix weights = test::gaussian(30, 70, 10), inputs = with_outliers(90, 70, 11);
    AwqParameters parameters;
    parameters.clip = true;
    EXPECT_EQ(quantized(weights, inputs, parameters, 1).codes->codes,
              quantized(weights, inputs, parameters, 4).codes->codes);
}

TEST(Awq, WhatItCannotDoIsAnErrorThatSaysWhatWouldBeRight) {
    test::Threads threads;
    const Matrix weights = test::gaussian(4, 16, 12), inputs = test::gaussian(8, 16, 13);
    EXPECT_EQ(awq({weights, std::nullopt, threads.run}, {}).error().message,
              "awq needs activations, the inputs of the layer");
    AwqParameters parameters;
    parameters.bits = 1;
    parameters.scheme = Scheme::kSymmetric;
    EXPECT_EQ(awq({weights, inputs, threads.run}, parameters).error().field, "bits");
    parameters = {};
    parameters.grid = 0;
    EXPECT_EQ(awq({weights, inputs, threads.run}, parameters).error().field, "grid");
    const quantlens::Run stopped{threads.pool, 0, [](double) { return false; }};
    EXPECT_EQ(awq({weights, inputs, stopped}, {}).error().code, ErrorCode::kCancelled);
}

}  // namespace
}  // namespace quantlens::methods
