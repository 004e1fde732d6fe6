// Formats against the reference implementations' own results (tests/golden/open, cases c03, c04, c10).
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <set>
#include <string>
#include <vector>

#include "formats/codebook4.h"
#include "formats/float_codes.h"
#include "formats/format.h"
#include "formats/mini_float_blocks.h"
#include "support/golden.h"

namespace quantlens::formats {
namespace {

using test::cases;
using test::GoldenCase;

const Format& format_of(const std::string& id) {
    const auto found = find(id);
    EXPECT_TRUE(found) << id;
    return **found;
}

std::vector<std::uint8_t> must_encode(const Format& format, std::span<const float> values) {
    const auto bytes = encode(format, values);
    EXPECT_TRUE(bytes) << bytes.error().message;
    return bytes.value_or(std::vector<std::uint8_t>{});
}
std::vector<float> must_decode(const Format& format, std::span<const std::uint8_t> bytes) {
    const auto values = decode(format, bytes);
    EXPECT_TRUE(values) << values.error().message;
    return values.value_or(std::vector<float>{});
}

/// Bit for bit, but that any NaN equals any other.
std::size_t count_different(std::span<const float> a, std::span<const float> b) {
    if (a.size() != b.size()) return std::max(a.size(), b.size());
    std::size_t different = 0;
    for (std::size_t i = 0; i < a.size(); ++i)
        if (!(std::isnan(a[i]) && std::isnan(b[i])) &&
            std::bit_cast<std::uint32_t>(a[i]) != std::bit_cast<std::uint32_t>(b[i]))
            ++different;
    return different;
}

std::set<std::size_t> indices(const GoldenCase& one, const char* key) {
    const auto list = one.json.value(key, nlohmann::json{});
    return list.is_array() ? list.get<std::set<std::size_t>>() : std::set<std::size_t>{};
}

TEST(GoldenGguf, EncodesByteForByteAndDecodesBitForBit) {
    for (const auto& one : cases("gguf_block")) {
        SCOPED_TRACE(one.name());
        const auto& format = format_of(one.parameters().at("type"));
        EXPECT_EQ(format.block_size, one.parameters().at("block_elems").get<std::size_t>());
        EXPECT_EQ(format.block_bytes, one.parameters().at("block_bytes").get<std::size_t>());
        const auto wanted = one.expected_u8("bytes").values;
        const auto bytes = must_encode(format, one.input_f32("x").values);
        ASSERT_EQ(bytes.size(), wanted.size());

        // Blocks where the reference itself is not determined: only their values are compared, below.
        auto undetermined = indices(one, "nondeterministic_blocks");
        undetermined.merge(indices(one, "ub_blocks"));
        std::size_t different = 0;
        for (std::size_t b = 0; b < wanted.size() / format.block_bytes; ++b) {
            const auto at = std::ptrdiff_t(b * format.block_bytes), end = at + std::ptrdiff_t(format.block_bytes);
            if (!undetermined.contains(b) && !std::equal(bytes.begin() + at, bytes.begin() + end, wanted.begin() + at))
                ++different;
        }
        EXPECT_EQ(different, 0u) << "blocks differ";

        const auto restored = one.expected_f32("dequantized").values;
        const auto own = must_decode(format, bytes);
        ASSERT_EQ(own.size(), restored.size());
        for (std::size_t i = 0; i < own.size(); ++i) EXPECT_EQ(own[i], restored[i]) << "value " << i;  // 0 equals -0
        EXPECT_EQ(count_different(must_decode(format, wanted), restored), 0u) << "decoded from the reference's bytes";
    }
}

TEST(GoldenGguf, DecodesAnyBytesBitForBit) {
    for (const auto& one : cases("gguf_dequant")) {
        SCOPED_TRACE(one.name());
        const auto& format = format_of(one.parameters().at("type"));
        const auto values = must_decode(format, test::read_npy_u8(one.input_path("bytes")).values);
        EXPECT_EQ(count_different(values, one.expected_f32("dequantized").values), 0u);
    }
}

MiniFloat mini_float_of(const std::string& name) {
    if (name == "e4m3fn") return kE4M3;
    if (name == "e5m2") return kE5M2;
    if (name == "e2m3fn") return kE2M3;
    if (name == "e3m2fn") return kE3M2;
    EXPECT_EQ(name, "e2m1fn");
    return kE2M1;
}

TEST(GoldenSmallFloats, RoundToTheCodesOfTheReference) {
    for (const auto& one : cases("fp_encode")) {
        SCOPED_TRACE(one.name());
        const auto kind = mini_float_of(one.parameters().at("format"));
        const auto x = one.input_f32("x").values;
        const auto wanted = one.expected_u8("codes_saturate").values;
        ASSERT_EQ(x.size(), wanted.size());
        for (std::size_t i = 0; i < x.size(); ++i) EXPECT_EQ(mini_float_code(kind, x[i]), wanted[i]) << x[i];
    }
}

TEST(GoldenSmallFloats, DecodeToTheNumbersOfTheReference) {
    for (const auto& one : cases("fp_decode")) {
        SCOPED_TRACE(one.name());
        const std::string name = one.parameters().at("format");
        const auto wanted = one.expected_f32("values").values;
        const auto special = one.expected("special");
        for (std::size_t code = 0; code < wanted.size(); ++code) {
            const float value = name == "e8m0fnu" ? e8m0_to_float(std::uint8_t(code))
                                                  : mini_float_value(mini_float_of(name), std::uint8_t(code));
            const auto kind = special.value(std::to_string(code), std::string{});
            const float special_value = kind == "nan" ? NAN : kind == "inf" ? INFINITY : -INFINITY;
            EXPECT_EQ(count_different({&value, 1}, {kind.empty() ? &wanted[code] : &special_value, 1}), 0u) << code;
        }
    }
}

TEST(GoldenMicroscaling, RoundsBlocksAsTheReferenceDoes) {
    for (const auto& one : cases("mx_quant")) {
        const std::string element = one.parameters().at("elem");
        // OCP MX rounds half to even; the other half of the cases is the reference's own default, half away from zero.
        if (one.parameters().at("rounding") != "even" || element == "int8") continue;
        SCOPED_TRACE(one.name());
        const auto kind = mini_float_of(element == "fp4_e2m1"   ? "e2m1fn"
                                        : element == "fp6_e2m3" ? "e2m3fn"
                                        : element == "fp6_e3m2" ? "e3m2fn"
                                        : element == "fp8_e4m3" ? "e4m3fn"
                                                                : "e5m2");
        const auto x = one.input_f32("x").values;
        const auto wanted = one.expected_f32("dequantized").values;
        const auto scales = one.expected_codes("scale_e8m0");
        std::vector<float> values(x.size());
        std::vector<std::uint8_t> codes(kMxBlock);
        for (std::size_t b = 0; b < x.size() / kMxBlock; ++b) {
            const auto block = std::span{x}.subspan(b * kMxBlock, kMxBlock);
            const auto scale = mx_scale(block, kind);
            EXPECT_EQ(int(scale), scales[b]) << "block " << b;
            mx_codes(block, kind, scale, codes);
            mx_values(codes, kind, scale, std::span{values}.subspan(b * kMxBlock, kMxBlock));
        }
        for (std::size_t i = 0; i < values.size(); ++i) EXPECT_EQ(values[i], wanted[i]) << "value " << i;

        const std::string id = element == "fp4_e2m1"   ? "mxfp4_ocp"
                               : element == "fp8_e4m3" ? "mxfp8_e4m3"
                               : element == "fp8_e5m2" ? "mxfp8_e5m2"
                                                       : "";
        if (id.empty()) continue;  // FP6 has no format of its own in the table
        const auto& format = format_of(id);
        EXPECT_EQ(count_different(must_decode(format, must_encode(format, x)), values), 0u);
    }
}

TEST(GoldenNvfp4, HasTheCodesAndScalesOfTheSpecification) {
    for (const auto& one : cases("nvfp4")) {
        SCOPED_TRACE(one.name());
        const auto w = one.input_f32("W").values;
        const float tensor_scale = nvfp4_tensor_scale(w);
        EXPECT_EQ(tensor_scale, one.expected("global_scale").get<float>());
        const auto scales = one.expected_u8("block_scales").values;
        const auto codes = one.expected_u8("codes").values;
        std::vector<std::uint8_t> own(kNvfp4Block);
        for (std::size_t b = 0; b < w.size() / kNvfp4Block; ++b) {
            const auto block = std::span{w}.subspan(b * kNvfp4Block, kNvfp4Block);
            const auto scale = nvfp4_block_scale(block, tensor_scale);
            EXPECT_EQ(int(scale), int(scales[b])) << "block " << b;
            nvfp4_codes(block, scale, tensor_scale, own);
            for (std::size_t i = 0; i < kNvfp4Block; ++i) EXPECT_EQ(own[i], codes[b * kNvfp4Block + i]);
        }
        const auto& format = format_of("nvfp4_two_level");
        EXPECT_EQ(count_different(must_decode(format, must_encode(format, w)), one.expected_f32("dequantized").values),
                  0u);
    }
}

Codebook4 codebook_of(const GoldenCase& one) {
    return one.parameters().at("quant_type") == "nf4" ? Codebook4::kNf4 : Codebook4::kFp4;
}

TEST(GoldenCodebook4, TablesAreThoseOfBitsandbytes) {
    const auto one = cases("codebook").front();
    const auto equal = [](std::span<const float> own, const std::vector<float>& wanted) {
        return std::ranges::equal(own, wanted);
    };
    EXPECT_TRUE(equal(codebook4_values(Codebook4::kNf4), one.expected_f32("nf4").values));
    EXPECT_TRUE(equal(codebook4_values(Codebook4::kFp4), one.expected_f32("fp4").values));
    EXPECT_TRUE(equal(dynamic_map_values(), one.expected_f32("dynamic_int8").values));
}

TEST(GoldenCodebook4, CodesAndScalesAreThoseOfBitsandbytes) {
    for (const auto& one : cases("quant_4bit_codebook")) {
        SCOPED_TRACE(one.name());
        const auto w = one.input_f32("W").values;
        const std::size_t block_size = one.parameters().at("blocksize");
        const auto quantized = quantize_codebook4(w, codebook_of(one), block_size, false);
        ASSERT_TRUE(quantized);
        EXPECT_EQ(quantized->absmax, one.expected_f32("absmax").values);
        const auto packed = one.expected_u8("packed").values;
        EXPECT_EQ(pack_codes_high_first(quantized->codes), packed);
        const auto wanted = one.expected_f32("dequantized").values;
        const auto values = dequantize_codebook4(*quantized);
        ASSERT_EQ(values.size(), wanted.size());
        for (std::size_t i = 0; i < values.size(); ++i) EXPECT_EQ(values[i], wanted[i]) << "value " << i;

        if (block_size != 64 || w.size() % 64 != 0) continue;
        const auto& format = format_of(one.parameters().at("quant_type"));
        EXPECT_EQ(count_different(must_decode(format, must_encode(format, w)), values), 0u);
    }
}

TEST(GoldenCodebook4, DoubleQuantizationIsThatOfBitsandbytes) {
    for (const auto& one : cases("quant_4bit_double")) {
        SCOPED_TRACE(one.name());
        const auto w = one.input_f32("W").values;
        const auto quantized = quantize_codebook4(w, codebook_of(one), one.parameters().at("blocksize"), true);
        ASSERT_TRUE(quantized);
        ASSERT_TRUE(quantized->second_level);
        const auto& second = *quantized->second_level;
        EXPECT_EQ(pack_codes_high_first(quantized->codes), one.expected_u8("packed").values);
        EXPECT_EQ(quantized->absmax, one.expected_f32("absmax").values);
        const float offset = one.expected("offset");
        EXPECT_NEAR(second.offset, offset, 1e-6 * offset);
        const auto codes = one.expected_u8("qabsmax").values;
        ASSERT_EQ(second.codes.size(), codes.size());
        for (std::size_t i = 0; i < codes.size(); ++i) EXPECT_NEAR(int(second.codes[i]), int(codes[i]), 1) << i;
        const auto absmax = one.expected_f32("absmax2").values;
        ASSERT_EQ(second.absmax.size(), absmax.size());
        for (std::size_t i = 0; i < absmax.size(); ++i) EXPECT_NEAR(second.absmax[i], absmax[i], 1e-6 * absmax[i]);

        const auto values = dequantize_codebook4(*quantized);
        double sum = 0;
        for (std::size_t i = 0; i < w.size(); ++i) sum += std::pow(double(w[i]) - double(values[i]), 2);
        const double mse = one.expected("weight_mse");
        EXPECT_NEAR(sum / double(w.size()), mse, 1e-5 * mse);
        if (one.parameters().at("quant_type") == "nf4") {
            const auto& format = format_of("nf4_dq");
            EXPECT_EQ(count_different(must_decode(format, must_encode(format, w)), values), 0u);
        }
    }
}

}  // namespace
}  // namespace quantlens::formats
