#include "formats/format.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <string>
#include <vector>

#include "tensor/random.h"

namespace quantlens::formats {
namespace {

const Format& format_of(std::string_view id) { return **find(id); }

std::vector<float> normal_values(std::size_t count, std::uint64_t seed, double scale = 1) {
    Random random{seed};
    std::vector<float> values(count);
    for (float& v : values) v = float(scale * random.normal());
    return values;
}

std::vector<float> round_trip(const Format& format, std::span<const float> values) {
    return *decode(format, *encode(format, values));
}

double relative_error(std::span<const float> wanted, std::span<const float> actual) {
    double error = 0, power = 0;
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        error += std::pow(double(wanted[i]) - double(actual[i]), 2);
        power += std::pow(double(wanted[i]), 2);
    }
    return std::sqrt(error / power);
}

TEST(Formats, EveryIdOfTheContractIsThereOnce) {
    const std::vector<std::string_view> ids = {
        "f32",   "f16",  "bf16",   "fp8_e4m3", "fp8_e5m2", "mxfp4_ocp", "mxfp8_e4m3", "mxfp8_e5m2", "nvfp4_two_level",
        "nf4",   "fp4",  "nf4_dq", "int2",     "int3",     "int4",      "int5",       "int6",       "int7",
        "int8",  "q4_0", "q4_1",   "q5_0",     "q5_1",     "q8_0",      "q1_0",       "q2_0",       "q2_K",
        "q3_K",  "q4_K", "q5_K",   "q6_K",     "q8_K",     "iq4_nl",    "iq4_xs",     "tq1_0",      "tq2_0",
        "mxfp4", "nvfp4"};
    EXPECT_EQ(all().size(), ids.size());
    for (const auto id : ids) {
        EXPECT_TRUE(find(id)) << id;
        EXPECT_EQ(std::ranges::count(all(), id, &Format::id), 1) << id;
    }
}

TEST(Formats, AnUnknownIdIsAnErrorThatListsTheIds) {
    const auto found = find("q4_k");
    ASSERT_FALSE(found);
    EXPECT_NE(found.error().message.find("q4_k"), std::string::npos);
    EXPECT_NE(found.error().message.find("q4_K"), std::string::npos);
}

TEST(Formats, BitsPerWeightAreTheBytesOfTheRealStorage) {
    for (const auto& format : all()) {
        SCOPED_TRACE(format.id);
        const std::size_t count = 256 * 64 * 16;  // whole blocks of every format, and of the second level of nf4_dq
        const auto bytes = encode(format, normal_values(count, 1));
        ASSERT_TRUE(bytes);
        EXPECT_EQ(bytes->size(), format.stored_bytes(count));
        const double header = double(format.stored_bytes(0));
        EXPECT_DOUBLE_EQ((double(bytes->size()) - header) * 8 / double(count), format.bits_per_weight);
        EXPECT_LE(header, 4);
    }
    EXPECT_DOUBLE_EQ(format_of("q4_K").bits_per_weight, 4.5);
    EXPECT_DOUBLE_EQ(format_of("int4").bits_per_weight, 5);
    EXPECT_DOUBLE_EQ(format_of("nf4_dq").bits_per_weight, 4 + 8.0 / 64 + 32.0 / (64 * 256));
    EXPECT_DOUBLE_EQ(format_of("q6_K").bits_per_weight, 6.5625);
    EXPECT_DOUBLE_EQ(format_of("tq1_0").bits_per_weight, 1.6875);
}

TEST(Formats, ErrorOnNormalWeightsIsWhatTheBitsAllow) {
    for (const auto& format : all()) {
        SCOPED_TRACE(format.id);
        const auto values = normal_values(64 * 256, 2, 0.02);
        // A float with m mantissa bits errs by at most 2^-(m+1) of each value. A uniform quantizer over +-3 sigma has
        // an error of 6 / 2^b / sqrt(12); twice that is generous, and 1-2 bits with the largest magnitude as scale are
        // worse than that.
        const double bits = format.bits_per_weight;
        const double bound = format.mantissa_bits > 0 ? std::ldexp(1.0, -format.mantissa_bits - 1)
                             : bits < 3               ? 0.95
                                                      : 2 * 6 / std::pow(2, bits - 0.5) / std::sqrt(12.0);
        EXPECT_LT(relative_error(values, round_trip(format, values)), bound);
    }
}

TEST(Formats, TableOfValuesIsAscendingAndWhatCodesDecodeTo) {
    for (const auto& format : all()) {
        SCOPED_TRACE(format.id);
        EXPECT_TRUE(std::ranges::is_sorted(format.values));
        EXPECT_EQ(std::ranges::adjacent_find(format.values), format.values.end());
        EXPECT_FALSE(format.name.empty());
        EXPECT_FALSE(format.source.empty());
    }
    for (const char* id : {"fp8_e4m3", "fp8_e5m2"}) {
        const auto& format = format_of(id);
        std::vector<std::uint8_t> codes(256);
        for (std::size_t i = 0; i < 256; ++i) codes[i] = std::uint8_t(i);
        std::set<float> finite;
        const auto values = decode(format, codes).value();
        for (const float v : values)
            if (std::isfinite(v)) finite.insert(v);
        EXPECT_TRUE(std::ranges::equal(finite, format.values)) << id;
    }
    EXPECT_EQ(format_of("fp4").values.size(), 15u);
    EXPECT_EQ(format_of("nf4").values.size(), 16u);
    EXPECT_EQ(format_of("mxfp4_ocp").values.size(), 15u);
    EXPECT_EQ(format_of("iq4_nl").values.front(), -127);
    EXPECT_EQ(format_of("int3").values.size(), 8u);
    EXPECT_TRUE(format_of("bf16").values.empty());
}

TEST(Formats, ZeroBlocksDecodeToZeros) {
    for (const auto& format : all()) {
        SCOPED_TRACE(format.id);
        std::vector<float> zeros(512, 0.0f);
        for (std::size_t i = 0; i < zeros.size(); i += 3) zeros[i] = -0.0f;
        for (const float v : round_trip(format, zeros)) ASSERT_EQ(v, 0.0f);
    }
}

TEST(Formats, ExtremeBlocksNeverGiveNaN) {
    const float largest = std::numeric_limits<float>::max(), smallest = std::numeric_limits<float>::denorm_min();
    // A scale in FP16 cannot hold what is beyond 65504; and k-quants, whose fits square the values, give what ggml
    // does.
    for (const auto& format : all()) {
        SCOPED_TRACE(format.id);
        std::vector<float> values(512, 0.0f);
        values[3] = 60000.0f;
        for (const float v : round_trip(format, values)) ASSERT_TRUE(std::isfinite(v));
        std::ranges::fill(values, smallest);
        for (const float v : round_trip(format, values)) ASSERT_TRUE(std::isfinite(v));
        std::ranges::fill(values, -1.25f);
        for (const float v : round_trip(format, values)) ASSERT_TRUE(std::isfinite(v));
        if (format.family == Family::kGguf || format.id == "f16" || format.id == "bf16") continue;
        values[3] = largest;
        values[4] = -largest;
        for (const float v : round_trip(format, values)) ASSERT_TRUE(std::isfinite(v));
    }
}

TEST(Formats, EncodingDecodedValuesAgainChangesNothing) {
    // True of formats whose scale is found again from the largest value: k-quants and IQ4 refit theirs.
    for (const char* id : {"f32", "f16", "bf16", "fp8_e4m3", "fp8_e5m2", "mxfp4_ocp", "mxfp8_e4m3", "mxfp8_e5m2", "nf4",
                           "fp4", "tq1_0", "tq2_0", "q1_0", "q2_0"}) {
        SCOPED_TRACE(id);
        const auto& format = format_of(id);
        const auto once = round_trip(format, normal_values(1024, 3));
        EXPECT_EQ(round_trip(format, once), once);
    }
}

TEST(Formats, MicroscalingErrorIsWithinHalfAStepUnlessClipped) {
    const auto values = normal_values(4096, 4);
    for (const char* id : {"mxfp4_ocp", "mxfp8_e4m3", "mxfp8_e5m2"}) {
        const auto& format = format_of(id);
        const auto restored = round_trip(format, values);
        for (std::size_t b = 0; b < values.size(); b += 32) {
            float largest = 0;
            for (std::size_t i = b; i < b + 32; ++i) largest = std::max(largest, std::fabs(values[i]));
            const float top = format.values.back();
            const float scale = std::ldexp(1.0f, int(std::floor(std::log2(largest))) - int(std::floor(std::log2(top))));
            for (std::size_t i = b; i < b + 32; ++i) {
                const float scaled = values[i] / scale;
                if (std::fabs(scaled) >= top) {
                    EXPECT_EQ(std::fabs(restored[i]), top * scale);
                    continue;
                }
                const auto upper = std::ranges::lower_bound(format.values, scaled);
                const float step = upper == format.values.begin() ? 0 : *upper - *(upper - 1);
                EXPECT_LE(std::fabs(restored[i] - values[i]), step * scale / 2) << id << " " << values[i];
            }
        }
    }
}

TEST(Formats, AShortLastBlockIsAnErrorThatNamesBothSizes) {
    const auto encoded = encode(format_of("q4_0"), std::vector<float>(70));
    ASSERT_FALSE(encoded);
    EXPECT_EQ(encoded.error().code, ErrorCode::kBadShape);
    for (const char* part : {"q4_0", "32", "70", "6"})
        EXPECT_NE(encoded.error().message.find(part), std::string::npos) << encoded.error().message;
    EXPECT_TRUE(encode(format_of("fp8_e4m3"), std::vector<float>(70)));
}

TEST(Formats, NothingToEncodeOrDecodeIsAnError) {
    for (const auto& format : all()) {
        EXPECT_FALSE(encode(format, {})) << format.id;
        EXPECT_FALSE(decode(format, {})) << format.id;
        EXPECT_FALSE(decode(format, std::vector<std::uint8_t>(format.stored_bytes(0)))) << format.id;
    }
}

TEST(Formats, ValuesThatAreNotFiniteAreAnErrorThatNamesTheFirst) {
    std::vector<float> values(256, 1.0f);
    values[9] = std::numeric_limits<float>::quiet_NaN();
    values[20] = INFINITY;
    for (const auto& format : all()) {
        const auto encoded = encode(format, values);
        ASSERT_FALSE(encoded) << format.id;
        EXPECT_EQ(encoded.error().code, ErrorCode::kNotFinite);
        EXPECT_NE(encoded.error().message.find("value 9 is nan"), std::string::npos) << encoded.error().message;
    }
}

TEST(Formats, BytesThatAreNoWholeBlocksAreAnErrorThatNamesTheBlock) {
    for (const auto& format : all()) {
        SCOPED_TRACE(format.id);
        auto bytes = *encode(format, normal_values(2048, 5));
        if (format.block_bytes > 1) {
            bytes.pop_back();
            const auto decoded = decode(format, bytes);
            ASSERT_FALSE(decoded);
            EXPECT_EQ(decoded.error().code, ErrorCode::kBadFile);
            EXPECT_NE(decoded.error().message.find(std::to_string(format.block_bytes)), std::string::npos);
        }
    }
}

TEST(Formats, AnyNumberOfBlocksOfNf4WithDoubleQuantizationIsRecognised) {
    const auto& format = format_of("nf4_dq");
    for (std::size_t blocks : {1, 2, 255, 256, 257, 511, 512, 513, 1000}) {
        const auto values = normal_values(64 * blocks, blocks);
        const auto restored = decode(format, *encode(format, values));
        ASSERT_TRUE(restored) << blocks;
        EXPECT_EQ(restored->size(), values.size());
        EXPECT_LT(relative_error(values, *restored), 0.12);
    }
}

TEST(Formats, NanAndInfinityCodesDecodeAsSuch) {
    const auto decoded = [](const char* id, std::vector<std::uint8_t> bytes) { return *decode(format_of(id), bytes); };
    EXPECT_TRUE(std::isnan(decoded("fp8_e4m3", {0x7f})[0]));
    EXPECT_EQ(decoded("fp8_e5m2", {0xfc})[0], -INFINITY);
    EXPECT_EQ(decoded("f16", {0x00, 0x7c})[0], INFINITY);
    EXPECT_TRUE(std::isnan(decoded("bf16", {0xc0, 0x7f})[0]));
    std::vector<std::uint8_t> block(17, 0x22);
    block[0] = 255;
    for (const float v : decoded("mxfp4_ocp", block)) EXPECT_TRUE(std::isnan(v));
}

}  // namespace
}  // namespace quantlens::formats
