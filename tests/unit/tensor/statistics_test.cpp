#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "tensor/random.h"
#include "tensor/statistics.h"
#include "tensor/synthetic.h"

namespace quantlens {
namespace {

TEST(Statistics, OfASmallSetAreTheClosedForm) {
    const std::array<float, 4> values{1, -3, 2, 0};
    const auto s = statistics_of(values);
    EXPECT_EQ(s.minimum, -3);
    EXPECT_EQ(s.maximum, 2);
    EXPECT_EQ(s.mean, 0);
    EXPECT_DOUBLE_EQ(s.rms, std::sqrt(14.0 / 4));
    EXPECT_DOUBLE_EQ(s.max_over_rms, 3 / std::sqrt(14.0 / 4));
}

TEST(Statistics, OfNothingOrZerosAreZero) {
    EXPECT_EQ(statistics_of({}).rms, 0);
    EXPECT_EQ(statistics_of(std::array<float, 2>{0, 0}).max_over_rms, 0);
}

TEST(Histogram, CountsEachValueInsideOnce) {
    const std::array<float, 6> values{0, 0.24f, 0.25f, 0.5f, 1, 2};
    EXPECT_EQ(histogram_of(values, 0, 1, 4).counts, (std::vector<std::size_t>{2, 1, 1, 1}));
}

TEST(Deviation, IsMeanSquareAndDecibels) {
    const Matrix wanted(1, 2, {3, 4}), actual(1, 2, {3, 4.5f});
    const auto d = deviation_of(wanted, actual);
    EXPECT_DOUBLE_EQ(d.mse, 0.125);
    EXPECT_DOUBLE_EQ(d.max_error, 0.5);
    EXPECT_NEAR(d.sqnr_db, 10 * std::log10(25 / 0.25), 1e-12);
    EXPECT_TRUE(std::isinf(deviation_of(wanted, wanted).sqnr_db));
}

TEST(CheckFinite, NamesTheFirstBadElement) {
    Matrix m(2, 3);
    EXPECT_TRUE(check_finite(m, "W"));
    m(1, 2) = std::numeric_limits<float>::quiet_NaN();
    m(1, 1) = -std::numeric_limits<float>::infinity();
    EXPECT_EQ(check_finite(m, "W").error().message, "W has -inf at row 1, column 1 (element 4), must be finite");
    EXPECT_EQ(check_finite(Matrix{}, "W").error().code, ErrorCode::kBadShape);
}

TEST(Random, TheStreamIsSplitMix64) {
    // First outputs for seed 1234567, from the generator's published reference code.
    Random random(1234567);
    EXPECT_EQ(random.bits(), 6457827717110365317u);
    EXPECT_EQ(random.bits(), 3203168211198807973u);
}

TEST(Random, NormalValuesHaveMeanZeroAndVarianceOne) {
    Random random(1);
    double sum = 0, squares = 0;
    constexpr int kCount = 100000;
    for (int i = 0; i < kCount; ++i) {
        const double x = random.normal();
        sum += x;
        squares += x * x;
    }
    EXPECT_NEAR(sum / kCount, 0, 0.02);
    EXPECT_NEAR(squares / kCount, 1, 0.03);
}

TEST(Statistics, TheMagnitudesOfColumns) {
    Matrix x(2, 3);
    std::ranges::copy(std::array{1.0f, -2.0f, 0.0f, -4.0f, 1.0f, 0.0f}, x.values().begin());
    EXPECT_EQ(column_absmax(x), (std::vector<float>{4, 2, 0}));
    EXPECT_EQ(column_absmean(x), (std::vector<float>{2.5f, 1.5f, 0}));
}

TEST(Synthetic, HasTheOutlierColumnsItPromises) {
    const auto x = synthetic_activations(256, 128, 3);
    const auto largest = column_absmax(x);
    std::size_t outliers = 0;
    for (const float a : largest) outliers += a > 15 ? 1 : 0;
    EXPECT_GE(outliers, 1u);
    EXPECT_LE(outliers, 2u);
}

TEST(Synthetic, TheSameSeedGivesTheSameLayer) {
    const auto a = synthetic_weights(8, 16, 5), b = synthetic_weights(8, 16, 5), c = synthetic_weights(8, 16, 6);
    EXPECT_TRUE(std::ranges::equal(a.values(), b.values()));
    EXPECT_FALSE(std::ranges::equal(a.values(), c.values()));
}

}  // namespace
}  // namespace quantlens
