#include "formats/format.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include "formats/codebook4.h"
#include "formats/gguf_blocks.h"
#include "formats/int_groups.h"
#include "formats/mini_float_blocks.h"
#include "formats/plain_formats.h"

namespace quantlens::formats {

namespace {

/// Values of an integer format that share an FP16 scale and minimum.
constexpr std::size_t kIntGroup = 32;

// Tables of numbers.

template <int Low, int High>
constexpr auto kIntegers = [] {
    std::array<float, std::size_t(High - Low + 1)> numbers{};
    for (int i = Low; i <= High; ++i) numbers[std::size_t(i - Low)] = float(i);
    return numbers;
}();

constexpr std::array<float, 2> kSigns = {-1, 1};

/// The finite numbers of a small float, with one zero.
template <int ExponentBits, int MantissaBits, Specials Kind>
constexpr auto kNumbers = [] {
    constexpr MiniFloat kind{ExponentBits, MantissaBits, Kind};
    constexpr std::size_t positive = kind.maximum_code();
    std::array<float, 2 * positive + 1> numbers{};
    for (std::size_t code = 1; code <= positive; ++code) {
        numbers[positive + code] = mini_float_value(kind, std::uint8_t(code));
        numbers[positive - code] = -numbers[positive + code];
    }
    return numbers;
}();
constexpr auto& kE4M3Numbers = kNumbers<4, 3, Specials::kNan>;
constexpr auto& kE5M2Numbers = kNumbers<5, 2, Specials::kInfinity>;
constexpr auto& kE2M1Numbers = kNumbers<2, 1, Specials::kNone>;

constexpr auto kIq4Numbers = [] {
    std::array<float, 16> numbers{};
    for (std::size_t i = 0; i < 16; ++i) numbers[i] = float(gguf::kIq4Values[i]);
    return numbers;
}();

std::span<const float> fp4_numbers() {
    static const std::array<float, 15> numbers = [] {
        std::array<float, 16> sorted{};
        std::ranges::copy(codebook4_values(Codebook4::kFp4), sorted.begin());
        std::ranges::sort(sorted);
        std::array<float, 15> distinct{};
        std::ranges::unique_copy(sorted, distinct.begin());  // -0 equals 0
        return distinct;
    }();
    return numbers;
}

// Entries of the table.

template <std::size_t Bytes>
Format single(std::string_view id, std::string_view name, int exponent_bits, int mantissa_bits,
              decltype(Format::encode) encode, decltype(Format::decode) decode, std::span<const float> values,
              std::string_view source) {
    return {id,
            name,
            Family::kFloat,
            1,
            Bytes,
            8.0 * Bytes,
            [](std::size_t count) { return Bytes * count; },
            encode,
            decode,
            values,
            source,
            exponent_bits,
            mantissa_bits};
}

template <class Codec>
Format blocks(std::string_view id, std::string_view name, Family family, std::span<const float> values,
              std::string_view source, int exponent_bits = 0, int mantissa_bits = 0) {
    return {id,
            name,
            family,
            Codec::kValues,
            Codec::kBytes,
            8.0 * Codec::kBytes / Codec::kValues,
            [](std::size_t count) { return count / Codec::kValues * Codec::kBytes; },
            encode_blocks<Codec>,
            decode_blocks<Codec>,
            values,
            source,
            exponent_bits,
            mantissa_bits};
}

template <class Codec>
Format gguf_blocks(std::string_view id, std::string_view name, std::span<const float> values) {
    return blocks<Codec>(id, name, Family::kGguf, values,
                         "ggml, src/ggml-quants.c (ggml-org/ggml, commit d99724f, MIT): its reference quantizer and "
                         "dequantizer of this type");
}

/// ggml: block_q8_K in ggml-common.h, and type_traits_cpu, where it has no dot product and nothing reads it back.
Format for_activations(Format format) {
    format.for_weights = false;
    return format;
}

template <int Bits>
Format integers(std::string_view id, std::string_view name) {
    constexpr std::size_t bytes = 4 + kIntGroup * Bits / 8;
    return {id,
            name,
            Family::kInteger,
            kIntGroup,
            bytes,
            8.0 * bytes / kIntGroup,
            [](std::size_t count) { return int_groups_bytes(count, Bits, kIntGroup); },
            [](std::span<const float> values, std::span<std::uint8_t> stored) {
                int_groups_encode(values, Bits, kIntGroup, stored);
            },
            [](std::span<const std::uint8_t> stored, std::span<float> values) {
                int_groups_decode(stored, Bits, kIntGroup, values);
            },
            kIntegers<0, (1 << Bits) - 1>,
            "groups of 32 with an FP16 scale and an FP16 minimum; asymmetric rounding as Jacob et al. 2017 (arXiv "
            "1712.05877), eq. 1, with the minimum kept as a number as in KIVI (arXiv 2402.02750), section 3"};
}

std::vector<Format> make_table() {
    using enum Family;
    constexpr std::string_view fp8 = "OCP 8-bit Floating Point Specification 1.0, table 1; saturating, half to even";
    constexpr std::string_view mx = "OCP Microscaling Formats (MX) 1.0, sections 5.3 and 6.3; half to even";
    constexpr std::string_view codebook =
        "bitsandbytes functional.py and backends/default/ops.py (commit 95f9af3, MIT)";
    constexpr std::string_view qlora =
        "Dettmers et al. 2023, QLoRA (arXiv 2305.14314), section 3 and appendix E; as "
        "bitsandbytes computes it (commit 95f9af3, MIT)";
    const auto nf4 = codebook4_values(Codebook4::kNf4);
    return {
        single<4>("f32", "FP32", 8, 23, encode_f32, decode_f32, {}, "IEEE 754-2019, binary32"),
        single<2>("f16", "FP16", 5, 10, encode_f16, decode_f16, {}, "IEEE 754-2019, binary16"),
        single<2>("bf16", "BF16", 8, 7, encode_bf16, decode_bf16, {},
                  "the upper 16 bits of binary32, rounded half to even (Intel, BFLOAT16 hardware numerics definition)"),
        single<1>("fp8_e4m3", "FP8 E4M3", 4, 3, encode_fp8_e4m3, decode_fp8_e4m3, kE4M3Numbers, fp8),
        single<1>("fp8_e5m2", "FP8 E5M2", 5, 2, encode_fp8_e5m2, decode_fp8_e5m2, kE5M2Numbers, fp8),
        blocks<MxFp4>("mxfp4_ocp", "MXFP4 (OCP)", kMicroscaling, kE2M1Numbers, mx, 2, 1),
        blocks<MxFp8E4M3>("mxfp8_e4m3", "MXFP8 E4M3", kMicroscaling, kE4M3Numbers, mx, 4, 3),
        blocks<MxFp8E5M2>("mxfp8_e5m2", "MXFP8 E5M2", kMicroscaling, kE5M2Numbers, mx, 5, 2),
        {"nvfp4_two_level", "NVFP4", kMicroscaling, kNvfp4Block, kNvfp4BlockBytes, 8.0 * kNvfp4BlockBytes / kNvfp4Block,
         [](std::size_t count) { return kNvfp4Header + count / kNvfp4Block * kNvfp4BlockBytes; }, nvfp4_encode,
         nvfp4_decode, kE2M1Numbers,
         "NVIDIA, Pretraining Large Language Models with NVFP4 (arXiv 2509.25149), appendix C", 2, 1},
        {"nf4", "NF4", kCodebook, kCodebookBlock, 4 + kCodebookCodeBytes,
         8.0 * (4 + kCodebookCodeBytes) / kCodebookBlock,
         [](std::size_t count) { return count / kCodebookBlock * (4 + kCodebookCodeBytes); }, encode_nf4, decode_nf4,
         nf4, qlora},
        {"fp4", "FP4 (bitsandbytes)", kCodebook, kCodebookBlock, 4 + kCodebookCodeBytes,
         8.0 * (4 + kCodebookCodeBytes) / kCodebookBlock,
         [](std::size_t count) { return count / kCodebookBlock * (4 + kCodebookCodeBytes); }, encode_fp4, decode_fp4,
         fp4_numbers(), codebook},
        {"nf4_dq", "NF4, double quantization", kCodebook, kCodebookBlock, 1 + kCodebookCodeBytes,
         8.0 * (1 + kCodebookCodeBytes) / kCodebookBlock + 32.0 / (256 * kCodebookBlock), nf4_dq_bytes, encode_nf4_dq,
         decode_nf4_dq, nf4, qlora},
        integers<2>("int2", "INT2"),
        integers<3>("int3", "INT3"),
        integers<4>("int4", "INT4"),
        integers<5>("int5", "INT5"),
        integers<6>("int6", "INT6"),
        integers<7>("int7", "INT7"),
        integers<8>("int8", "INT8"),
        gguf_blocks<gguf::Q4_0>("q4_0", "GGUF Q4_0", kIntegers<-8, 7>),
        gguf_blocks<gguf::Q4_1>("q4_1", "GGUF Q4_1", kIntegers<0, 15>),
        gguf_blocks<gguf::Q5_0>("q5_0", "GGUF Q5_0", kIntegers<-16, 15>),
        gguf_blocks<gguf::Q5_1>("q5_1", "GGUF Q5_1", kIntegers<0, 31>),
        gguf_blocks<gguf::Q8_0>("q8_0", "GGUF Q8_0", kIntegers<-128, 127>),
        gguf_blocks<gguf::Q1_0>("q1_0", "GGUF Q1_0", kSigns),
        gguf_blocks<gguf::Q2_0>("q2_0", "GGUF Q2_0", kIntegers<-1, 2>),
        gguf_blocks<gguf::Q2_K>("q2_K", "GGUF Q2_K", kIntegers<0, 3>),
        gguf_blocks<gguf::Q3_K>("q3_K", "GGUF Q3_K", kIntegers<-4, 3>),
        gguf_blocks<gguf::Q4_K>("q4_K", "GGUF Q4_K", kIntegers<0, 15>),
        gguf_blocks<gguf::Q5_K>("q5_K", "GGUF Q5_K", kIntegers<0, 31>),
        gguf_blocks<gguf::Q6_K>("q6_K", "GGUF Q6_K", kIntegers<-32, 31>),
        for_activations(gguf_blocks<gguf::Q8_K>("q8_K", "GGUF Q8_K", kIntegers<-128, 127>)),
        gguf_blocks<gguf::IQ4_NL>("iq4_nl", "GGUF IQ4_NL", kIq4Numbers),
        gguf_blocks<gguf::IQ4_XS>("iq4_xs", "GGUF IQ4_XS", kIq4Numbers),
        gguf_blocks<gguf::TQ1_0>("tq1_0", "GGUF TQ1_0", kIntegers<-1, 1>),
        gguf_blocks<gguf::TQ2_0>("tq2_0", "GGUF TQ2_0", kIntegers<-1, 1>),
        gguf_blocks<gguf::MXFP4>("mxfp4", "GGUF MXFP4", kE2M1Numbers),
        gguf_blocks<gguf::NVFP4>("nvfp4", "GGUF NVFP4", kE2M1Numbers),
    };
}

}  // namespace

std::span<const Format> all() {
    static const std::vector<Format> table = make_table();
    return table;
}

Result<const Format*> find(std::string_view id, std::string_view key) {
    for (const auto& format : all())
        if (format.id == id) return &format;
    std::string ids;
    for (const auto& format : all()) ids.append(ids.empty() ? "" : ", ").append(format.id);
    return bad_parameter(key, "'" + std::string{id} + "'", "one of " + ids);
}

Result<std::vector<std::uint8_t>> encode(const Format& format, std::span<const float> values) {
    if (values.empty()) return bad_shape("values", "there are no values to encode");
    const std::size_t rest = values.size() % format.block_size;
    if (rest != 0)
        return bad_shape("values", std::string{format.id} + " stores blocks of " + to_text(format.block_size) +
                                       " values; " + to_text(values.size()) + " values leave a last block of only " +
                                       to_text(rest));
    const auto bad = std::ranges::find_if_not(values, [](float v) { return std::isfinite(v); });
    if (bad != values.end())
        return fail(ErrorCode::kNotFinite, "values",
                    "value " + to_text(bad - values.begin()) + " is " + to_text(*bad) + ", must be finite");
    std::vector<std::uint8_t> bytes(format.stored_bytes(values.size()));
    format.encode(values, bytes);
    return bytes;
}

Result<std::vector<float>> decode(const Format& format, std::span<const std::uint8_t> bytes) {
    // Headers may grow with the number of blocks, but stored bytes always grow with it: look for the block count.
    std::size_t low = 0, high = bytes.size() / format.block_bytes;
    while (low < high) {
        const std::size_t middle = high - (high - low) / 2;
        if (format.stored_bytes(middle * format.block_size) <= bytes.size())
            low = middle;
        else
            high = middle - 1;
    }
    const std::size_t count = low * format.block_size;
    const std::size_t header = format.stored_bytes(format.block_size) - format.block_bytes;
    if (count == 0 || format.stored_bytes(count) != bytes.size()) {
        std::string message = to_text(bytes.size()) + " bytes are no whole number of " + std::string{format.id} +
                              " blocks of " + to_text(format.block_bytes) + " bytes";
        if (header > 0) message += " after a header of " + to_text(header) + " bytes or more";
        return fail(ErrorCode::kBadFile, "bytes", std::move(message));
    }
    std::vector<float> values(count);
    format.decode(bytes, values);
    return values;
}

}  // namespace quantlens::formats
