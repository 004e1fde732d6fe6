#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "formats/block_codec.h"
#include "formats/float_codes.h"

/// Blocks of small floats that share a scale: the OCP microscaling formats and NVFP4.
namespace quantlens::formats {

/// Values that share one scale.
inline constexpr std::size_t kMxBlock = 32;
inline constexpr std::size_t kNvfp4Block = 16;

/// The E8M0 code of a microscaling block: floor(log2(largest magnitude)) minus the element's largest exponent, within
/// what the code can say; 0 for a block of zeros.
/// Source: OCP Microscaling Formats (MX) 1.0, section 6.3; the float32 logarithm as in microxcaling's _quantize_mx
/// (microsoft/microxcaling, commit 7bc4195, MIT), which for a magnitude a rounding below 2^k takes k.
std::uint8_t mx_scale(std::span<const float> values, MiniFloat element);

/// One code for each value: value / 2^(scale - 127), rounded half to even; what is too large becomes the largest
/// number.
void mx_codes(std::span<const float> values, MiniFloat element, std::uint8_t scale, std::span<std::uint8_t> codes);

/// code's number times 2^(scale - 127); all NaN where the scale is 255.
void mx_values(std::span<const std::uint8_t> codes, MiniFloat element, std::uint8_t scale, std::span<float> values);

/// Stored as the E8M0 byte, then the codes: bytes, or nibbles with the first of two in the low one.
struct MxFp4 : BlockCodec<kMxBlock, 17> {
    static void encode(Values values, Bytes bytes);
    static void decode(StoredBytes bytes, Restored values);
};
struct MxFp8E4M3 : BlockCodec<kMxBlock, 33> {
    static void encode(Values values, Bytes bytes);
    static void decode(StoredBytes bytes, Restored values);
};
struct MxFp8E5M2 : BlockCodec<kMxBlock, 33> {
    static void encode(Values values, Bytes bytes);
    static void decode(StoredBytes bytes, Restored values);
};

/// NVFP4's scale for a whole tensor: largest magnitude / (448 * 6), so that the largest block scale is E4M3's largest.
/// Source: NVIDIA, "Pretraining Large Language Models with NVFP4" (arXiv 2509.25149), appendix C.
float nvfp4_tensor_scale(std::span<const float> values);

/// The E4M3 code of a block's scale, and E2M1 codes of value / (scale * tensor scale), both half to even. A block whose
/// scale rounds to 0 gets codes 0.
std::uint8_t nvfp4_block_scale(std::span<const float> values, float tensor_scale);
void nvfp4_codes(std::span<const float> values, std::uint8_t scale, float tensor_scale, std::span<std::uint8_t> codes);

/// Bytes: float32 tensor scale, then for each block of 16 the E4M3 scale and 8 bytes of codes, the first of two in the
/// low nibble.
inline constexpr std::size_t kNvfp4Header = 4;
inline constexpr std::size_t kNvfp4BlockBytes = 9;
void nvfp4_encode(std::span<const float> values, std::span<std::uint8_t> bytes);
void nvfp4_decode(std::span<const std::uint8_t> bytes, std::span<float> values);

}  // namespace quantlens::formats
