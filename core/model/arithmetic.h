#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>

#include "tensor/thread_pool.h"

/// Small loops over rows that compilers turn into vector code, the same bits on every platform.
namespace quantlens::model {

inline constexpr std::size_t kLanes = 16;

/// value where `condition` is false, else `other`; by masks, because a branch would keep loops from being vectorized.
inline float select(bool condition, float other, float value) {
    const std::int32_t mask = -std::int32_t(condition);
    return std::bit_cast<float>((std::bit_cast<std::int32_t>(other) & mask) |
                                (std::bit_cast<std::int32_t>(value) & ~mask));
}

/// e^x, relative error below 3e-7; x is held within -87 .. 88, where float has a normal result.
/// Plain arithmetic, because a call of std::exp keeps a loop from being vectorized and differs between C libraries.
/// Method: Cody and Waite's reduction by ln 2 in two parts, then the Taylor polynomial of degree 6 on |r| <= ln(2) / 2.
inline float exponential(float x) {
    x = select(x < -87.0f, -87.0f, x);
    x = select(x > 88.0f, 88.0f, x);
    constexpr float kRound = 12582912.0f;  // 1.5 * 2^23: adding it leaves the nearest whole number in the low bits
    const float shifted = x * 1.44269504f + kRound;
    const float whole = shifted - kRound;
    const float r = (x - whole * 0.693359375f) - whole * -2.12194440e-4f;
    float p = 1.0f / 720.0f;
    p = p * r + 1.0f / 120.0f;
    p = p * r + 1.0f / 24.0f;
    p = p * r + 1.0f / 6.0f;
    p = p * r + 0.5f;
    p = p * r + 1.0f;
    p = p * r + 1.0f;
    const std::int32_t exponent = std::bit_cast<std::int32_t>(shifted) << 23;  // the low bits, times 2^23
    return p * std::bit_cast<float>(exponent + (127 << 23));
}

/// values[i] = e^(scale * values[i] - shift).
void exponentials(std::span<float> values, float scale, float shift);

/// out[i] = 1 / (1 + e^-in[i]); the same length.
void sigmoids(std::span<const float> in, std::span<float> out);

/// Adds kLanes partial results in a fixed order.
inline float add_lanes(float (&lanes)[kLanes]) {
    for (std::size_t width = kLanes / 2; width > 0; width /= 2)
        for (std::size_t i = 0; i < width; ++i) lanes[i] += lanes[i + width];
    return lanes[0];
}

/// Sum of term(i) for i in 0 .. count - 1, in kLanes interleaved chains.
template <class Term>
float sum_of(std::size_t count, const Term& term) {
    float lanes[kLanes] = {};
    std::size_t i = 0;
    for (; i + kLanes <= count; i += kLanes)
        for (std::size_t j = 0; j < kLanes; ++j) lanes[j] += term(i + j);
    for (std::size_t j = 0; i < count; ++i, ++j) lanes[j] += term(i);
    return add_lanes(lanes);
}

/// Largest value; values must not be empty.
inline float largest(std::span<const float> values) {
    float lanes[kLanes];
    std::fill(lanes, lanes + kLanes, values[0]);
    std::size_t i = 0;
    for (; i + kLanes <= values.size(); i += kLanes)
        for (std::size_t j = 0; j < kLanes; ++j) lanes[j] = lanes[j] < values[i + j] ? values[i + j] : lanes[j];
    for (; i < values.size(); ++i) lanes[0] = lanes[0] < values[i] ? values[i] : lanes[0];
    return *std::max_element(lanes, lanes + kLanes);
}

/// Rows of one piece of parallel work: fixed, so that sums over pieces have one order at any thread count.
inline constexpr std::size_t kRowsPerPiece = 64;

inline std::size_t piece_count(std::size_t rows, std::size_t per_piece = kRowsPerPiece) {
    return (rows + per_piece - 1) / per_piece;
}

/// Calls body(piece, first row, end row) for fixed runs of rows.
template <class Body>
void for_rows(std::size_t rows, ThreadPool& pool, const Body& body, std::size_t per_piece = kRowsPerPiece) {
    pool.for_each(piece_count(rows, per_piece), [&](std::size_t piece) {
        const std::size_t first = piece * per_piece;
        body(piece, first, std::min(rows, first + per_piece));
    });
}

}  // namespace quantlens::model
