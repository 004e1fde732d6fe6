#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "tensor/matrix.h"

/// What the kernels mean: plain loops, one element at a time. Tests hold every architecture's version to these.
namespace quantlens::kernels::reference {

inline float dot(std::span<const float> a, std::span<const float> b) {
    double sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i) sum += double{a[i]} * double{b[i]};
    return float(sum);
}

/// out [m x n] = a [m x k] times the transpose of b [n x k], summed in double.
inline void matmul_nt(MatrixView<const float> a, MatrixView<const float> b, MatrixView<float> out) {
    for (std::size_t i = 0; i < out.rows(); ++i)
        for (std::size_t j = 0; j < out.columns(); ++j) out(i, j) = dot(a.row(i), b.row(j));
}

/// The transpose of a matrix, owned.
inline Matrix transposed(MatrixView<const float> matrix) {
    Matrix result(matrix.columns(), matrix.rows());
    for (std::size_t r = 0; r < matrix.rows(); ++r)
        for (std::size_t c = 0; c < matrix.columns(); ++c) result(c, r) = matrix(r, c);
    return result;
}

/// clamp(round_half_even(value / scale) + zero_point, low, high); the default rounding mode ties to even.
inline std::int16_t quantize(float value, float scale, int zero_point, int low, int high) {
    const float code = std::nearbyint(value / scale) + float(zero_point);
    return std::int16_t(std::clamp(code, float(low), float(high)));
}

inline float dequantize(std::int16_t code, float scale, int zero_point) { return float(code - zero_point) * scale; }

/// Activations in 8 bits: for each `block` values (the last may be shorter) scale = the largest magnitude / 127, and
/// each value becomes round_half_even(value * (127 / largest)) * scale. Blocks below 2^-120 become zero.
inline std::vector<double> rounded_to_int8(std::span<const float> values, std::size_t block) {
    std::vector<double> result;
    for (std::size_t begin = 0; begin < values.size(); begin += block) {
        const auto part = values.subspan(begin, std::min(block, values.size() - begin));
        float largest = 0;
        for (const float value : part) largest = std::max(largest, std::abs(value));
        const float inverse = largest < 0x1p-120f ? 0.0f : 127.0f / largest, scale = largest / 127.0f;
        for (const float value : part) result.push_back(double{std::nearbyint(value * inverse)} * double{scale});
    }
    return result;
}

/// The nearest of the numbers with 8 bits of significand, the farther from zero of two as near. Not for numbers below
/// 2^-126.
inline double rounded_to_bfloat16(double value) {
    int exponent = 0;
    const double fraction = std::frexp(value, &exponent);
    return std::ldexp(std::round(std::ldexp(fraction, 8)), exponent - 8);
}

/// One row times kron(hadK^T, Sylvester) / sqrt(n): `table` is hadK row by row (+1 or -1), `order` its size, 1 where
/// n is a power of two. The power of two comes first, smallest distance first, then the mixing of the `order` parts.
inline void hadamard_row(std::span<float> row, std::span<const float> table, std::size_t order, bool transposed) {
    const std::size_t part = row.size() / order;
    for (std::size_t distance = 1; distance < part; distance *= 2)
        for (std::size_t i = 0; i < row.size(); ++i)
            if ((i % part & distance) == 0) {
                const float low = row[i], high = row[i + distance];
                row[i] = low + high;
                row[i + distance] = low - high;
            }
    std::vector<float> mixed(row.begin(), row.end());
    for (std::size_t to = 0; order > 1 && to < order; ++to)
        for (std::size_t i = 0; i < part; ++i) {
            float sum = 0;
            for (std::size_t from = 0; from < order; ++from)
                sum += (transposed ? table[from * order + to] : table[to * order + from]) * row[from * part + i];
            mixed[to * part + i] = sum;
        }
    const float scale = 1.0f / std::sqrt(float(row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) row[i] = mixed[i] * scale;
}

}  // namespace quantlens::kernels::reference
