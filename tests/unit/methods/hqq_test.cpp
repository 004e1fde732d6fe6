#include "methods/hqq.h"

#include <gtest/gtest.h>

#include <cmath>

#include "support.h"
#include "tensor/statistics.h"

namespace quantlens::methods {
namespace {

using test::gaussian;
using test::Threads;

double mean_error(const Matrix& weights, const Matrix& back, double power = 1) {
    double sum = 0;
    for (std::size_t i = 0; i < weights.size(); ++i)
        sum += std::pow(std::abs(double(weights.values()[i]) - back.values()[i]), power);
    return sum / double(weights.size());
}

TEST(Hqq, OneRoundByHand) {
    // Range 0 to 1, one bit: scale 1, zero point 0, codes 0 0 0 0 1. Errors of 0.3 three times, of each of which
    // 0.3 - 0.3^-0.3 / 10 = 0.156496 is given up: the zero point moves to a fifth of three times 0.156496 - 0.3.
    const Threads threads;
    const Matrix weights(1, 5, {0, 0.3f, 0.3f, 0.3f, 1});
    const auto layer = hqq({weights, {}, threads.run}, {.bits = 1, .group_size = 5, .iterations = 1});
    ASSERT_TRUE(layer);
    const double zero_point = 3 * (0.15649612658 - 0.3) / 5;
    for (std::size_t c = 0; c < 4; ++c) EXPECT_NEAR(layer->dequantized(0, c), -zero_point, 1e-6);
    EXPECT_NEAR(layer->dequantized(0, 4), 1 - zero_point, 1e-6);
}

TEST(Hqq, NoRoundIsTheRangeWithAZeroPointThatIsNotRounded) {
    const Threads threads;
    const Matrix weights(1, 4, {-0.1f, 0.2f, 0.5f, 0.9f});
    const auto layer = hqq({weights, {}, threads.run}, {.bits = 2, .group_size = 4, .iterations = 0});
    ASSERT_TRUE(layer);
    const double step = 1.0 / 3;  // from -0.1 to 0.9
    EXPECT_NEAR(layer->dequantized(0, 0), -0.1, 1e-6);
    EXPECT_NEAR(layer->dequantized(0, 1), -0.1 + step, 1e-6);
    EXPECT_NEAR(layer->dequantized(0, 2), -0.1 + 2 * step, 1e-6);
    EXPECT_NEAR(layer->dequantized(0, 3), 0.9, 1e-6);
}

TEST(Hqq, RoundsLessenTheErrorAndItsPower) {
    const Threads threads;
    for (const int bits : {2, 3, 4}) {
        double before = 0, after = 0;
        for (std::uint64_t seed = 1; seed <= 5; ++seed) {
            Matrix weights = gaussian(16, 128, seed);
            for (std::size_t r = 0; r < 16; ++r) weights(r, r) *= 6;  // outliers, which the range follows
            const auto start = hqq({weights, {}, threads.run}, {.bits = bits, .iterations = 0});
            const auto end = hqq({weights, {}, threads.run}, {.bits = bits});
            ASSERT_TRUE(start && end);
            EXPECT_LT(mean_error(weights, end->dequantized), mean_error(weights, start->dequantized));
            before += mean_error(weights, start->dequantized, 0.7);
            after += mean_error(weights, end->dequantized, 0.7);
        }
        EXPECT_LT(after, before) << bits;
    }
}

TEST(Hqq, ConstantGroupsComeBackAndBitsAreCounted) {
    const Threads threads;
    const Matrix weights(2, 5, std::vector<float>(10, -0.37f));
    const auto layer = hqq({weights, {}, threads.run}, {.bits = 3, .group_size = 2});
    ASSERT_TRUE(layer);
    for (const float v : layer->dequantized.values()) EXPECT_FLOAT_EQ(v, -0.37f);
    EXPECT_EQ(layer->stored_bits(), 10 * 3 + 6 * 32u);  // three groups a row
}

}  // namespace
}  // namespace quantlens::methods
