#pragma once

#include <cstdint>
#include <span>

#include "tensor/error.h"
#include "tensor/matrix.h"
#include "tensor/thread_pool.h"

/// Work on rows of values: ranges, rounding to codes and back, Hadamard rotations.
namespace quantlens::kernels {

struct MinMax {
    float minimum, maximum;
};
/// Smallest and largest value; values must not be empty and not NaN.
MinMax min_max(std::span<const float> values);

/// codes[i] = clamp(round_half_even(values[i] / scale) + zero_point, low, high), by division as the references do.
void quantize_row(std::span<const float> values, float scale, int zero_point, int low, int high,
                  std::span<std::int16_t> codes);

/// values[i] = (codes[i] - zero_point) * scale.
void dequantize_row(std::span<const std::int16_t> codes, float scale, int zero_point, std::span<float> values);

/// Whether a normalised Hadamard matrix of this order is known: 2^k, and 12, 20, 28, 36, 40 times 2^k.
bool hadamard_size_is_known(std::size_t size);

/// Each row times the normalised Hadamard matrix kron(hadK^T, Sylvester) / sqrt(n), in place; `transposed` applies its
/// transpose, which is its inverse. Fails with kBadShape, naming the sizes that work.
/// Source: Ashkboos et al. 2024 (arXiv 2404.00456), section 3; the +-1 tables of orders 12 .. 40 are Sloane's.
Status hadamard(MatrixView<float> rows, bool transposed, ThreadPool& pool);

}  // namespace quantlens::kernels
