#include "formats/plain_formats.h"

#include <array>
#include <cstring>
#include <utility>

#include "formats/block_codec.h"
#include "formats/codebook4.h"

namespace quantlens::formats {

namespace {

/// All 256 numbers of an 8-bit float.
constexpr std::array<float, 256> numbers_of(MiniFloat kind) {
    std::array<float, 256> table{};
    for (std::size_t code = 0; code < 256; ++code) table[code] = mini_float_value(kind, std::uint8_t(code));
    return table;
}
constexpr auto kE4M3Numbers = numbers_of(kE4M3);
constexpr auto kE5M2Numbers = numbers_of(kE5M2);

std::span<float> block_of(std::span<float> values, std::size_t b) {
    return values.subspan(b * kCodebookBlock, kCodebookBlock);
}

void unpack_block(const std::uint8_t* codes, std::span<const float, 16> table, float scale, std::span<float> values) {
    for (std::size_t i = 0; i < kCodebookCodeBytes; ++i) {
        values[2 * i] = table[codes[i] >> 4] * scale;
        values[2 * i + 1] = table[codes[i] & 15] * scale;
    }
}

/// The table's functions are given whole blocks, so quantizing cannot fail but for an empty tensor: nothing to write.
Codebook4Values quantize(std::span<const float> values, Codebook4 codebook, bool double_quantization) {
    auto result = quantize_codebook4(values, codebook, kCodebookBlock, double_quantization);
    return result ? *std::move(result) : Codebook4Values{};
}

void encode_codebook(Codebook4 codebook, std::span<const float> values, std::span<std::uint8_t> bytes) {
    const auto quantized = quantize(values, codebook, false);
    const auto packed = pack_codes_high_first(quantized.codes);
    for (std::size_t b = 0; b < quantized.absmax.size(); ++b) {
        std::uint8_t* const at = &bytes[b * (4 + kCodebookCodeBytes)];
        store_f32(at, quantized.absmax[b]);
        std::memcpy(at + 4, &packed[b * kCodebookCodeBytes], kCodebookCodeBytes);
    }
}

void decode_codebook(Codebook4 codebook, std::span<const std::uint8_t> bytes, std::span<float> values) {
    const auto table = codebook4_values(codebook);
    for (std::size_t b = 0; b < values.size() / kCodebookBlock; ++b) {
        const std::uint8_t* const at = &bytes[b * (4 + kCodebookCodeBytes)];
        unpack_block(at + 4, table, load_f32(at), block_of(values, b));
    }
}

/// Where the parts of nf4_dq begin.
struct DoubleQuantizedLayout {
    std::size_t blocks, second_blocks, codes_of_scales, codes, end;

    explicit DoubleQuantizedLayout(std::size_t count)
        : blocks(count / kCodebookBlock), second_blocks((blocks + 255) / 256), codes_of_scales(4 + 4 * second_blocks),
          codes(codes_of_scales + blocks), end(codes + kCodebookCodeBytes * blocks) {}
};

}  // namespace

void encode_f32(std::span<const float> values, std::span<std::uint8_t> bytes) {
    if (!values.empty()) std::memcpy(bytes.data(), values.data(), values.size_bytes());
}
void decode_f32(std::span<const std::uint8_t> bytes, std::span<float> values) {
    if (!values.empty()) std::memcpy(values.data(), bytes.data(), values.size_bytes());
}

void encode_f16(std::span<const float> values, std::span<std::uint8_t> bytes) {
    for (std::size_t i = 0; i < values.size(); ++i) store_half(&bytes[2 * i], values[i]);
}
void decode_f16(std::span<const std::uint8_t> bytes, std::span<float> values) {
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = load_half(&bytes[2 * i]);
}

void encode_bf16(std::span<const float> values, std::span<std::uint8_t> bytes) {
    for (std::size_t i = 0; i < values.size(); ++i) store_u16(&bytes[2 * i], float_to_bfloat16(values[i]));
}
void decode_bf16(std::span<const std::uint8_t> bytes, std::span<float> values) {
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = bfloat16_to_float(load_u16(&bytes[2 * i]));
}

void encode_fp8_e4m3(std::span<const float> values, std::span<std::uint8_t> bytes) {
    for (std::size_t i = 0; i < values.size(); ++i) bytes[i] = float_to_e4m3(values[i]);
}
void decode_fp8_e4m3(std::span<const std::uint8_t> bytes, std::span<float> values) {
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = kE4M3Numbers[bytes[i]];
}
void encode_fp8_e5m2(std::span<const float> values, std::span<std::uint8_t> bytes) {
    for (std::size_t i = 0; i < values.size(); ++i) bytes[i] = float_to_e5m2(values[i]);
}
void decode_fp8_e5m2(std::span<const std::uint8_t> bytes, std::span<float> values) {
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = kE5M2Numbers[bytes[i]];
}

void encode_nf4(std::span<const float> values, std::span<std::uint8_t> bytes) {
    encode_codebook(Codebook4::kNf4, values, bytes);
}
void decode_nf4(std::span<const std::uint8_t> bytes, std::span<float> values) {
    decode_codebook(Codebook4::kNf4, bytes, values);
}
void encode_fp4(std::span<const float> values, std::span<std::uint8_t> bytes) {
    encode_codebook(Codebook4::kFp4, values, bytes);
}
void decode_fp4(std::span<const std::uint8_t> bytes, std::span<float> values) {
    decode_codebook(Codebook4::kFp4, bytes, values);
}

std::size_t nf4_dq_bytes(std::size_t count) { return DoubleQuantizedLayout{count}.end; }

void encode_nf4_dq(std::span<const float> values, std::span<std::uint8_t> bytes) {
    const DoubleQuantizedLayout layout{values.size()};
    const auto quantized = quantize(values, Codebook4::kNf4, true);
    if (!quantized.second_level) {
        store_f32(bytes.data(), 0.0f);
        return;
    }
    const auto& second = *quantized.second_level;
    store_f32(&bytes[0], second.offset);
    std::memcpy(&bytes[4], second.absmax.data(), 4 * layout.second_blocks);
    std::memcpy(&bytes[layout.codes_of_scales], second.codes.data(), layout.blocks);
    const auto packed = pack_codes_high_first(quantized.codes);
    std::memcpy(&bytes[layout.codes], packed.data(), packed.size());
}

void decode_nf4_dq(std::span<const std::uint8_t> bytes, std::span<float> values) {
    const DoubleQuantizedLayout layout{values.size()};
    DoubleQuantization second;
    second.offset = load_f32(&bytes[0]);
    for (std::size_t i = 0; i < layout.second_blocks; ++i) second.absmax.push_back(load_f32(&bytes[4 + 4 * i]));
    const auto codes = bytes.subspan(layout.codes_of_scales, layout.blocks);
    second.codes.assign(codes.begin(), codes.end());
    const auto scales = restore_scales(second);
    for (std::size_t b = 0; b < layout.blocks; ++b)
        unpack_block(&bytes[layout.codes + b * kCodebookCodeBytes], codebook4_values(Codebook4::kNf4), scales[b],
                     block_of(values, b));
}

}  // namespace quantlens::formats
