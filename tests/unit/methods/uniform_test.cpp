#include "methods/uniform.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include <gtest/gtest.h>

#include "methods/rtn.h"
#include "support.h"

namespace quantlens::methods {
namespace {

constexpr std::array kConventions{Convention::kPlain, Convention::kGptq, Convention::kAwq, Convention::kQuarot,
                                  Convention::kDeepspeed};

Codes quantized(MatrixView<const float> weights, const UniformSettings& settings, std::size_t threads = 1,
                std::uint64_t seed = 0) {
    test::Threads t(threads, seed);
    auto codes = quantize_uniform(weights, settings, t.run);
    EXPECT_TRUE(codes) << codes.error().message;
    return std::move(*codes);
}

Matrix restored(const Codes& codes) {
    ThreadPool pool(1);
    return dequantize(codes, pool);
}

UniformSettings channel(int bits, Scheme scheme, Convention convention = Convention::kPlain) {
    UniformSettings settings;
    settings.bits = bits;
    settings.scheme = scheme;
    settings.granularity = Granularity::kChannel;
    settings.convention = convention;
    return settings;
}

TEST(Uniform, FiveNumbersAtFourBitsAsWorkedByHand) {
    // Scale 2.45 / 7 = 0.35: codes 0, -1, 2, -4 (-3.514), 7.
    const Matrix weights(1, 5, {0.15f, -0.32f, 0.87f, -1.23f, 2.45f});
    const Codes codes = quantized(weights, channel(4, Scheme::kSymmetric));
    EXPECT_EQ(codes.codes, (std::vector<std::int16_t>{0, -1, 2, -4, 7}));
    EXPECT_FLOAT_EQ(codes.scales(0, 0), 0.35f);
    EXPECT_TRUE(codes.is_signed);
    EXPECT_NEAR(test::mean_squared_error(weights, restored(codes)), 0.01624, 5e-6);
}

TEST(Uniform, RoundEvenIsNearbyint) {
    for (const float v : {0.5f, 1.5f, 2.5f, -0.5f, -1.5f, 0.49999997f, 8388607.5f, 4194303.5f, 4194304.5f, -4194305.0f,
                          1e30f, -1e30f, 1e-40f, std::numeric_limits<float>::infinity()})
        EXPECT_EQ(round_even(v), std::nearbyint(v)) << v;
    Random random(1);
    for (int i = 0; i < 10000; ++i) {
        const auto v = float(random.normal() * std::exp(10 * random.normal()));
        ASSERT_EQ(round_even(v), std::nearbyint(v)) << v;
    }
}

TEST(Uniform, AValueIsAtMostHalfAStepAway) {
    const Matrix weights = test::gaussian(6, 100, 1);
    for (int bits = 2; bits <= 8; ++bits)
        for (const Scheme scheme : {Scheme::kSymmetric, Scheme::kAsymmetric}) {
            const Codes codes = quantized(weights, channel(bits, scheme));
            const Matrix values = restored(codes);
            // The zero point is rounded too: at the ends of an asymmetric range it can cost another half step.
            const float steps = scheme == Scheme::kSymmetric ? 0.5001f : 1.0001f;
            for (std::size_t r = 0; r < 6; ++r)
                for (std::size_t c = 0; c < 100; ++c)
                    EXPECT_LE(std::abs(values(r, c) - weights(r, c)), steps * codes.scales(r, 0));
        }
}

TEST(Uniform, OneSymmetricBitIsTheSignTimesTheMeanMagnitude) {
    const Matrix weights(2, 4, {1, -2, 0, 5, 0, 0, 0, 0});
    const Codes codes = quantized(weights, channel(1, Scheme::kSymmetric));
    EXPECT_EQ(codes.codes, (std::vector<std::int16_t>{1, -1, 1, 1, 1, 1, 1, 1}));
    EXPECT_EQ(codes.scales(0, 0), 2);
    EXPECT_EQ(codes.scales(1, 0), 0);
    EXPECT_EQ(restored(codes)(1, 2), 0);
    EXPECT_EQ(stored_parts(codes)[0].bits_each, 1);
    for (const Convention other : {Convention::kAwq, Convention::kQuarot})
        EXPECT_FALSE(check_uniform(channel(1, Scheme::kSymmetric, other)));
}

TEST(Uniform, AGroupOfZerosHasScaleOneAndItsZeroPointAsCodes) {
    const Matrix weights(2, 8);
    for (const Scheme scheme : {Scheme::kSymmetric, Scheme::kAsymmetric}) {
        const Codes codes = quantized(weights, channel(4, scheme));
        EXPECT_EQ(codes.scales(1, 0), 1);
        const int zero = codes.zero_points.empty() ? 0 : codes.zero_points[1];
        for (const auto code : codes.codes) EXPECT_EQ(code, zero);
    }
}

TEST(Uniform, ZerosStayZerosInEveryConvention) {
    const Matrix weights(3, 8);
    for (const Convention convention : kConventions)
        for (const Scheme scheme : {Scheme::kSymmetric, Scheme::kAsymmetric}) {
            const Matrix values = restored(quantized(weights, channel(4, scheme, convention)));
            for (const float v : values.values()) EXPECT_EQ(v, 0);
        }
}

TEST(Uniform, TheLastGroupOfARowMayBeShorter) {
    const Matrix weights = test::gaussian(3, 20, 2);
    UniformSettings settings;
    settings.group_size = 8;
    const Codes whole = quantized(weights, settings);
    EXPECT_EQ(whole.scales.columns(), 3u);
    const Codes last = quantized(weights.view().block(0, 16, 3, 4), settings);
    for (std::size_t r = 0; r < 3; ++r) {
        EXPECT_EQ(whole.scales(r, 2), last.scales(r, 0));
        for (std::size_t c = 0; c < 4; ++c) EXPECT_EQ(whole.codes[r * 20 + 16 + c], last.codes[r * 4 + c]);
    }
}

TEST(Uniform, AGroupLargerThanTheRowIsTheRow) {
    const Matrix weights = test::gaussian(3, 20, 3);
    UniformSettings settings;
    settings.group_size = 4096;
    EXPECT_EQ(quantized(weights, settings).codes, quantized(weights, channel(4, Scheme::kAsymmetric)).codes);
}

TEST(Uniform, TheFullRangeUsesTheLowestCodeWithASmallerStep) {
    const Matrix weights(1, 3, {-3, 1, 3});
    UniformSettings settings = channel(3, Scheme::kSymmetric);
    settings.code_range = CodeRange::kFull;
    const Codes codes = quantized(weights, settings);
    EXPECT_FLOAT_EQ(codes.scales(0, 0), 2 * 3.0f / 7);
    EXPECT_EQ(codes.codes, (std::vector<std::int16_t>{-4, 1, 3}));
}

TEST(Uniform, ClippingNarrowsTheRange) {
    const Matrix weights(1, 4, {-1, 0.5f, 0.7f, 8});
    UniformSettings settings = channel(4, Scheme::kSymmetric);
    settings.clip_ratio = 0.5;
    const Codes codes = quantized(weights, settings);
    EXPECT_FLOAT_EQ(codes.scales(0, 0), 4.0f / 7);
    EXPECT_EQ(codes.codes[3], 7);
}

TEST(Uniform, HalvesGoWhereTheRoundingSays) {
    // A scale of 1 from the last value; in plain symmetric codes the values are their own positions.
    const Matrix weights(1, 6, {0.5f, 1.5f, -0.5f, -1.5f, 2.25f, 7});
    UniformSettings settings = channel(4, Scheme::kSymmetric);
    EXPECT_EQ(quantized(weights, settings).codes, (std::vector<std::int16_t>{0, 2, 0, -2, 2, 7}));
    settings.rounding = Rounding::kAway;
    EXPECT_EQ(quantized(weights, settings).codes, (std::vector<std::int16_t>{1, 2, -1, -2, 2, 7}));
    settings.rounding = Rounding::kFloor;
    EXPECT_EQ(quantized(weights, settings).codes, (std::vector<std::int16_t>{0, 1, -1, -2, 2, 7}));
}

TEST(Uniform, StochasticRoundingIsRightOnAverageAndSeeded) {
    Matrix weights(64, 129);
    for (std::size_t r = 0; r < 64; ++r) {
        std::ranges::fill(weights.row(r), 2.3f);
        weights(r, 0) = 7;
    }
    UniformSettings settings = channel(4, Scheme::kSymmetric);
    settings.rounding = Rounding::kStochastic;
    const Codes codes = quantized(weights, settings, 1, 5);
    double sum = 0;
    for (std::size_t r = 0; r < 64; ++r)
        for (std::size_t c = 1; c < 129; ++c) sum += codes.codes[r * 129 + c];
    // 8192 draws of variance 0.21: the mean is within 4 standard errors of 2.3.
    EXPECT_NEAR(sum / (64 * 128), 2.3, 4 * std::sqrt(0.21 / (64 * 128)));
    EXPECT_EQ(codes.codes, quantized(weights, settings, 4, 5).codes);
    EXPECT_NE(codes.codes, quantized(weights, settings, 1, 6).codes);
}

/// sum |error|^norm in double, by the definition.
double slow_error(std::span<const float> values, const Grid& grid, double norm) {
    double sum = 0;
    for (const float v : values)
        sum += std::pow(std::abs(double(code_of(v, grid) - grid.zero_point) * grid.scale - double(v)), norm);
    return sum;
}

TEST(Uniform, TheSearchedRangeIsTheBestOfItsGrid) {
    for (const Convention convention : kConventions)
        for (const Scheme scheme : {Scheme::kSymmetric, Scheme::kAsymmetric})
            for (const int bits : {2, 3, 4, 8}) {
                const Matrix weights = test::gaussian(1, 200, 40 + std::uint64_t(bits));
                UniformSettings settings = channel(bits, scheme, convention);
                settings.range = RangeSearch::kMse;
                const Grid found = fit_grid(weights.row(0), settings);
                const bool of_gptq = convention == Convention::kGptq || convention == Convention::kQuarot;
                const double norm = of_gptq ? 2.4 : 2.0;
                const auto [low, high] = std::ranges::minmax(weights.row(0));
                double least = std::numeric_limits<double>::infinity();
                for (int i = 0; i < 80; ++i) {
                    const auto p = float(1 - i / 100.0);
                    least =
                        std::min(least, slow_error(weights.row(0), grid_of_range(p * low, p * high, settings), norm));
                }
                EXPECT_NEAR(slow_error(weights.row(0), found, norm), least, 1e-5 * least) << bits;
            }
}

TEST(Uniform, TheSearchedRangeIsNeverWorseThanTheWholeOne) {
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        const Matrix weights = test::gaussian(4, 64, seed);
        UniformSettings settings = channel(3, seed % 2 ? Scheme::kSymmetric : Scheme::kAsymmetric);
        const double whole = test::mean_squared_error(weights, restored(quantized(weights, settings)));
        settings.range = RangeSearch::kMse;
        EXPECT_LE(test::mean_squared_error(weights, restored(quantized(weights, settings))), whole);
    }
}

TEST(Uniform, TheLargestFloatsAndDenormalsStayFinite) {
    const float largest = std::numeric_limits<float>::max();
    for (const Convention convention : kConventions)
        for (const Scheme scheme : {Scheme::kSymmetric, Scheme::kAsymmetric})
            for (const RangeSearch range : {RangeSearch::kMinMax, RangeSearch::kMse}) {
                const Matrix weights(4, 3,
                                     {largest, -largest, 1, 1e38f, 1e-45f, 0, 1e-40f, -2e-41f, 3e-42f, 1e-45f, 0, 0});
                UniformSettings settings = channel(8, scheme, convention);
                settings.range = range;
                const Codes codes = quantized(weights, settings);
                for (const float scale : codes.scales.values()) {
                    EXPECT_TRUE(std::isfinite(scale));
                    EXPECT_GT(scale, 0);
                }
                const Matrix back = restored(codes);
                for (const float v : back.values()) EXPECT_TRUE(std::isfinite(v));
            }
}

TEST(Uniform, ARowOfTheSmallestDenormalsIsExactInThePlainConvention) {
    const float smallest = std::numeric_limits<float>::denorm_min();
    const Matrix weights(1, 3, {3 * smallest, -5 * smallest, 0});
    const Matrix values = restored(quantized(weights, channel(8, Scheme::kSymmetric)));
    for (std::size_t c = 0; c < 3; ++c) EXPECT_EQ(values(0, c), weights(0, c));
}

TEST(Uniform, DeepSpeedsConstantAndDistantGroupsKeepTheirValue) {
    const Matrix weights(3, 4, {0.3f, 0.3f, 0.3f, 0.3f, -7, -7, -7, -7, 1000, 1000.001f, 1000, 1000});
    const Matrix values = restored(quantized(weights, channel(4, Scheme::kAsymmetric, Convention::kDeepspeed)));
    for (std::size_t c = 0; c < 4; ++c) {
        EXPECT_EQ(values(0, c), 0.3f);
        EXPECT_EQ(values(1, c), -7);
        EXPECT_NEAR(values(2, c), 1000, 0.002);
    }
}

TEST(Uniform, TheErrorFallsAsBitsRise) {
    for (const Convention convention : kConventions)
        for (const Scheme scheme : {Scheme::kSymmetric, Scheme::kAsymmetric}) {
            double before = std::numeric_limits<double>::infinity();
            for (int bits = 2; bits <= 8; ++bits) {
                double error = 0;
                for (std::uint64_t seed = 0; seed < 10; ++seed) {
                    const Matrix weights = test::gaussian(8, 64, seed);
                    error += test::mean_squared_error(weights,
                                                      restored(quantized(weights, channel(bits, scheme, convention))));
                }
                EXPECT_LT(error, before) << bits << " bits";
                before = error;
            }
        }
}

TEST(Uniform, AFineScaleCostsBitsThatAreCounted) {
    test::Threads threads;
    const Matrix weights = test::gaussian(16, 256, 7);
    const LinearProblem problem{weights, std::nullopt, threads.run};
    RtnParameters parameters;
    auto layer = rtn(problem, parameters);
    ASSERT_TRUE(layer);
    EXPECT_DOUBLE_EQ(layer->bits_per_weight(), 4 + (16.0 + 4) / 128);
    parameters.scheme = Scheme::kSymmetric;
    layer = rtn(problem, parameters);
    ASSERT_TRUE(layer);
    EXPECT_DOUBLE_EQ(layer->bits_per_weight(), 4 + 16.0 / 128);
    parameters.granularity = Granularity::kTensor;
    layer = rtn(problem, parameters);
    ASSERT_TRUE(layer);
    EXPECT_DOUBLE_EQ(layer->bits_per_weight(), 4 + 16.0 / (16 * 256));
    EXPECT_EQ(layer->bits_receipt().back().value, layer->bits_per_weight());
}

TEST(Uniform, SettingsWithoutMeaningAreRefused) {
    UniformSettings settings;
    settings.bits = 9;
    const auto bits = check_uniform(settings);
    ASSERT_FALSE(bits);
    EXPECT_EQ(bits.error().message, "bits is 9, must be between 1 and 8");
    settings = {};
    settings.group_size = 0;
    EXPECT_EQ(check_uniform(settings).error().field, "group_size");
    settings = {};
    settings.clip_ratio = 0;
    EXPECT_EQ(check_uniform(settings).error().field, "clip_ratio");
}

TEST(ActivationQuantizer, EachTokenHasItsOwnScale) {
    ThreadPool pool(1);
    Matrix inputs(2, 3, {127, 63.4f, -1, 1270, 10, -14});
    ActivationQuantizer quantizer;
    quantizer.bits = 8;
    quantizer.apply(inputs, pool);
    EXPECT_EQ(std::vector<float>(inputs.values().begin(), inputs.values().end()),
              (std::vector<float>{127, 63, -1, 1270, 10, -10}));
    Matrix shared(2, 3, {127, 63.4f, -1, 1270, 10, -16});
    quantizer.granularity = Granularity::kTensor;
    quantizer.apply(shared, pool);
    EXPECT_EQ(std::vector<float>(shared.values().begin(), shared.values().end()),
              (std::vector<float>{130, 60, 0, 1270, 10, -20}));
}

}  // namespace
}  // namespace quantlens::methods
