// GGUF's IQ4_NL and IQ4_XS: four-bit codes into a table that is denser near zero.
#include <algorithm>
#include <array>
#include <cmath>
#include <span>

#include "formats/gguf_blocks.h"
#include "formats/gguf_fit.h"

namespace quantlens::formats::gguf {

namespace {

/// Twice the midpoints between neighbours of the table.
constexpr auto kDoubledMidpoints = [] {
    std::array<float, 15> midpoints{};
    for (std::size_t i = 0; i < 15; ++i) midpoints[i] = float(kIq4Values[i] + kIq4Values[i + 1]);
    return midpoints;
}();

/// Index of the entry nearest to value; a midpoint goes to the upper entry, and so does NaN.
std::uint8_t nearest_code(float value) {
    const float doubled = value + value;
    std::size_t index = 0;
    for (std::size_t step = 8; step > 0; step /= 2) index += doubled < kDoubledMidpoints[index + step - 1] ? 0 : step;
    return std::uint8_t(index);
}

/// Least-squares scale, weights x^2, for the codes that rounding x * inverse_scale gives: scale xq / qq.
struct Sums {
    float xq = 0, qq = 0;
};
Sums weighted_sums(std::span<const float> x, float inverse_scale) {
    Sums sums;
    for (const float v : x) {
        const float number = float(kIq4Values[nearest_code(inverse_scale * v)]);
        const float weight = v * v;
        sums.xq += weight * number * v;
        sums.qq += weight * number * number;
    }
    return sums;
}

float signed_extreme(std::span<const float> x) {
    float magnitude = 0, extreme = 0;
    for (const float v : x)
        if (std::fabs(v) > magnitude) {
            magnitude = std::fabs(v);
            extreme = v;
        }
    return magnitude < kZeroBlock ? 0.0f : extreme;
}

void store_codes(std::span<const std::uint8_t> codes, std::uint8_t* at) {
    for (std::size_t j = 0; j < 16; ++j) at[j] = std::uint8_t(codes[j] | codes[j + 16] << 4);
}

}  // namespace

void IQ4_NL::encode(Values values, Bytes bytes) {
    // No search here: the codes are those of the first scale, and the scale is then fitted to them.
    std::array<std::uint8_t, 32> codes{};
    float scale = 0;
    if (const float extreme = signed_extreme(values); extreme != 0) {
        const float inverse = 1 / (extreme / float(kIq4Values[0]));
        for (std::size_t j = 0; j < 32; ++j) codes[j] = nearest_code(inverse * values[j]);
        const Sums sums = weighted_sums(values, inverse);
        scale = sums.qq > 0 ? sums.xq / sums.qq : 0.0f;
    }
    store_half(&bytes[0], scale);
    store_codes(codes, &bytes[2]);
}
void IQ4_NL::decode(StoredBytes bytes, Restored values) {
    const float scale = load_half(&bytes[0]);
    for (std::size_t j = 0; j < 16; ++j) {
        values[j] = scale * float(kIq4Values[bytes[2 + j] & 15]);
        values[j + 16] = scale * float(kIq4Values[bytes[2 + j] >> 4]);
    }
}

void IQ4_XS::encode(Values values, Bytes bytes) {
    constexpr int kTries = 7;
    std::array<float, 8> scales;
    float magnitude = 0, extreme_scale = 0;
    for (std::size_t j = 0; j < 8; ++j) {
        const auto x = values.subspan(32 * j, 32);
        const float extreme = signed_extreme(x);
        scales[j] = 0;
        if (extreme == 0) continue;
        Sums sums = weighted_sums(x, 1 / (-extreme / float(kIq4Values[0])));
        float scale = sums.qq > 0 ? sums.xq / sums.qq : 0.0f;
        float best = scale * sums.xq;
        for (int i = -kTries; i <= kTries; ++i) {
            sums = weighted_sums(x, float(i + kIq4Values[0]) / extreme);
            if (sums.qq > 0 && sums.xq * sums.xq > best * sums.qq) {
                scale = sums.xq / sums.qq;
                best = scale * sums.xq;
            }
        }
        scales[j] = scale;
        if (std::fabs(scale) > magnitude) {
            magnitude = std::fabs(scale);
            extreme_scale = scale;
        }
    }

    const float d = -extreme_scale / 32.0f;
    const float inverse = d != 0 ? 1 / d : 0.0f;
    store_half(&bytes[0], d);
    std::uint16_t upper_bits = 0;
    std::fill_n(&bytes[4], 4, std::uint8_t{0});
    for (std::size_t j = 0; j < 8; ++j) {
        const int scale = std::max(-32, std::min(31, nearest_int(inverse * scales[j])));
        const float sub_scale = d * float(scale);  // with d as it was before rounding to FP16
        const float sub_inverse = sub_scale != 0 ? 1 / sub_scale : 0.0f;
        std::array<std::uint8_t, 32> codes;
        for (std::size_t l = 0; l < 32; ++l) codes[l] = nearest_code(sub_inverse * values[32 * j + l]);
        store_codes(codes, &bytes[8 + 16 * j]);
        const int stored = scale + 32;
        bytes[4 + j / 2] = std::uint8_t(bytes[4 + j / 2] | (stored & 15) << (4 * (j % 2)));
        upper_bits = std::uint16_t(upper_bits | (stored >> 4) << (2 * j));
    }
    store_u16(&bytes[2], upper_bits);
}
void IQ4_XS::decode(StoredBytes bytes, Restored values) {
    const float d = load_half(&bytes[0]);
    const int upper_bits = load_u16(&bytes[2]);
    for (std::size_t j = 0; j < 8; ++j) {
        const int stored = ((bytes[4 + j / 2] >> (4 * (j % 2))) & 15) | ((upper_bits >> (2 * j)) & 3) << 4;
        const float scale = d * float(stored - 32);
        for (std::size_t l = 0; l < 16; ++l) {
            const std::uint8_t pair = bytes[8 + 16 * j + l];
            values[32 * j + l] = scale * float(kIq4Values[pair & 15]);
            values[32 * j + l + 16] = scale * float(kIq4Values[pair >> 4]);
        }
    }
}

}  // namespace quantlens::formats::gguf
