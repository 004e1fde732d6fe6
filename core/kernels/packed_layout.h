#pragma once

#include <cstddef>
#include <cstdint>

/// How packed weights lie in memory, the same on every architecture: 16 rows (output channels) side by side, so that a
/// vector register holds four consecutive inputs of several rows and no sum crosses lanes.
///
/// A group of 16 rows is a run of units. In each, "steps" are of four inputs: byte i of 32-bit lane r belongs to input
/// 4 * step + i of row r. Two 4-bit codes share a byte: the low half of step s and the high half of step s + 4 of each
/// 32 inputs (of step s + 2 of each 16 in q6_K). Scales of the 16 rows lie side by side too.
namespace quantlens::kernels {

enum class PackedKind : std::uint8_t {
    kQ4_0,  ///< unit of 32 inputs: 16 FP16 scales, 4 x 64 bytes of codes; value = scale * (code - 8)
    kQ8_0,  ///< 32: 16 FP16 scales, 8 x 64 bytes of signed codes; scale * code
    kQ4_K,  ///< 256: 16 FP16 d, 16 FP16 dmin, 8 x (16 sc, 16 m, 4 x 64 codes); d * sc * code - dmin * m
    kQ6_K,  ///< 256: 16 FP16 d, then 16 x (16 signed bytes sc, 2 x 64 low halves, 64 high bits); d * sc * (code - 32)
    kInt4,  ///< a group: 16 FP16 scales, 16 bytes zero points, then 4 x 64 codes for each 32; scale * (code - zero)
    kInt8,  ///< a group: 16 FP16 scales, 16 signed bytes zero points, then 8 x 64 signed codes for each 32
    kInt8Channel,  ///< a row: 8 x 64 signed codes for each 32 inputs, then 16 float32 scales; scale * code
    kNf4,          ///< a group: 16 FP16 scales, then 4 x 64 codes for each 32; scale * kNf4Levels[code]
};

inline constexpr std::size_t kPackedKinds = 8;
inline constexpr std::size_t kPackedRows = 16;

/// NF4's 16 numbers as 8-bit integers in units of 1 / kNf4Unit, so that a byte shuffle looks a code up and the sums
/// stay integers. Of all units up to 127 this one has the smallest mean squared rounding error: 0.0017 of the group's
/// largest weight (0.0038 at most), where rounding normal weights to NF4 itself costs 0.038.
constexpr std::int8_t kNf4Levels[16] = {-112, -78, -59, -44, -32, -21, -10, 0, 9, 18, 28, 38, 49, 63, 81, 112};
constexpr float kNf4Unit = 112.03f;

/// Tokens whose activations were quantized to 8 bits, as the products with packed weights read them. `blocks` of 32
/// inputs a token; the last is filled with zeros. All arrays go token by token, `stride` blocks apart.
struct PackedInput {
    const std::int32_t* words;   ///< [tokens][stride][8 steps x words in a step]
    std::size_t words_in_block;  ///< 8, or 16 where a step's four codes are widened to two pairs of 16 bits
    const float* scales;         ///< [tokens][stride]
    const std::int32_t* starts;  ///< [tokens][stride][2]: what sums start from (PackedKernel::start): a half's, a
                                 ///< block's (the first of two) or a token's (the first of all)
    const float* scaled_sums;    ///< [tokens][stride]: scale * the sum of the block's codes
    std::size_t blocks;
    std::size_t stride;  ///< twice an odd number: whole lines of the cache, of which tokens 4096 bytes apart share few
};

/// The upper half of a float32: 8 bits of significand.
using Bfloat16 = std::uint16_t;

}  // namespace quantlens::kernels
