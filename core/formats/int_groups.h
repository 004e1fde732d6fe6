#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

/// Integer codes of 1 to 8 bits in groups that share an FP16 scale and an FP16 minimum: value ~ minimum + code * scale.
/// This is what `intN` stores with groups of 32, and what the KV cache and the planner count with any group.
///
/// Layout of a group of g values: scale, minimum (2 bytes each, little-endian), then g codes packed low bits first
/// (code i takes bits i * N .. i * N + N - 1 of the little-endian bit string), padded to whole bytes.
namespace quantlens::formats {

/// The codes of one group and what they are to be scaled with.
struct IntGroupScale {
    std::uint16_t scale = 0;    // FP16, finite, >= 0
    std::uint16_t minimum = 0;  // FP16, finite
};

/// Scale and minimum for these values. Both are FP16 numbers nearest to (max - min) / (2^bits - 1) and min; where that
/// would leave an end of the range more than half a step outside, the minimum is rounded down and the scale up, so a
/// value within the range of FP16 always comes back within half a step. Values must be finite; numbers beyond FP16
/// clip.
IntGroupScale int_group_scale(std::span<const float> values, int bits);

/// codes[i] = clamp(round_half_even((values[i] - minimum) / scale), 0, 2^bits - 1); 0 where the scale is 0.
void int_group_codes(std::span<const float> values, int bits, IntGroupScale scale, std::span<std::uint8_t> codes);

/// values[i] = minimum + codes[i] * scale.
void int_group_values(std::span<const std::uint8_t> codes, IntGroupScale scale, std::span<float> values);

/// Stored bytes of `count` values; the last group may be shorter.
std::size_t int_groups_bytes(std::size_t count, int bits, std::size_t group_size);

/// Writes int_groups_bytes(values.size(), bits, group_size) bytes. bits is 1 to 8 and group_size is not 0.
void int_groups_encode(std::span<const float> values, int bits, std::size_t group_size, std::span<std::uint8_t> bytes);

/// The inverse; values.size() says how many values there are.
void int_groups_decode(std::span<const std::uint8_t> bytes, int bits, std::size_t group_size, std::span<float> values);

/// Packs codes of `bits` bits (1 to 8) low bits first; `bytes` has ceil(codes.size() * bits / 8) bytes.
void pack_codes(std::span<const std::uint8_t> codes, int bits, std::span<std::uint8_t> bytes);
void unpack_codes(std::span<const std::uint8_t> bytes, int bits, std::span<std::uint8_t> codes);

}  // namespace quantlens::formats
