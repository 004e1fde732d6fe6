#pragma once

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>

/// Small binary floating-point numbers: FP16, BF16, the FP8 kinds, and the elements and scales of the MX and NVFP4
/// formats. All conversions round to nearest, ties to even; no function here depends on the rounding mode.
namespace quantlens::formats {

/// What the largest codes of a small float mean.
enum class Specials : std::uint8_t {
    kNone,      // every code is a number (FP4, FP6)
    kNan,       // only exponent and mantissa of all ones is NaN; there is no infinity (E4M3)
    kInfinity,  // as IEEE 754: the largest exponent is infinity and NaN (E5M2)
};

/// A float of one sign bit, `exponent_bits` (2 to 5) and `mantissa_bits`, 8 bits in all at most, bias 2^(e-1) - 1.
/// Source: OCP 8-bit floating point specification 1.0, table 1; OCP MX 1.0, section 5.3.
struct MiniFloat {
    int exponent_bits;
    int mantissa_bits;
    Specials specials;

    constexpr int bits() const { return 1 + exponent_bits + mantissa_bits; }
    constexpr int bias() const { return (1 << (exponent_bits - 1)) - 1; }
    /// Exponent of the largest number: 2 for E2M1, 8 for E4M3, 15 for E5M2.
    constexpr int maximum_exponent() const {
        return (1 << exponent_bits) - 1 - bias() - (specials == Specials::kInfinity ? 1 : 0);
    }
    /// The code of the largest number, without sign.
    constexpr std::uint8_t maximum_code() const {
        const int all_ones = (1 << (bits() - 1)) - 1;
        if (specials == Specials::kInfinity) return std::uint8_t(all_ones - (1 << mantissa_bits));
        return std::uint8_t(specials == Specials::kNan ? all_ones - 1 : all_ones);
    }
};

inline constexpr MiniFloat kE4M3{4, 3, Specials::kNan};
inline constexpr MiniFloat kE5M2{5, 2, Specials::kInfinity};
inline constexpr MiniFloat kE2M1{2, 1, Specials::kNone};
inline constexpr MiniFloat kE2M3{2, 3, Specials::kNone};
inline constexpr MiniFloat kE3M2{3, 2, Specials::kNone};

/// The number a code stands for; bits above kind.bits() are ignored. NaN and infinity codes give NaN and infinity.
constexpr float mini_float_value(MiniFloat kind, std::uint8_t code) {
    const int sign = (code >> (kind.bits() - 1)) & 1;
    const int exponent = (code >> kind.mantissa_bits) & ((1 << kind.exponent_bits) - 1);
    const int mantissa = code & ((1 << kind.mantissa_bits) - 1);
    const int largest = (1 << kind.exponent_bits) - 1;
    float magnitude = 0;
    if (kind.specials == Specials::kInfinity && exponent == largest) {
        magnitude = mantissa == 0 ? std::numeric_limits<float>::infinity() : std::numeric_limits<float>::quiet_NaN();
    } else if (kind.specials == Specials::kNan && exponent == largest && mantissa == (1 << kind.mantissa_bits) - 1) {
        magnitude = std::numeric_limits<float>::quiet_NaN();
    } else {
        const int significand = exponent == 0 ? mantissa : mantissa + (1 << kind.mantissa_bits);
        const int power = (exponent == 0 ? 1 : exponent) - kind.bias() - kind.mantissa_bits;
        magnitude = float(significand) * std::bit_cast<float>(std::uint32_t(power + 127) << 23);
    }
    return sign == 1 ? -magnitude : magnitude;
}

/// The code nearest to `value`, ties to even. Numbers beyond the largest become the largest (saturation), infinity too
/// but for E5M2, which has a code for it. NaN becomes NaN, or the largest number where there is none. The sign of zero
/// is kept, also where a negative number rounds to zero.
constexpr std::uint8_t mini_float_code(MiniFloat kind, float value) {
    const std::uint32_t bits = std::bit_cast<std::uint32_t>(value);
    const std::uint32_t magnitude = bits & 0x7fffffffu;
    const std::uint8_t sign = std::uint8_t((bits >> 31) << (kind.bits() - 1));
    const std::uint8_t largest = kind.maximum_code();
    if (magnitude >= 0x7f800000u) {
        if (kind.specials == Specials::kNone) return sign | largest;
        const bool is_nan = magnitude > 0x7f800000u;
        if (kind.specials == Specials::kNan) return std::uint8_t(sign | (is_nan ? largest + 1 : largest));
        return std::uint8_t(sign | (is_nan ? (1 << (kind.bits() - 1)) - 1 : largest + 1));
    }
    // The number as significand times 2^(exponent - 23), with the implicit bit; float32 denormals all round to zero.
    const int exponent = int(magnitude >> 23) - 127;
    const std::uint32_t significand = (magnitude & 0x7fffffu) | (magnitude >= 0x800000u ? 0x800000u : 0u);
    const int lowest = 1 - kind.bias();
    // Below the lowest exponent the spacing of codes stays that of the lowest.
    const int drop = 23 - kind.mantissa_bits + (exponent < lowest ? lowest - exponent : 0);
    if (drop > 25) return sign;
    const std::uint32_t kept = significand >> drop;
    const std::uint32_t rest = significand & ((1u << drop) - 1);
    const std::uint32_t half = 1u << (drop - 1);
    const std::uint32_t rounded = kept + (rest > half || (rest == half && (kept & 1) == 1) ? 1u : 0u);
    // A carry out of the mantissa moves on into the exponent by itself.
    const std::uint32_t code =
        exponent < lowest ? rounded : (std::uint32_t(exponent - lowest) << kind.mantissa_bits) + rounded;
    return std::uint8_t(sign | (code > largest ? largest : code));
}

constexpr float e4m3_to_float(std::uint8_t code) { return mini_float_value(kE4M3, code); }
constexpr float e5m2_to_float(std::uint8_t code) { return mini_float_value(kE5M2, code); }
constexpr float e2m1_to_float(std::uint8_t code) { return mini_float_value(kE2M1, code); }
constexpr std::uint8_t float_to_e4m3(float value) { return mini_float_code(kE4M3, value); }
constexpr std::uint8_t float_to_e5m2(float value) { return mini_float_code(kE5M2, value); }
constexpr std::uint8_t float_to_e2m1(float value) { return mini_float_code(kE2M1, value); }

/// 2^(code - 127); 255 is NaN. There is no zero and no sign.
constexpr float e8m0_to_float(std::uint8_t code) {
    if (code == 255) return std::numeric_limits<float>::quiet_NaN();
    return std::bit_cast<float>(code == 0 ? 0x00400000u : std::uint32_t(code) << 23);
}

/// floor(log2(value)) of a finite value > 0, the logarithm rounded to float32 first: a number just below 2^k, as close
/// as float32 logarithms cannot tell, counts as 2^k. Both microxcaling and ggml choose shared exponents so.
inline int floor_log2(float value) { return int(std::floor(float(std::log2(double(value))))); }

/// FP16 (IEEE binary16). Numbers of 65520 and more become infinity; NaN stays NaN (quiet).
constexpr std::uint16_t float_to_half(float value) {
    const std::uint32_t bits = std::bit_cast<std::uint32_t>(value);
    const std::uint32_t sign = (bits >> 16) & 0x8000u;
    const std::uint32_t magnitude = bits & 0x7fffffffu;
    if (magnitude > 0x7f800000u) return std::uint16_t(sign | 0x7e00u);
    if (magnitude >= 0x477ff000u) return std::uint16_t(sign | 0x7c00u);
    if (magnitude < 0x38800000u) {
        // Below 2^-14 codes are spaced 2^-24, as are floats from 0.5 to 1: adding 0.5 rounds.
        const float shifted = std::bit_cast<float>(magnitude) + 0.5f;
        return std::uint16_t(sign | (std::bit_cast<std::uint32_t>(shifted) - 0x3f000000u));
    }
    // The exponent's bias is 112 less; a carry out of the mantissa moves on into the exponent by itself.
    const std::uint32_t rounding = 0xfffu + ((magnitude >> 13) & 1u);
    return std::uint16_t(sign | ((magnitude - (112u << 23) + rounding) >> 13));
}

/// Exact. Infinity and NaN codes give infinity and NaN.
constexpr float half_to_float(std::uint16_t half) {
    const std::uint32_t sign = std::uint32_t(half & 0x8000u) << 16;
    const std::uint32_t magnitude = half & 0x7fffu;
    // As a float with the same exponent field the number is 2^112 too small; multiplying mends denormals as well.
    const float scaled = std::bit_cast<float>(magnitude << 13) * 0x1p+112f;
    const std::uint32_t bits =
        magnitude >= 0x7c00u ? 0x7f800000u | (magnitude & 0x03ffu) << 13 : std::bit_cast<std::uint32_t>(scaled);
    return std::bit_cast<float>(sign | bits);
}

/// `value` as FP16 holds it.
constexpr float round_to_half(float value) { return half_to_float(float_to_half(value)); }

/// BF16: the upper half of a float32. Numbers that round beyond the largest become infinity; NaN stays NaN (quiet).
constexpr std::uint16_t float_to_bfloat16(float value) {
    const std::uint32_t bits = std::bit_cast<std::uint32_t>(value);
    if ((bits & 0x7fffffffu) > 0x7f800000u) return std::uint16_t((bits >> 16) | 0x40u);
    return std::uint16_t((bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16);
}
constexpr float bfloat16_to_float(std::uint16_t code) { return std::bit_cast<float>(std::uint32_t(code) << 16); }

/// Index of the entry of `ascending` nearest to `value`; a tie goes to the lower entry. The table must not be empty.
inline std::size_t nearest_index(std::span<const float> ascending, float value) {
    std::size_t index = 0;
    for (std::size_t i = 0; i + 1 < ascending.size(); ++i)
        index += value > (ascending[i] + ascending[i + 1]) / 2 ? 1 : 0;
    return index;
}

}  // namespace quantlens::formats
