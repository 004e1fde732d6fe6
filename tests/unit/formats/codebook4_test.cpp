#include "formats/codebook4.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "formats/float_codes.h"
#include "kernels/packed_layout.h"
#include "support/golden.h"
#include "tensor/random.h"

namespace quantlens::formats {
namespace {

std::vector<float> normal_values(std::size_t count, std::uint64_t seed) {
    Random random{seed};
    std::vector<float> values(count);
    for (float& v : values) v = float(random.normal());
    return values;
}

double mean_squared_error(std::span<const float> a, std::span<const float> b) {
    double sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i) sum += std::pow(double(a[i]) - double(b[i]), 2);
    return sum / double(a.size());
}

TEST(Codebook4, EveryValueGoesToTheNearestEntry) {
    const auto values = normal_values(4096, 1);
    for (const auto codebook : {Codebook4::kNf4, Codebook4::kFp4}) {
        const auto quantized = *quantize_codebook4(values, codebook, 64, false);
        const auto table = codebook4_values(codebook);
        for (std::size_t i = 0; i < values.size(); ++i) {
            const float scaled = values[i] / quantized.absmax[i / 64];
            float nearest = 2;
            for (const float entry : table) nearest = std::min(nearest, std::fabs(entry - scaled));
            ASSERT_NEAR(std::fabs(table[quantized.codes[i]] - scaled), nearest, 1e-6);
        }
    }
}

TEST(Codebook4, TheLargestValueOfABlockIsKeptExactly) {
    auto values = normal_values(256, 2);
    values[70] = 9;
    values[130] = -9;
    const auto restored = dequantize_codebook4(*quantize_codebook4(values, Codebook4::kNf4, 64, false));
    EXPECT_EQ(restored[70], 9);
    EXPECT_EQ(restored[130], -9);
}

TEST(Codebook4, BlockSizesFromOneValueToAllOfThemWork) {
    const auto values = normal_values(1000, 3);
    double last = 0;
    for (std::size_t block : {1, 8, 64, 300, 1000, 100000}) {
        const auto quantized = *quantize_codebook4(values, Codebook4::kNf4, block, false);
        EXPECT_EQ(quantized.absmax.size(), (values.size() + block - 1) / block);
        const double error = mean_squared_error(values, dequantize_codebook4(quantized));
        if (block == 1) {
            EXPECT_EQ(error, 0);
        }
        EXPECT_GE(error, last * 0.9) << "larger blocks cannot help";
        last = error;
    }
}

TEST(Codebook4, DoubleQuantizationCostsLittle) {
    const auto values = normal_values(64 * 300, 4);
    const auto plain = *quantize_codebook4(values, Codebook4::kNf4, 64, false);
    const auto twice = *quantize_codebook4(values, Codebook4::kNf4, 64, true);
    EXPECT_EQ(plain.codes, twice.codes);
    ASSERT_TRUE(twice.second_level);
    EXPECT_EQ(twice.second_level->absmax.size(), 2u);
    EXPECT_EQ(twice.second_level->codes.size(), 300u);
    const auto scales = twice.scales();
    for (std::size_t b = 0; b < scales.size(); ++b) EXPECT_NEAR(scales[b], plain.absmax[b], 0.02 * plain.absmax[b]);
    EXPECT_LT(mean_squared_error(values, dequantize_codebook4(twice)),
              1.05 * mean_squared_error(values, dequantize_codebook4(plain)));
}

TEST(Codebook4, DegenerateTensorsGiveFiniteAnswers) {
    for (const float v : {0.0f, 1.0f, -2.0f, std::numeric_limits<float>::denorm_min(), 1e-39f, 3e38f})
        for (const bool twice : {false, true}) {
            const std::vector<float> values(130, v);
            for (const float r : dequantize_codebook4(*quantize_codebook4(values, Codebook4::kNf4, 64, twice)))
                EXPECT_NEAR(r, v, 1e-38 + 1e-6 * std::fabs(v));
        }
    EXPECT_FALSE(quantize_codebook4({}, Codebook4::kNf4, 64, false));
    EXPECT_FALSE(quantize_codebook4(std::vector<float>(3), Codebook4::kNf4, 0, false));
}

TEST(Codebook4, TheFirstCodeOfTwoIsInTheHighNibble) {
    EXPECT_EQ(pack_codes_high_first(std::vector<std::uint8_t>{1, 2, 15}), (std::vector<std::uint8_t>{0x12, 0xf0}));
}

// The second level alone, on the golden vectors of bitsandbytes' 8-bit blocks: blocks of 256, the dynamic map.
TEST(Codebook4, TheDynamicMapRoundsAsBitsandbytesDoes) {
    for (const auto& one : test::cases("quant_8bit_dynamic")) {
        const auto a = one.input_f32("A").values;
        const auto codes = one.expected_u8("codes").values;
        const auto absmax = one.expected_f32("absmax").values;
        const auto map = dynamic_map_values();
        for (std::size_t i = 0; i < a.size(); ++i)
            ASSERT_EQ(nearest_index(map, a[i] * (1.0f / absmax[i / 256])), codes[i]) << i;
    }
}

// The packed products hold NF4's numbers as 8-bit integers (kernels/packed_layout.h).
TEST(Nf4Levels, AreTheFormatsNumbersWithinTheirRounding) {
    const auto level = [](std::size_t code) { return double(kernels::kNf4Levels[code]) / double{kernels::kNf4Unit}; };
    const auto numbers = codebook4_values(Codebook4::kNf4);
    double squares = 0, largest = 0;
    for (std::size_t code = 0; code < 16; ++code) {
        const double error = std::abs(level(code) - double{numbers[code]});
        squares += error * error;
        largest = std::max(largest, error);
    }
    EXPECT_LT(std::sqrt(squares / 16), 0.00172);
    EXPECT_LT(largest, 0.0039);
    // Beside what NF4 itself loses on normal weights, that is little.
    Random random(5);
    std::vector<float> weights(65536);
    for (float& weight : weights) weight = float(random.normal());
    const auto quantized = quantize_codebook4(weights, Codebook4::kNf4, 64, false);
    ASSERT_TRUE(quantized);
    const std::vector<float> exact = dequantize_codebook4(*quantized), scales = quantized->scales();
    double lost_by_format = 0, lost_in_all = 0;
    for (std::size_t i = 0; i < exact.size(); ++i) {
        const double value = weights[i];
        const double rounded = level(quantized->codes[i]) * double{scales[i / 64]};
        lost_by_format += std::pow(double{exact[i]} - value, 2);
        lost_in_all += std::pow(rounded - value, 2);
    }
    EXPECT_NEAR(std::sqrt(lost_in_all / lost_by_format), 1.0, 0.005);
}

}  // namespace
}  // namespace quantlens::formats
