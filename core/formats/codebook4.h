#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "tensor/error.h"

/// Four-bit codes that index a table of 16 numbers in [-1, 1], scaled by the largest magnitude of each block: NF4 and
/// FP4 as bitsandbytes defines them, with any block size and with double quantization of the scales.
/// Source: Dettmers et al. 2023 (arXiv 2305.14314), sections 3 and appendix E; bitsandbytes backends/default/ops.py and
/// functional.py (commit 95f9af3, MIT) for the tables, the reciprocal and the ties.
namespace quantlens::formats {

enum class Codebook4 : std::uint8_t { kNf4, kFp4 };

/// The number of each code, in code order. NF4 ascends; FP4 does not, and its codes 0 and 8 are both zero.
std::span<const float, 16> codebook4_values(Codebook4 codebook);

/// The 256 numbers of the signed dynamic map that double quantization stores block scales with; ascending.
std::span<const float, 256> dynamic_map_values();

/// Block scales stored in 8 bits: scale ~ dynamic_map[code] * absmax + offset.
struct DoubleQuantization {
    float offset = 0;                 // mean of all block scales
    std::vector<float> absmax;        // largest |scale - offset| of each 256 block scales
    std::vector<std::uint8_t> codes;  // one a block, into the dynamic map
};

/// The block scales that the codes stand for.
std::vector<float> restore_scales(const DoubleQuantization& quantized);

struct Codebook4Values {
    Codebook4 codebook = Codebook4::kNf4;
    std::size_t block_size = 64;
    std::vector<std::uint8_t> codes;  // 0..15, one a value, not packed
    std::vector<float> absmax;        // one a block, as quantizing used it
    std::optional<DoubleQuantization> second_level;

    /// The block scales that dequantizing uses: `absmax`, or what double quantization restores.
    std::vector<float> scales() const;
};

/// Quantizes consecutive values in blocks of `block_size`; the last block may be shorter. The codes follow from the
/// unquantized block scales, also with double quantization. Values must be finite.
/// Errors: kBadParameter when block_size is 0, kBadShape when there are no values.
Result<Codebook4Values> quantize_codebook4(std::span<const float> values, Codebook4 codebook, std::size_t block_size,
                                           bool double_quantization);

/// table[code] * scale, for every value.
std::vector<float> dequantize_codebook4(const Codebook4Values& quantized);

/// Two codes a byte, the first in the high nibble.
std::vector<std::uint8_t> pack_codes_high_first(std::span<const std::uint8_t> codes);

}  // namespace quantlens::formats
