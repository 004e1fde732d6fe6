#include "formats/float_codes.h"

#include <gtest/gtest.h>

#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <vector>

#include "support/golden.h"
#include "tensor/random.h"

namespace quantlens::formats {
namespace {

std::uint32_t bits_of(float value) { return std::bit_cast<std::uint32_t>(value); }

/// A float of these fields by the definition of IEEE 754, in double.
double ieee_value(int exponent_bits, int mantissa_bits, std::uint32_t code) {
    const int bias = (1 << (exponent_bits - 1)) - 1;
    const int exponent = int(code >> mantissa_bits) & ((1 << exponent_bits) - 1);
    const double mantissa = double(code & ((1u << mantissa_bits) - 1)) / double(1u << mantissa_bits);
    const double sign = ((code >> (exponent_bits + mantissa_bits)) & 1) != 0 ? -1 : 1;
    if (exponent == 0) return sign * mantissa * std::ldexp(1.0, 1 - bias);
    return sign * (1 + mantissa) * std::ldexp(1.0, exponent - bias);
}

TEST(Half, EveryCodeDecodesToItsDefinitionAndComesBack) {
    for (std::uint32_t code = 0; code < 65536; ++code) {
        const float value = half_to_float(std::uint16_t(code));
        if ((code & 0x7fff) > 0x7c00) {
            ASSERT_TRUE(std::isnan(value)) << code;
            ASSERT_GT(float_to_half(value) & 0x7fff, 0x7c00) << code;
            continue;
        }
        const bool infinite = (code & 0x7fff) == 0x7c00;
        const double wanted = infinite ? (code == 0x7c00 ? INFINITY : -INFINITY) : ieee_value(5, 10, code);
        ASSERT_EQ(double(value), wanted) << code;
        ASSERT_EQ(float_to_half(value), code);
    }
}

TEST(Half, BetweenNeighboursTheNearestWinsAndTiesGoToTheEvenCode) {
    for (std::uint32_t code = 0; code + 1 < 0x7c00; ++code) {
        const float low = half_to_float(std::uint16_t(code)), high = half_to_float(std::uint16_t(code + 1));
        const float middle = (low + high) / 2;  // exact
        ASSERT_EQ(float_to_half(middle), code % 2 == 0 ? code : code + 1);
        ASSERT_EQ(float_to_half(std::nextafter(middle, low)), code);
        ASSERT_EQ(float_to_half(std::nextafter(middle, high)), code + 1);
        ASSERT_EQ(float_to_half(-middle), (code % 2 == 0 ? code : code + 1) | 0x8000u);
    }
    EXPECT_EQ(float_to_half(65519.996f), 0x7bff);
    EXPECT_EQ(float_to_half(65520.0f), 0x7c00);
    EXPECT_EQ(float_to_half(-1e38f), 0xfc00);
    EXPECT_EQ(float_to_half(0x1p-25f), 0);
    EXPECT_EQ(float_to_half(std::nextafter(0x1p-25f, 1.0f)), 1);
    EXPECT_EQ(float_to_half(-std::numeric_limits<float>::denorm_min()), 0x8000);
}

#if defined(__FLT16_MANT_DIG__) && !defined(__EMSCRIPTEN__)
TEST(Half, AgreesWithTheCompilersOwn) {
    Random random{1};
    for (int i = 0; i < 2000000; ++i) {
        const float value = std::bit_cast<float>(std::uint32_t(random.bits()));
        if (std::isnan(value)) continue;
        ASSERT_EQ(float_to_half(value), std::bit_cast<std::uint16_t>(static_cast<_Float16>(value))) << value;
    }
}
#endif

TEST(BFloat16, EveryCodeComesBackAndTiesGoToTheEvenCode) {
    for (std::uint32_t code = 0; code < 65536; ++code) {
        const float value = bfloat16_to_float(std::uint16_t(code));
        if (std::isnan(value)) {
            ASSERT_TRUE(std::isnan(bfloat16_to_float(float_to_bfloat16(value))));
            continue;
        }
        ASSERT_EQ(float_to_bfloat16(value), code);
        if ((code & 0x7fff) >= 0x7f7f) continue;
        const float middle = std::bit_cast<float>((code << 16) | 0x8000u);
        ASSERT_EQ(float_to_bfloat16(middle), code % 2 == 0 ? code : code + 1);
    }
    EXPECT_EQ(float_to_bfloat16(std::numeric_limits<float>::max()), 0x7f80);
    const float signalling = std::bit_cast<float>(0x7f800001u);
    EXPECT_TRUE(std::isnan(bfloat16_to_float(float_to_bfloat16(signalling))));
}

constexpr std::array kKinds = {kE4M3, kE5M2, kE2M1, kE2M3, kE3M2};

TEST(MiniFloat, EveryCodeDecodesToItsDefinitionAndComesBack) {
    for (const auto kind : kKinds)
        for (std::uint32_t code = 0; code < 1u << kind.bits(); ++code) {
            const float value = mini_float_value(kind, std::uint8_t(code));
            const std::uint32_t magnitude = code & ((1u << (kind.bits() - 1)) - 1);
            if (magnitude > kind.maximum_code()) {
                ASSERT_FALSE(std::isfinite(value));
                continue;
            }
            ASSERT_EQ(double(value), ieee_value(kind.exponent_bits, kind.mantissa_bits, code));
            ASSERT_EQ(std::uint32_t(mini_float_code(kind, value)), code);
        }
}

TEST(MiniFloat, AnyFloatGoesToTheNearestNumberTiesToTheEvenCode) {
    Random random{2};
    for (const auto kind : kKinds) {
        const double largest = double(mini_float_value(kind, kind.maximum_code()));
        for (int i = 0; i < 20000; ++i) {
            // Every third value on a midpoint.
            double value = std::exp(8 * random.normal());
            if (i % 3 == 0) {
                const auto code = std::uint8_t(random.below(kind.maximum_code()));
                value =
                    (double(mini_float_value(kind, code)) + double(mini_float_value(kind, std::uint8_t(code + 1)))) / 2;
            }
            const float x = float(value);
            std::uint8_t best = 0;
            for (std::uint8_t code = 1; code <= kind.maximum_code(); ++code) {
                const double error = std::fabs(double(mini_float_value(kind, code)) - double(x));
                const double best_error = std::fabs(double(mini_float_value(kind, best)) - double(x));
                if (error < best_error || (error == best_error && code % 2 == 0)) best = code;
            }
            ASSERT_EQ(int(mini_float_code(kind, x)), int(best)) << x;
            ASSERT_EQ(int(mini_float_code(kind, -x)), best | 1 << (kind.bits() - 1)) << x;
        }
        EXPECT_EQ(mini_float_code(kind, float(largest * 1000)), kind.maximum_code());
        EXPECT_EQ(mini_float_code(kind, std::numeric_limits<float>::max()), kind.maximum_code());
        EXPECT_EQ(mini_float_code(kind, std::numeric_limits<float>::denorm_min()), 0);
    }
}

TEST(MiniFloat, SpecialValues) {
    const float nan = std::numeric_limits<float>::quiet_NaN();
    EXPECT_EQ(float_to_e4m3(nan), 0x7f);
    EXPECT_EQ(float_to_e4m3(INFINITY), 0x7e);
    EXPECT_EQ(float_to_e5m2(-INFINITY), 0xfc);
    EXPECT_TRUE(std::isnan(e5m2_to_float(float_to_e5m2(nan))));
    EXPECT_EQ(float_to_e2m1(nan), 7);
    EXPECT_EQ(kE2M1.maximum_exponent(), 2);
    EXPECT_EQ(kE2M3.maximum_exponent(), 2);
    EXPECT_EQ(kE3M2.maximum_exponent(), 4);
    EXPECT_EQ(kE4M3.maximum_exponent(), 8);
    EXPECT_EQ(kE5M2.maximum_exponent(), 15);
}

TEST(E8M0, EveryCodeIsItsPowerOfTwo) {
    for (int code = 0; code < 255; ++code)
        EXPECT_EQ(double(e8m0_to_float(std::uint8_t(code))), std::ldexp(1.0, code - 127));
    EXPECT_TRUE(std::isnan(e8m0_to_float(255)));
}

TEST(FloorLog2, IsTheExponentExceptJustBelowAPowerOfTwo) {
    for (int k = -149; k < 128; ++k) {
        EXPECT_EQ(floor_log2(std::ldexp(1.0f, k)), k);
        if (k > -149) {
            EXPECT_EQ(floor_log2(std::ldexp(1.5f, k)), k);
        }
    }
    // log2(8 - 2^-21) rounds to 3 in float32; a percent below 8 does not.
    EXPECT_EQ(floor_log2(std::nextafter(8.0f, 0.0f)), 3);
    EXPECT_EQ(floor_log2(7.92f), 2);
}

TEST(NearestIndex, TiesGoToTheLowerEntry) {
    const std::array<float, 4> table = {-1, 0, 0.5f, 2};
    EXPECT_EQ(nearest_index(table, -9), 0u);
    EXPECT_EQ(nearest_index(table, -0.5f), 0u);
    EXPECT_EQ(nearest_index(table, -0.4f), 1u);
    EXPECT_EQ(nearest_index(table, 0.25f), 1u);
    EXPECT_EQ(nearest_index(table, 1.25f), 2u);
    EXPECT_EQ(nearest_index(table, 1.26f), 3u);
    EXPECT_EQ(nearest_index(table, 9), 3u);
    EXPECT_EQ(nearest_index(std::array{3.0f}, 1), 0u);
}

// The golden vectors of FP8 with a scale for a tensor or an output channel: absmax / largest number, by division.
TEST(MiniFloat, ScaledFp8IsThatOfTheGoldenVectors) {
    for (const auto& one : test::cases("fp8_scaled")) {
        SCOPED_TRACE(one.name());
        const auto kind = one.parameters().at("format") == "e5m2" ? kE5M2 : kE4M3;
        const auto w = one.input_f32("W");
        const auto scales = one.expected_f32("scale").values;
        const auto codes = one.expected_u8("codes").values;
        const auto values = one.expected_f32("dequantized").values;
        const std::size_t run = w.values.size() / scales.size();
        for (std::size_t i = 0; i < w.values.size(); ++i) {
            const float scale = scales[i / run];
            const auto code = mini_float_code(kind, w.values[i] / scale);
            ASSERT_EQ(code, codes[i]) << i;
            ASSERT_EQ(bits_of(mini_float_value(kind, code) * scale), bits_of(values[i])) << i;
        }
    }
}

}  // namespace
}  // namespace quantlens::formats
