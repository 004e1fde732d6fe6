#include "formats/int_groups.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "formats/block_codec.h"

namespace quantlens::formats {

namespace {

constexpr float kLargestHalf = 65504.0f;
constexpr std::size_t kHeader = 4;  // scale and minimum

/// The FP16 number nearest to value, clipped to the finite ones.
std::uint16_t finite_half(float value) { return float_to_half(std::clamp(value, -kLargestHalf, kLargestHalf)); }

/// Largest FP16 number <= value, smallest FP16 number >= value; clipped to the finite ones.
std::uint16_t half_below(float value) {
    const std::uint16_t nearest = finite_half(value);
    if (half_to_float(nearest) <= value || nearest == 0xfbffu) return nearest;
    if ((nearest & 0x7fffu) == 0) return 0x8001u;
    return std::uint16_t((nearest & 0x8000u) != 0 ? nearest + 1 : nearest - 1);
}
std::uint16_t half_above(float value) { return half_below(-value) ^ 0x8000u; }

}  // namespace

IntGroupScale int_group_scale(std::span<const float> values, int bits) {
    float low = values[0], high = values[0];
    for (const float v : values) {
        low = std::min(low, v);
        high = std::max(high, v);
    }
    const float levels = float((1 << bits) - 1);
    // In double, for the range of huge values overflows float32.
    const double step = (double(high) - double(low)) / double(levels);
    IntGroupScale result{finite_half(float(step)), finite_half(low)};
    const float scale = half_to_float(result.scale), minimum = half_to_float(result.minimum);
    const double slack = double(scale) / 2;
    const double top = double(minimum) + double(scale) * double(levels);
    if (double(minimum) - double(low) > slack || double(high) - top > slack) {
        result.minimum = half_below(low);
        const double range = double(high) - double(half_to_float(result.minimum));
        result.scale = half_above(float(range / double(levels)));
    }
    return result;
}

void int_group_codes(std::span<const float> values, int bits, IntGroupScale scale, std::span<std::uint8_t> codes) {
    const float step = half_to_float(scale.scale), minimum = half_to_float(scale.minimum);
    const float largest = float((1 << bits) - 1);
    for (std::size_t i = 0; i < values.size(); ++i) {
        // Adding 1.5 * 2^23 rounds half to even, after the clamp has brought the number into range.
        const float code = step == 0 ? 0.0f : std::clamp((values[i] - minimum) / step, 0.0f, largest);
        codes[i] = std::uint8_t(std::bit_cast<std::uint32_t>(code + 12582912.0f) & 0xffu);
    }
}

void int_group_values(std::span<const std::uint8_t> codes, IntGroupScale scale, std::span<float> values) {
    const float step = half_to_float(scale.scale), minimum = half_to_float(scale.minimum);
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = minimum + float(codes[i]) * step;
}

std::size_t int_groups_bytes(std::size_t count, int bits, std::size_t group_size) {
    const auto group_bytes = [&](std::size_t n) { return kHeader + (n * std::size_t(bits) + 7) / 8; };
    const std::size_t rest = count % group_size;
    return count / group_size * group_bytes(group_size) + (rest == 0 ? 0 : group_bytes(rest));
}

void int_groups_encode(std::span<const float> values, int bits, std::size_t group_size, std::span<std::uint8_t> bytes) {
    std::vector<std::uint8_t> codes(std::min(group_size, values.size()));
    while (!values.empty()) {
        const auto group = values.first(std::min(group_size, values.size()));
        const auto group_codes = std::span{codes}.first(group.size());
        const std::size_t size = int_groups_bytes(group.size(), bits, group_size);
        const IntGroupScale scale = int_group_scale(group, bits);
        int_group_codes(group, bits, scale, group_codes);
        store_u16(&bytes[0], scale.scale);
        store_u16(&bytes[2], scale.minimum);
        pack_codes(group_codes, bits, bytes.subspan(kHeader, size - kHeader));
        values = values.subspan(group.size());
        bytes = bytes.subspan(size);
    }
}

void int_groups_decode(std::span<const std::uint8_t> bytes, int bits, std::size_t group_size, std::span<float> values) {
    std::vector<std::uint8_t> codes(std::min(group_size, values.size()));
    while (!values.empty()) {
        const auto group = values.first(std::min(group_size, values.size()));
        const auto group_codes = std::span{codes}.first(group.size());
        const std::size_t size = int_groups_bytes(group.size(), bits, group_size);
        unpack_codes(bytes.subspan(kHeader, size - kHeader), bits, group_codes);
        int_group_values(group_codes, {load_u16(&bytes[0]), load_u16(&bytes[2])}, group);
        values = values.subspan(group.size());
        bytes = bytes.subspan(size);
    }
}

void pack_codes(std::span<const std::uint8_t> codes, int bits, std::span<std::uint8_t> bytes) {
    std::uint32_t waiting = 0;
    int count = 0;
    std::size_t at = 0;
    for (const std::uint8_t code : codes) {
        waiting |= std::uint32_t(code & ((1 << bits) - 1)) << count;
        for (count += bits; count >= 8; count -= 8) {
            bytes[at++] = std::uint8_t(waiting);
            waiting >>= 8;
        }
    }
    if (count > 0) bytes[at] = std::uint8_t(waiting);
}

void unpack_codes(std::span<const std::uint8_t> bytes, int bits, std::span<std::uint8_t> codes) {
    std::uint32_t waiting = 0;
    int count = 0;
    std::size_t at = 0;
    for (std::uint8_t& code : codes) {
        if (count < bits) {
            waiting |= std::uint32_t(bytes[at++]) << count;
            count += 8;
        }
        code = std::uint8_t(waiting & ((1u << bits) - 1));
        waiting >>= bits;
        count -= bits;
    }
}

}  // namespace quantlens::formats
