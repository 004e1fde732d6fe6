#include "formats/mini_float_blocks.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace quantlens::formats {

namespace {

constexpr int kScaleBias = 127;

float largest_magnitude(std::span<const float> values) {
    float largest = 0;
    for (const float v : values) largest = std::max(largest, std::fabs(v));
    return largest;
}

void store_nibbles(std::span<const std::uint8_t> codes, std::uint8_t* at) {
    for (std::size_t i = 0; i < codes.size(); i += 2) at[i / 2] = std::uint8_t(codes[i] | codes[i + 1] << 4);
}
void load_nibbles(const std::uint8_t* at, std::span<std::uint8_t> codes) {
    for (std::size_t i = 0; i < codes.size(); ++i) codes[i] = std::uint8_t((at[i / 2] >> (4 * (i % 2))) & 15);
}

template <class Block>
void encode_bytes(MiniFloat element, typename Block::Values values, typename Block::Bytes bytes) {
    bytes[0] = mx_scale(values, element);
    mx_codes(values, element, bytes[0], bytes.template subspan<1>());
}
template <class Block>
void decode_bytes(MiniFloat element, typename Block::StoredBytes bytes, typename Block::Restored values) {
    mx_values(bytes.template subspan<1>(), element, bytes[0], values);
}

}  // namespace

std::uint8_t mx_scale(std::span<const float> values, MiniFloat element) {
    const float largest = largest_magnitude(values);
    if (largest == 0) return 0;
    // float32's largest numbers count as 2^128 otherwise, and would come back as infinity.
    const int exponent = std::min(floor_log2(largest), 127);
    return std::uint8_t(std::max(exponent - element.maximum_exponent() + kScaleBias, 0));
}

void mx_codes(std::span<const float> values, MiniFloat element, std::uint8_t scale, std::span<std::uint8_t> codes) {
    // In double, where neither 2^127 nor a float32 denormal is near the edge: scaling is exact.
    const double factor = std::ldexp(1.0, kScaleBias - int(scale));
    for (std::size_t i = 0; i < values.size(); ++i)
        codes[i] = mini_float_code(element, float(double(values[i]) * factor));
}

void mx_values(std::span<const std::uint8_t> codes, MiniFloat element, std::uint8_t scale, std::span<float> values) {
    const float factor = e8m0_to_float(scale);
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = mini_float_value(element, codes[i]) * factor;
}

void MxFp4::encode(Values values, Bytes bytes) {
    std::array<std::uint8_t, kMxBlock> codes;
    bytes[0] = mx_scale(values, kE2M1);
    mx_codes(values, kE2M1, bytes[0], codes);
    store_nibbles(codes, &bytes[1]);
}
void MxFp4::decode(StoredBytes bytes, Restored values) {
    std::array<std::uint8_t, kMxBlock> codes;
    load_nibbles(&bytes[1], codes);
    mx_values(codes, kE2M1, bytes[0], values);
}

void MxFp8E4M3::encode(Values values, Bytes bytes) { encode_bytes<MxFp8E4M3>(kE4M3, values, bytes); }
void MxFp8E4M3::decode(StoredBytes bytes, Restored values) { decode_bytes<MxFp8E4M3>(kE4M3, bytes, values); }
void MxFp8E5M2::encode(Values values, Bytes bytes) { encode_bytes<MxFp8E5M2>(kE5M2, values, bytes); }
void MxFp8E5M2::decode(StoredBytes bytes, Restored values) { decode_bytes<MxFp8E5M2>(kE5M2, bytes, values); }

float nvfp4_tensor_scale(std::span<const float> values) { return largest_magnitude(values) / (448.0f * 6.0f); }

std::uint8_t nvfp4_block_scale(std::span<const float> values, float tensor_scale) {
    if (tensor_scale == 0) return 0;
    return float_to_e4m3(largest_magnitude(values) / 6.0f / tensor_scale);
}

void nvfp4_codes(std::span<const float> values, std::uint8_t scale, float tensor_scale, std::span<std::uint8_t> codes) {
    const float factor = e4m3_to_float(scale) * tensor_scale;
    for (std::size_t i = 0; i < values.size(); ++i)
        codes[i] = factor == 0 ? std::uint8_t{0} : float_to_e2m1(values[i] / factor);
}

void nvfp4_encode(std::span<const float> values, std::span<std::uint8_t> bytes) {
    const float tensor_scale = nvfp4_tensor_scale(values);
    store_f32(&bytes[0], tensor_scale);
    std::array<std::uint8_t, kNvfp4Block> codes;
    for (std::size_t i = 0; i < values.size() / kNvfp4Block; ++i) {
        const auto block = values.subspan(i * kNvfp4Block, kNvfp4Block);
        std::uint8_t* const at = &bytes[kNvfp4Header + i * kNvfp4BlockBytes];
        at[0] = nvfp4_block_scale(block, tensor_scale);
        nvfp4_codes(block, at[0], tensor_scale, codes);
        store_nibbles(codes, at + 1);
    }
}

void nvfp4_decode(std::span<const std::uint8_t> bytes, std::span<float> values) {
    const float tensor_scale = load_f32(&bytes[0]);
    std::array<std::uint8_t, kNvfp4Block> codes;
    for (std::size_t i = 0; i < values.size() / kNvfp4Block; ++i) {
        const std::uint8_t* const at = &bytes[kNvfp4Header + i * kNvfp4BlockBytes];
        const float factor = e4m3_to_float(at[0]) * tensor_scale;
        load_nibbles(at + 1, codes);
        for (std::size_t j = 0; j < kNvfp4Block; ++j) values[i * kNvfp4Block + j] = e2m1_to_float(codes[j]) * factor;
    }
}

}  // namespace quantlens::formats
