#pragma once

#include <cstdint>
#include <span>

/// Functions of single rows, as a language model needs them. Where there are two spans they have the same length and
/// may be the same memory. Errors are against the exact function; none depends on how many threads there are.
namespace quantlens::kernels {

/// out[i] = e^x[i], within 2 units in the last place; 0 and infinity beyond float's range, NaN for NaN.
void exp(std::span<const float> x, std::span<float> out);

/// row = e^(row - log_sum_exp(row)): shares that sum to 1. Empty rows stay.
void softmax(std::span<float> row);

/// log(sum of e^values), without overflow; values must not be empty.
float log_sum_exp(std::span<const float> values);

/// out = x * gain / sqrt(mean(x^2) + epsilon). Returns 1 / sqrt(mean(x^2) + epsilon), which the backward pass needs.
/// Source: Zhang and Sennrich 2019 (arXiv 1910.07467), eq. 4.
float rms_norm(std::span<const float> x, std::span<const float> gain, float epsilon, std::span<float> out);

/// out[i] = x[i] / (1 + e^-x[i]).
void silu(std::span<const float> x, std::span<float> out);

/// out = silu(gate) * up, the middle of a SwiGLU feed-forward.
void silu_times(std::span<const float> gate, std::span<const float> up, std::span<float> out);

/// Largest |value|; 0 for no values.
float abs_max(std::span<const float> values);

/// codes[i] = round_half_even(values[i] / scale) with scale = abs_max / 127; returns the scale. All zeros: scale 1.
float quantize_to_int8(std::span<const float> values, std::span<std::int8_t> codes);

}  // namespace quantlens::kernels
