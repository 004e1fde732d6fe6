#pragma once

#include <bit>
#include <cstdint>
#include <span>

/// How ggml's quantizers choose the scale of a small block: by searching a few candidates for the least weighted error.
/// Source: ggml's src/ggml-quants.c (see gguf_blocks.h), the functions named below. All arithmetic is float32 in the
/// reference's order.
namespace quantlens::formats::gguf {

/// Blocks whose largest magnitude is below this count as zero (GROUP_MAX_EPS).
inline constexpr float kZeroBlock = 1e-15f;

/// Rounds half to even where |value| < 2^22. Beyond, the low 23 bits of the sum, as the reference: infinity gives
/// -2^22 and NaN gives 0.
inline int nearest_int(float value) {
    const std::uint32_t bits = std::bit_cast<std::uint32_t>(value + 12582912.0f);
    return int(bits & 0x007fffffu) - 0x00400000;
}

/// Truncates; what int32 cannot hold gives its least number, as x86 does.
inline int truncated_int(float value) {
    return value >= -2147483648.0f && value < 2147483648.0f ? int(value) : -2147483647 - 1;
}

/// Rounds half away from zero, exactly: the constant is the float below 0.5, so 0.49999997 stays below 1 (as roundf).
inline int rounded_int(float value) { return truncated_int(value + (value < 0 ? -0.49999997f : 0.49999997f)); }

/// Scale for codes -levels .. levels - 1 with weights x^2: tries 19 scales near -levels / (value of largest magnitude)
/// and keeps the best least-squares one (make_qx_quants, rmse_type 1). codes[i] becomes code + levels.
float fit_symmetric(std::span<const float> x, int levels, std::span<std::uint8_t> codes);

/// As above, but starts from one scale and changes single codes while that lowers the error (make_q3_quants).
float fit_symmetric_by_descent(std::span<const float> x, int levels, std::span<std::uint8_t> codes);

/// value ~ code * scale - minimum; the minimum is stored as a number >= 0 that is subtracted.
struct ScaleAndMinimum {
    float scale, minimum;
};

/// Which scales to try: (first + step * i + levels) / (max - min) for i = 0 .. steps, and by which error to choose.
struct ScaleSearch {
    float first, step;
    int steps;
    bool absolute_error;
};

/// Scale and minimum for codes 0 .. levels with the given weights (make_qkx2_quants). x has at most 32 values.
ScaleAndMinimum fit_scale_and_minimum(std::span<const float> x, std::span<const float> weights, int levels,
                                      const ScaleSearch& search, std::span<std::uint8_t> codes);

}  // namespace quantlens::formats::gguf
