#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

/// Codecs of the table that are no runs of equal blocks of their own: single floats, NF4 and FP4, integers in groups.
namespace quantlens::formats {

void encode_f32(std::span<const float> values, std::span<std::uint8_t> bytes);
void decode_f32(std::span<const std::uint8_t> bytes, std::span<float> values);
void encode_f16(std::span<const float> values, std::span<std::uint8_t> bytes);
void decode_f16(std::span<const std::uint8_t> bytes, std::span<float> values);
void encode_bf16(std::span<const float> values, std::span<std::uint8_t> bytes);
void decode_bf16(std::span<const std::uint8_t> bytes, std::span<float> values);
void encode_fp8_e4m3(std::span<const float> values, std::span<std::uint8_t> bytes);
void decode_fp8_e4m3(std::span<const std::uint8_t> bytes, std::span<float> values);
void encode_fp8_e5m2(std::span<const float> values, std::span<std::uint8_t> bytes);
void decode_fp8_e5m2(std::span<const std::uint8_t> bytes, std::span<float> values);

/// Values in a block of nf4, fp4 and nf4_dq, and bytes of their codes.
inline constexpr std::size_t kCodebookBlock = 64;
inline constexpr std::size_t kCodebookCodeBytes = kCodebookBlock / 2;

/// Each block: float32 absmax, then the codes, the first of two in the high nibble.
void encode_nf4(std::span<const float> values, std::span<std::uint8_t> bytes);
void decode_nf4(std::span<const std::uint8_t> bytes, std::span<float> values);
void encode_fp4(std::span<const float> values, std::span<std::uint8_t> bytes);
void decode_fp4(std::span<const std::uint8_t> bytes, std::span<float> values);

/// float32 offset, float32 absmax for each 256 blocks, one byte a block, then all codes.
std::size_t nf4_dq_bytes(std::size_t count);
void encode_nf4_dq(std::span<const float> values, std::span<std::uint8_t> bytes);
void decode_nf4_dq(std::span<const std::uint8_t> bytes, std::span<float> values);

}  // namespace quantlens::formats
