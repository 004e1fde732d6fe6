// GGUF's k-quants: super-blocks of 256 values in sub-blocks whose scales are quantized too.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <span>

#include "formats/gguf_blocks.h"
#include "formats/gguf_fit.h"

namespace quantlens::formats::gguf {

namespace {

constexpr std::size_t kSuper = 256;
using Codes = std::array<std::uint8_t, kSuper>;

/// Two-bit codes: 32 bytes hold 128 values, bits 2j and 2j + 1 of byte l are value 32 j + l.
void store_pairs(const Codes& codes, std::uint8_t* at) {
    for (std::size_t half = 0; half < 2; ++half)
        for (std::size_t l = 0; l < 32; ++l) {
            const std::uint8_t* c = &codes[128 * half + l];
            at[32 * half + l] = std::uint8_t((c[0] & 3) | (c[32] & 3) << 2 | (c[64] & 3) << 4 | (c[96] & 3) << 6);
        }
}
int pair_of(const std::uint8_t* at, std::size_t i) { return (at[i / 128 * 32 + i % 32] >> (2 * (i % 128 / 32))) & 3; }

/// Four-bit codes: 32 bytes hold 64 values, the low nibbles the first 32.
void store_nibbles(const Codes& codes, std::uint8_t* at) {
    for (std::size_t i = 0; i < kSuper; i += 64)
        for (std::size_t l = 0; l < 32; ++l)
            at[i / 2 + l] = std::uint8_t((codes[i + l] & 15) | (codes[i + l + 32] & 15) << 4);
}
int nibble_of(const std::uint8_t* at, std::size_t i) { return (at[i / 64 * 32 + i % 32] >> (4 * (i % 64 / 32))) & 15; }

/// Eight 6-bit scales and eight 6-bit minima in 12 bytes: bytes 0-3 and 4-7 hold the first four scales and minima and,
/// in their top 2 bits, the upper bits of the last four; bytes 8-11 hold the lower nibbles of these.
struct PackedScales {
    std::uint8_t* bytes;

