// GGUF formats with one scale a block: Q4_0 to Q8_0, Q1_0, Q2_0, TQ1_0, TQ2_0, MXFP4, NVFP4.
#include <algorithm>
#include <array>
#include <cmath>
#include <span>

#include "formats/gguf_blocks.h"
#include "formats/gguf_fit.h"

namespace quantlens::formats::gguf {

namespace {

float largest_magnitude(std::span<const float> values) {
    float magnitude = 0;
    for (const float v : values)
        if (magnitude < std::fabs(v)) magnitude = std::fabs(v);
    return magnitude;
}

/// The value of largest magnitude with its sign; the first of several.
float signed_extreme(std::span<const float> values) {
    float magnitude = 0, extreme = 0;
    for (const float v : values)
        if (magnitude < std::fabs(v)) {
            magnitude = std::fabs(v);
            extreme = v;
        }
    return extreme;
}

float inverse_or_zero(float scale) { return scale != 0 ? 1.0f / scale : 0.0f; }

/// Truncated value as a signed byte, then at most `largest`; the byte wraps before the comparison, as the reference.
std::uint8_t truncated_code(float value, int largest) {
    return std::uint8_t(std::min(largest, int(std::int8_t(truncated_int(value)))));
}

/// Scale and minimum of codes 0 .. levels.
struct Range {
    float scale, minimum;
};
Range range_of(std::span<const float> values, int levels) {
    float low = values[0], high = values[0];
    for (const float v : values) {
        if (v < low) low = v;
        if (v > high) high = v;
    }
    return {(high - low) / float(levels), low};
}

void store_nibbles(std::span<const std::uint8_t, 32> codes, std::uint8_t* at) {
    for (std::size_t j = 0; j < 16; ++j) at[j] = std::uint8_t((codes[j] & 15) | (codes[j + 16] & 15) << 4);
}
/// The fifth bits of 32 codes, bit j for code j.
std::uint32_t fifth_bits(std::span<const std::uint8_t, 32> codes) {
    std::uint32_t bits = 0;
    for (std::size_t j = 0; j < 32; ++j) bits |= std::uint32_t((codes[j] >> 4) & 1) << j;
    return bits;
}
int nibble(const std::uint8_t* at, std::size_t j) { return j < 16 ? at[j] & 15 : at[j - 16] >> 4; }
int five_bits(const std::uint8_t* nibbles, std::uint32_t fifth, std::size_t j) {
    return nibble(nibbles, j) | int((fifth >> j) & 1) << 4;
}

/// Twice the number of each E2M1 code; the scales that go with them are halved.
constexpr std::array<std::int8_t, 16> kDoubledE2M1 = {0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12};

/// The code nearest to value, ties to the lower code; so never the code of -0.
std::uint8_t nearest_e2m1(float value, float half_scale) {
    std::uint8_t best = 0;
    float best_error = std::fabs(float(kDoubledE2M1[0]) * half_scale - value);
    for (std::uint8_t code = 1; code < 16; ++code) {
        const float error = std::fabs(float(kDoubledE2M1[code]) * half_scale - value);
        if (error < best_error) {
            best = code;
            best_error = error;
        }
    }
    return best;
}

/// Half of 2^(code - 127). 255 is no NaN here.
float half_of_e8m0(std::uint8_t code) {
    return std::bit_cast<float>(code < 2 ? 0x00200000u << code : std::uint32_t(code - 1) << 23);
}

/// Unsigned E4M3 as ggml rounds it: half up on the fourth mantissa bit, everything from 256 on is 448.
std::uint8_t unsigned_e4m3_code(float value) {
    if (!(value > 0)) return 0;
    if (value >= 256.0f) return 0x7e;
    if (value < 0x1p-6f) return std::uint8_t(std::min(7, int(value * 512.0f + 0.5f)));
    const std::uint32_t rounded = (std::bit_cast<std::uint32_t>(value) + 0x80000u) >> 20;
    const std::uint32_t code = rounded - ((127u - 7u) << 3);
    return std::uint8_t(code >= 0x78u ? 0x7eu : code);
}

/// Half of the scale; the NaN code 0x7f is 0, and the sign bit is not looked at otherwise.
float half_of_unsigned_e4m3(std::uint8_t code) {
    if (code == 0x7f) return 0;
    const int exponent = (code >> 3) & 15, mantissa = code & 7;
    const float significand = float(exponent == 0 ? mantissa : mantissa + 8);
    return significand * std::bit_cast<float>(std::uint32_t(127 - 10 + std::max(exponent, 1) - 1) << 23);
}

}  // namespace

void Q4_0::encode(Values values, Bytes bytes) {
    const float scale = signed_extreme(values) / -8.0f;
    const float inverse = inverse_or_zero(scale);
    std::array<std::uint8_t, 32> codes;
    for (std::size_t j = 0; j < 32; ++j) codes[j] = truncated_code(values[j] * inverse + 8.5f, 15);
    store_half(&bytes[0], scale);
    store_nibbles(codes, &bytes[2]);
}
void Q4_0::decode(StoredBytes bytes, Restored values) {
    const float scale = load_half(&bytes[0]);
    for (std::size_t j = 0; j < 32; ++j) values[j] = float(nibble(&bytes[2], j) - 8) * scale;
}

void Q4_1::encode(Values values, Bytes bytes) {
    const auto [scale, minimum] = range_of(values, 15);
    const float inverse = inverse_or_zero(scale);
    std::array<std::uint8_t, 32> codes;
    for (std::size_t j = 0; j < 32; ++j) codes[j] = truncated_code((values[j] - minimum) * inverse + 0.5f, 15);
    store_half(&bytes[0], scale);
    store_half(&bytes[2], minimum);
    store_nibbles(codes, &bytes[4]);
}
void Q4_1::decode(StoredBytes bytes, Restored values) {
    const float scale = load_half(&bytes[0]), minimum = load_half(&bytes[2]);
    for (std::size_t j = 0; j < 32; ++j) values[j] = float(nibble(&bytes[4], j)) * scale + minimum;
}

void Q5_0::encode(Values values, Bytes bytes) {
    const float scale = signed_extreme(values) / -16.0f;
    const float inverse = inverse_or_zero(scale);
    std::array<std::uint8_t, 32> codes;
    for (std::size_t j = 0; j < 32; ++j) codes[j] = truncated_code(values[j] * inverse + 16.5f, 31);
    store_half(&bytes[0], scale);
    store_u32(&bytes[2], fifth_bits(codes));
    store_nibbles(codes, &bytes[6]);
}
void Q5_0::decode(StoredBytes bytes, Restored values) {
    const float scale = load_half(&bytes[0]);
    const std::uint32_t fifth = load_u32(&bytes[2]);
    for (std::size_t j = 0; j < 32; ++j) values[j] = float(five_bits(&bytes[6], fifth, j) - 16) * scale;
}

void Q5_1::encode(Values values, Bytes bytes) {
    const auto [scale, minimum] = range_of(values, 31);
    const float inverse = inverse_or_zero(scale);
    std::array<std::uint8_t, 32> codes;
    for (std::size_t j = 0; j < 32; ++j) codes[j] = std::uint8_t(truncated_int((values[j] - minimum) * inverse + 0.5f));
    store_half(&bytes[0], scale);
    store_half(&bytes[2], minimum);
    store_u32(&bytes[4], fifth_bits(codes));
    store_nibbles(codes, &bytes[8]);
}
void Q5_1::decode(StoredBytes bytes, Restored values) {
    const float scale = load_half(&bytes[0]), minimum = load_half(&bytes[2]);
    const std::uint32_t fifth = load_u32(&bytes[4]);
    for (std::size_t j = 0; j < 32; ++j) values[j] = float(five_bits(&bytes[8], fifth, j)) * scale + minimum;
}

void Q8_0::encode(Values values, Bytes bytes) {
    const float scale = largest_magnitude(values) / 127.0f;
    const float inverse = inverse_or_zero(scale);
    store_half(&bytes[0], scale);
    for (std::size_t j = 0; j < 32; ++j) bytes[2 + j] = std::uint8_t(rounded_int(values[j] * inverse));
}
void Q8_0::decode(StoredBytes bytes, Restored values) {
    const float scale = load_half(&bytes[0]);
    for (std::size_t j = 0; j < 32; ++j) values[j] = float(std::int8_t(bytes[2 + j])) * scale;
}

void Q1_0::encode(Values values, Bytes bytes) {
    float sum = 0;
    for (const float v : values) sum += std::fabs(v);
    store_half(&bytes[0], sum / 128.0f);
    std::ranges::fill(bytes.subspan<2>(), std::uint8_t{0});
    for (std::size_t j = 0; j < 128; ++j)
        if (values[j] >= 0) bytes[2 + j / 8] |= std::uint8_t(1 << (j % 8));
}
void Q1_0::decode(StoredBytes bytes, Restored values) {
    const float scale = load_half(&bytes[0]);
    for (std::size_t j = 0; j < 128; ++j) values[j] = ((bytes[2 + j / 8] >> (j % 8)) & 1) != 0 ? scale : -scale;
}

void Q2_0::encode(Values values, Bytes bytes) {
    const float scale = largest_magnitude(values);
    const float inverse = inverse_or_zero(scale);
    store_half(&bytes[0], scale);
    std::ranges::fill(bytes.subspan<2>(), std::uint8_t{0});
    for (std::size_t j = 0; j < 64; ++j) {
        const int code = std::clamp(rounded_int(values[j] * inverse), -1, 2) + 1;
        bytes[2 + j / 4] |= std::uint8_t(code << (2 * (j % 4)));
    }
}
void Q2_0::decode(StoredBytes bytes, Restored values) {
    const float scale = load_half(&bytes[0]);
    for (std::size_t j = 0; j < 64; ++j) values[j] = float(((bytes[2 + j / 4] >> (2 * (j % 4))) & 3) - 1) * scale;
}

namespace {

/// Runs of bytes that each hold `digits` ternary digits: digit n of byte m is value first + n * bytes + m.
struct TernaryRun {
    std::size_t first_byte, bytes, first_value, digits;
};
constexpr std::array<TernaryRun, 3> kTernaryRuns = {{{0, 32, 0, 5}, {32, 16, 160, 5}, {48, 4, 240, 4}}};

std::uint8_t ternary_digit(float value, float inverse) {
    return std::uint8_t(std::uint32_t(rounded_int(value * inverse)) + 1u);
}

}  // namespace

void TQ1_0::encode(Values values, Bytes bytes) {
    const float scale = largest_magnitude(values);
    const float inverse = inverse_or_zero(scale);
    for (const auto& run : kTernaryRuns)
        for (std::size_t m = 0; m < run.bytes; ++m) {
            std::uint8_t number = 0;
            for (std::size_t n = 0; n < 5; ++n) {  // a run of 4 digits leaves the last one 0
                const std::uint8_t digit =
                    n < run.digits ? ternary_digit(values[run.first_value + n * run.bytes + m], inverse) : 0;
                number = std::uint8_t(number * 3 + digit);
            }
            // As a fraction of 256, rounded up, so that decoding gets a digit by multiplying by 3 and taking the carry.
            bytes[run.first_byte + m] = std::uint8_t((number * 256 + 242) / 243);
        }
    store_half(&bytes[52], scale);
}
void TQ1_0::decode(StoredBytes bytes, Restored values) {
    constexpr std::array<int, 5> kPowers = {1, 3, 9, 27, 81};
    const float scale = load_half(&bytes[52]);
    for (const auto& run : kTernaryRuns)
        for (std::size_t n = 0; n < run.digits; ++n)
            for (std::size_t m = 0; m < run.bytes; ++m) {
                const std::uint8_t fraction = std::uint8_t(bytes[run.first_byte + m] * kPowers[n]);
                values[run.first_value + n * run.bytes + m] = float(((fraction * 3) >> 8) - 1) * scale;
            }
}

void TQ2_0::encode(Values values, Bytes bytes) {
    const float scale = largest_magnitude(values);
    const float inverse = inverse_or_zero(scale);
    for (std::size_t m = 0; m < 64; ++m) {
        std::uint8_t digits = 0;
        for (std::size_t n = 0; n < 4; ++n) {
            const std::size_t index = m / 32 * 128 + n * 32 + m % 32;
            digits = std::uint8_t(digits | (ternary_digit(values[index], inverse) & 3) << (2 * n));
        }
        bytes[m] = digits;
    }
    store_half(&bytes[64], scale);
}
void TQ2_0::decode(StoredBytes bytes, Restored values) {
    const float scale = load_half(&bytes[64]);
    for (std::size_t i = 0; i < 256; ++i) {
        const int digit = (bytes[i / 128 * 32 + i % 32] >> (2 * (i % 128 / 32))) & 3;
        values[i] = float(digit - 1) * scale;
    }
}

void MXFP4::encode(Values values, Bytes bytes) {
    const float magnitude = largest_magnitude(values);
    // Below 2^-125 the exponent wraps around in its byte, and all codes become 0.
    const int exponent = magnitude > 0 ? floor_log2(magnitude) - 2 + 127 : 0;
    bytes[0] = std::uint8_t(exponent);
    const float half_scale = half_of_e8m0(bytes[0]);
    for (std::size_t j = 0; j < 16; ++j)
        bytes[1 + j] =
            std::uint8_t(nearest_e2m1(values[j], half_scale) | nearest_e2m1(values[j + 16], half_scale) << 4);
}
void MXFP4::decode(StoredBytes bytes, Restored values) {
    const float half_scale = half_of_e8m0(bytes[0]);
    for (std::size_t j = 0; j < 32; ++j)
        values[j] = float(kDoubledE2M1[std::size_t(nibble(&bytes[1], j))]) * half_scale;
}

void NVFP4::encode(Values values, Bytes bytes) {
    for (std::size_t sub = 0; sub < 4; ++sub) {
        const auto x = values.subspan(16 * sub, 16);
        bytes[sub] = unsigned_e4m3_code(largest_magnitude(x) / 6.0f);
        const float half_scale = half_of_unsigned_e4m3(bytes[sub]);
        for (std::size_t j = 0; j < 8; ++j)
            bytes[4 + 8 * sub + j] =
                std::uint8_t(nearest_e2m1(x[j], half_scale) | nearest_e2m1(x[j + 8], half_scale) << 4);
    }
}
void NVFP4::decode(StoredBytes bytes, Restored values) {
    for (std::size_t sub = 0; sub < 4; ++sub) {
        const float half_scale = half_of_unsigned_e4m3(bytes[sub]);
        for (std::size_t j = 0; j < 8; ++j) {
            const std::uint8_t pair = bytes[4 + 8 * sub + j];
            values[16 * sub + j] = float(kDoubledE2M1[pair & 15]) * half_scale;
            values[16 * sub + j + 8] = float(kDoubledE2M1[pair >> 4]) * half_scale;
        }
    }
}

}  // namespace quantlens::formats::gguf
