#include "kernels/elementwise.h"

#include <algorithm>
#include <limits>
#include <numeric>

#include "unit/kernels/support.h"

namespace quantlens::kernels {
namespace {

using test::normal_values;

class Elementwise : public test::OnEachArchitecture {};
QUANTLENS_ON_EACH_ARCHITECTURE(Elementwise);

TEST_P(Elementwise, ExpIsWithinTwoUnitsInTheLastPlaceOverItsWholeRange) {
    std::vector<float> x;
    for (double value = -110; value < 95; value += 0.0037) x.push_back(float(value));
    std::vector<float> out(x.size());
    exp(x, out);
    for (std::size_t i = 0; i < x.size(); ++i) {
        const double expected = std::exp(double{x[i]});
        if (expected > double{std::numeric_limits<float>::max()}) {
            ASSERT_EQ(out[i], std::numeric_limits<float>::infinity()) << x[i];
        } else {
            ASSERT_NEAR(double{out[i]}, expected, 2 * 1.2e-7 * expected + 1.5e-45) << x[i];
        }
    }
}

TEST_P(Elementwise, ExpOfSpecialValues) {
    constexpr float kInfinity = std::numeric_limits<float>::infinity();
    std::vector<float> values{0.0f, -0.0f, kInfinity, -kInfinity, 1e38f, -1e38f, std::nanf(""), 1e-45f};
    exp(values, values);
    EXPECT_EQ(values[0], 1.0f);
    EXPECT_EQ(values[1], 1.0f);
    EXPECT_EQ(values[2], kInfinity);
    EXPECT_EQ(values[3], 0.0f);
    EXPECT_EQ(values[4], kInfinity);
    EXPECT_EQ(values[5], 0.0f);
    EXPECT_TRUE(std::isnan(values[6]));
    EXPECT_EQ(values[7], 1.0f);
}

TEST_P(Elementwise, SoftmaxSharesAgreeWithDoubleAtEveryLength) {
    for (std::size_t n = 1; n < 140; ++n) {
        std::vector<float> row = normal_values(n, n, 5);
        if (n > 3) row[2] = -1e30f;
        const double maximum = double{*std::ranges::max_element(row)};
        double sum = 0;
        for (const float value : row) sum += std::exp(double{value} - maximum);
        EXPECT_NEAR(double{log_sum_exp(row)}, maximum + std::log(sum), 2e-6 * (std::abs(maximum) + 1));
        std::vector<float> shares = row;
        softmax(shares);
        for (std::size_t i = 0; i < n; ++i)
            ASSERT_NEAR(double{shares[i]}, std::exp(double{row[i]} - maximum) / sum, 1e-6) << n;
    }
    std::vector<float> large(37, 3e38f);
    softmax(large);
    EXPECT_NEAR(large[5], 1.0f / 37, 1e-7f);
    softmax(std::span<float>{});
}

TEST_P(Elementwise, NormAndGatesAgreeWithDoubleAtEveryLength) {
    for (std::size_t n = 1; n < 140; ++n) {
        const std::vector<float> x = normal_values(n + 1, n, 3), gain = normal_values(n + 1, n + 1000);
        const std::span<const float> a(x.data() + 1, n), b(gain.data() + 1, n);
        std::vector<float> out(n + 1, 7.0f);
        const double mean = std::inner_product(a.begin(), a.end(), a.begin(), 0.0) / double(n);
        const float factor = rms_norm(a, b, 1e-5f, std::span(out).first(n));
        EXPECT_NEAR(double{factor} * std::sqrt(mean + 1e-5), 1, 1e-6);
        for (std::size_t i = 0; i < n; ++i)
            ASSERT_NEAR(double{out[i]}, double{a[i]} * double{b[i]} / std::sqrt(mean + 1e-5), 1e-5);
        silu(a, std::span(out).first(n));
        for (std::size_t i = 0; i < n; ++i)
            ASSERT_NEAR(double{out[i]}, double{a[i]} / (1 + std::exp(-double{a[i]})), 2e-6);
        silu_times(a, b, std::span(out).first(n));
        for (std::size_t i = 0; i < n; ++i)
            ASSERT_NEAR(double{out[i]}, double{a[i]} / (1 + std::exp(-double{a[i]})) * double{b[i]}, 5e-6);
        EXPECT_EQ(out[n], 7.0f);
    }
    std::vector<float> extremes{-1e38f, -200.0f, 0.0f, 200.0f, 1e38f};
    silu(extremes, extremes);
    EXPECT_EQ(extremes, (std::vector<float>{-0.0f, -0.0f, 0.0f, 200.0f, 1e38f}));
}

TEST_P(Elementwise, Int8CodesAreTheScalarFormulas) {
    for (std::size_t n = 1; n < 140; ++n) {
        std::vector<float> x = normal_values(n, n);
        if (n % 7 == 0) x[n / 2] = -1e38f;
        if (n % 7 == 1)
            for (float& value : x) value *= 1e-44f;
        float largest = 0;
        for (const float value : x) largest = std::max(largest, std::abs(value));
        EXPECT_EQ(abs_max(x), largest);
        std::vector<std::int8_t> codes(n + 1, 55);
        const float scale = quantize_to_int8(x, std::span(codes).first(n));
        for (std::size_t i = 0; i < n; ++i) ASSERT_EQ(int(codes[i]), int(std::nearbyint(x[i] / scale)));
        EXPECT_EQ(codes[n], 55);
        EXPECT_EQ(scale, largest == 0 ? 1.0f : std::max(largest / 127.0f, std::numeric_limits<float>::min()));
    }
    std::vector<std::int8_t> codes(3, 1);
    EXPECT_EQ(quantize_to_int8(std::vector<float>(3, 0.0f), codes), 1.0f);
    EXPECT_EQ(codes, std::vector<std::int8_t>(3, 0));
}

}  // namespace
}  // namespace quantlens::kernels