    void store(std::size_t j, std::uint8_t scale, std::uint8_t minimum) const {
        if (j < 4) {
            bytes[j] = scale;
            bytes[j + 4] = minimum;
        } else {
            bytes[j + 4] = std::uint8_t((scale & 15) | (minimum & 15) << 4);
            bytes[j - 4] = std::uint8_t(bytes[j - 4] | (scale >> 4) << 6);
            bytes[j] = std::uint8_t(bytes[j] | (minimum >> 4) << 6);
        }
    }
};
int packed_scale(const std::uint8_t* bytes, std::size_t j) {
    return j < 4 ? bytes[j] & 63 : (bytes[j + 4] & 15) | (bytes[j - 4] >> 6) << 4;
}
int packed_minimum(const std::uint8_t* bytes, std::size_t j) {
    return j < 4 ? bytes[j + 4] & 63 : bytes[j + 4] >> 4 | (bytes[j] >> 6) << 4;
}

/// Rounds x to codes 0 .. levels of code * scale - minimum; leaves them as they are where the scale is 0.
void requantize(std::span<const float> x, float scale, float minimum, int levels, std::uint8_t* codes) {
    if (scale == 0) return;
    for (std::size_t i = 0; i < x.size(); ++i) {
        const int code = nearest_int((x[i] + minimum) / scale);
        codes[i] = std::uint8_t(std::max(0, std::min(levels, code)));
    }
}
/// The same for codes -levels .. levels - 1 of code * scale, stored plus levels.
void requantize_symmetric(std::span<const float> x, float scale, int levels, std::uint8_t* codes) {
    if (scale == 0) return;
    for (std::size_t i = 0; i < x.size(); ++i) {
        const int code = nearest_int(x[i] / scale);
        codes[i] = std::uint8_t(std::max(-levels, std::min(levels - 1, code)) + levels);
    }
}

/// Largest of the values and 0; NaN does not count.
float largest_of(std::span<const float> values) {
    float largest = 0;
    for (const float v : values)
        if (v > largest) largest = v;
    return largest;
}

/// What Q4_K and Q5_K share: sub-blocks of 32, scales and minima of 6 bits. `bytes` starts with d, dmin and the 12
/// bytes of packed scales.
Codes encode_32s(std::span<const float, kSuper> x, int levels, const ScaleSearch& search, std::uint8_t* bytes) {
    Codes codes;
    std::array<float, 8> scales, minima;
    for (std::size_t j = 0; j < 8; ++j) {
        const auto sub = x.subspan(32 * j, 32);
        float sum = 0;
        for (const float v : sub) sum += v * v;
        const float rms = std::sqrt(sum / 32.0f);
        std::array<float, 32> weights;
        for (std::size_t l = 0; l < 32; ++l) weights[l] = rms + std::fabs(sub[l]);
        const auto fit = fit_scale_and_minimum(sub, weights, levels, search, std::span{codes}.subspan(32 * j, 32));
        scales[j] = fit.scale;
        minima[j] = fit.minimum;
    }
    const float max_scale = largest_of(scales), max_minimum = largest_of(minima);
    const float inverse_scale = max_scale > 0 ? 63.0f / max_scale : 0.0f;
    const float inverse_minimum = max_minimum > 0 ? 63.0f / max_minimum : 0.0f;
    const auto six_bits = [](float value) { return std::min<std::uint8_t>(63, std::uint8_t(nearest_int(value))); };
    std::uint8_t* packed = bytes + 4;
    for (std::size_t j = 0; j < 8; ++j)
        PackedScales{packed}.store(j, six_bits(inverse_scale * scales[j]), six_bits(inverse_minimum * minima[j]));
    store_half(bytes, max_scale / 63.0f);
    store_half(bytes + 2, max_minimum / 63.0f);

    // The codes once more, for the scales as they are stored.
    const float d = load_half(bytes), dmin = load_half(bytes + 2);
    for (std::size_t j = 0; j < 8; ++j)
        requantize(x.subspan(32 * j, 32), d * float(packed_scale(packed, j)), dmin * float(packed_minimum(packed, j)),
                   levels, &codes[32 * j]);
    return codes;
}

}  // namespace

void Q2_K::encode(Values values, Bytes bytes) {
    std::uint8_t* const packed = &bytes[0];
    Codes codes;
    std::array<float, 16> scales, minima;
    for (std::size_t j = 0; j < 16; ++j) {
        const auto sub = values.subspan(16 * j, 16);
        std::array<float, 16> weights;
        for (std::size_t l = 0; l < 16; ++l) weights[l] = std::fabs(sub[l]);
        const auto fit =
            fit_scale_and_minimum(sub, weights, 3, {-0.5f, 0.1f, 15, true}, std::span{codes}.subspan(16 * j, 16));
        scales[j] = fit.scale;
        minima[j] = fit.minimum;
    }
    const float max_scale = largest_of(scales), max_minimum = largest_of(minima);
    for (std::size_t j = 0; j < 16; ++j) {
        const int scale = max_scale > 0 ? nearest_int(15.0f / max_scale * scales[j]) : 0;
        const int minimum = max_minimum > 0 ? nearest_int(15.0f / max_minimum * minima[j]) : 0;
        packed[j] = std::uint8_t(std::uint32_t(scale) | std::uint32_t(minimum) << 4);
    }
    store_half(&bytes[80], max_scale > 0 ? max_scale / 15.0f : 0.0f);
    store_half(&bytes[82], max_minimum > 0 ? max_minimum / 15.0f : 0.0f);

    const float d = load_half(&bytes[80]), dmin = load_half(&bytes[82]);
    for (std::size_t j = 0; j < 16; ++j)
        requantize(values.subspan(16 * j, 16), d * float(packed[j] & 15), dmin * float(packed[j] >> 4), 3,
                   &codes[16 * j]);
    store_pairs(codes, &bytes[16]);
}
void Q2_K::decode(StoredBytes bytes, Restored values) {
    const float d = load_half(&bytes[80]), dmin = load_half(&bytes[82]);
    for (std::size_t j = 0; j < 16; ++j) {
        const float scale = d * float(bytes[j] & 15), minimum = dmin * float(bytes[j] >> 4);
        for (std::size_t i = 16 * j; i < 16 * j + 16; ++i) values[i] = scale * float(pair_of(&bytes[16], i)) - minimum;
    }
}

namespace {

/// Sixteen 6-bit scales in 12 bytes: bytes 0-7 the low nibbles, first 8 scales low; bytes 8-11 the upper 2 bits.
void store_scale_16(std::uint8_t* bytes, std::size_t j, int scale) {
    bytes[j % 8] = std::uint8_t(bytes[j % 8] | (scale & 15) << (j < 8 ? 0 : 4));
    bytes[8 + j % 4] = std::uint8_t(bytes[8 + j % 4] | (scale >> 4) << (2 * (j / 4)));
}
int scale_16(const std::uint8_t* bytes, std::size_t j) {
    const int low = j < 8 ? bytes[j] & 15 : bytes[j - 8] >> 4;
    return (low | ((bytes[8 + j % 4] >> (2 * (j / 4))) & 3) << 4) - 32;
}

}  // namespace

void Q3_K::encode(Values values, Bytes bytes) {
    std::uint8_t *const third_bits = &bytes[0], *const packed = &bytes[96];
    Codes codes;
    std::array<float, 16> scales;
    float magnitude = 0, extreme_scale = 0;
    for (std::size_t j = 0; j < 16; ++j) {
        scales[j] = fit_symmetric_by_descent(values.subspan(16 * j, 16), 4, std::span{codes}.subspan(16 * j, 16));
        if (std::fabs(scales[j]) > magnitude) {
            magnitude = std::fabs(scales[j]);
            extreme_scale = scales[j];
        }
    }
    std::fill_n(packed, 12, std::uint8_t{0});
    store_half(&bytes[108], 0.0f);
    if (extreme_scale != 0) {
        const float inverse = -32.0f / extreme_scale;
        for (std::size_t j = 0; j < 16; ++j) {
            const int scale = std::int8_t(nearest_int(inverse * scales[j]));
            store_scale_16(packed, j, std::max(-32, std::min(31, scale)) + 32);
        }
        store_half(&bytes[108], 1 / inverse);
    }
    const float d = load_half(&bytes[108]);
    for (std::size_t j = 0; j < 16; ++j)
        requantize_symmetric(values.subspan(16 * j, 16), d * float(scale_16(packed, j)), 4, &codes[16 * j]);

    std::fill_n(third_bits, 32, std::uint8_t{0});
    for (std::size_t i = 0; i < kSuper; ++i)
        third_bits[i % 32] = std::uint8_t(third_bits[i % 32] | (codes[i] >> 2) << (i / 32));
    store_pairs(codes, &bytes[32]);
}
void Q3_K::decode(StoredBytes bytes, Restored values) {
    const float d = load_half(&bytes[108]);
    for (std::size_t j = 0; j < 16; ++j) {
        const float scale = d * float(scale_16(&bytes[96], j));
        for (std::size_t i = 16 * j; i < 16 * j + 16; ++i) {
            const int third = (bytes[i % 32] >> (i / 32)) & 1;
            values[i] = scale * float(pair_of(&bytes[32], i) + 4 * third - 4);
        }
    }
}

void Q4_K::encode(Values values, Bytes bytes) {
    const Codes codes = encode_32s(values, 15, {-1.0f, 0.1f, 20, false}, &bytes[0]);
    store_nibbles(codes, &bytes[16]);
}
void Q4_K::decode(StoredBytes bytes, Restored values) {
    const float d = load_half(&bytes[0]), dmin = load_half(&bytes[2]);
    for (std::size_t j = 0; j < 8; ++j) {
        const float scale = d * float(packed_scale(&bytes[4], j)), minimum = dmin * float(packed_minimum(&bytes[4], j));
        for (std::size_t i = 32 * j; i < 32 * j + 32; ++i)
            values[i] = scale * float(nibble_of(&bytes[16], i)) - minimum;
    }
}

void Q5_K::encode(Values values, Bytes bytes) {
    const Codes codes = encode_32s(values, 31, {-0.5f, 0.1f, 15, false}, &bytes[0]);
    std::uint8_t* const fifth_bits = &bytes[16];
    std::fill_n(fifth_bits, 32, std::uint8_t{0});
    for (std::size_t i = 0; i < kSuper; ++i)
        fifth_bits[i % 32] = std::uint8_t(fifth_bits[i % 32] | (codes[i] >> 4) << (i / 32));
    store_nibbles(codes, &bytes[48]);
}
void Q5_K::decode(StoredBytes bytes, Restored values) {
    const float d = load_half(&bytes[0]), dmin = load_half(&bytes[2]);
    for (std::size_t j = 0; j < 8; ++j) {
        const float scale = d * float(packed_scale(&bytes[4], j)), minimum = dmin * float(packed_minimum(&bytes[4], j));
        for (std::size_t i = 32 * j; i < 32 * j + 32; ++i) {
            const int fifth = (bytes[16 + i % 32] >> j) & 1;
            values[i] = scale * float(nibble_of(&bytes[48], i) + 16 * fifth) - minimum;
        }
    }
}

void Q6_K::encode(Values values, Bytes bytes) {
    std::uint8_t *const low = &bytes[0], *const high = &bytes[128], *const stored_scales = &bytes[192];
    Codes codes;
    std::array<float, 16> scales;
    float magnitude = 0, extreme_scale = 0;
    for (std::size_t j = 0; j < 16; ++j) {
        scales[j] = fit_symmetric(values.subspan(16 * j, 16), 32, std::span{codes}.subspan(16 * j, 16));
        if (std::fabs(scales[j]) > magnitude) {
            magnitude = std::fabs(scales[j]);
            extreme_scale = scales[j];
        }
    }
    if (magnitude < kZeroBlock) {
        std::ranges::fill(bytes, std::uint8_t{0});
        return;
    }
    const float inverse = -128.0f / extreme_scale;
    store_half(&bytes[208], 1 / inverse);
    const float d = load_half(&bytes[208]);
    for (std::size_t j = 0; j < 16; ++j) {
        stored_scales[j] = std::uint8_t(std::min(127, nearest_int(inverse * scales[j])));
        requantize_symmetric(values.subspan(16 * j, 16), d * float(std::int8_t(stored_scales[j])), 32, &codes[16 * j]);
    }
    for (std::size_t half = 0; half < 2; ++half)
        for (std::size_t l = 0; l < 32; ++l) {
            const std::uint8_t* c = &codes[128 * half + l];
            low[64 * half + l] = std::uint8_t((c[0] & 15) | (c[64] & 15) << 4);
            low[64 * half + l + 32] = std::uint8_t((c[32] & 15) | (c[96] & 15) << 4);
            high[32 * half + l] = std::uint8_t(c[0] >> 4 | (c[32] >> 4) << 2 | (c[64] >> 4) << 4 | (c[96] >> 4) << 6);
        }
}
void Q6_K::decode(StoredBytes bytes, Restored values) {
    const float d = load_half(&bytes[208]);
    for (std::size_t j = 0; j < 16; ++j) {
        const float scale = d * float(std::int8_t(bytes[192 + j]));
        for (std::size_t i = 16 * j; i < 16 * j + 16; ++i) {
            const std::size_t half = i / 128, quarter = i % 128 / 32, l = i % 32;
            const int low = (bytes[64 * half + 32 * (quarter % 2) + l] >> (4 * (quarter / 2))) & 15;
            const int high = (bytes[128 + 32 * half + l] >> (2 * quarter)) & 3;
            values[i] = scale * float((low | high << 4) - 32);
        }
    }
}

void Q8_K::encode(Values values, Bytes bytes) {
    float magnitude = 0, extreme = 0;
    for (const float v : values)
        if (std::fabs(v) > magnitude) {
            magnitude = std::fabs(v);
            extreme = v;
        }
    if (magnitude == 0) {
        std::ranges::fill(bytes, std::uint8_t{0});  // the reference leaves the sums of a zero block as they were
        return;
    }
    const float inverse = -127.0f / extreme;
    store_f32(&bytes[0], 1 / inverse);
    for (std::size_t j = 0; j < 16; ++j) {
        int sum = 0;
        for (std::size_t i = 16 * j; i < 16 * j + 16; ++i) {
            const std::int8_t code = std::int8_t(std::min(127, nearest_int(inverse * values[i])));
            bytes[4 + i] = std::uint8_t(code);
            sum += code;
        }
        store_u16(&bytes[260 + 2 * j], std::uint16_t(sum));
    }
}
void Q8_K::decode(StoredBytes bytes, Restored values) {
    const float d = load_f32(&bytes[0]);
    for (std::size_t i = 0; i < kSuper; ++i) values[i] = d * float(std::int8_t(bytes[4 + i]));
}

}  // namespace quantlens::formats::gguf
