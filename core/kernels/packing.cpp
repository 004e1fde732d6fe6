// Repacking of quantized weights into the layouts of packed_layout.h, and the checks of what is given.
#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <string>

#include "kernels/packed.h"
#include "kernels/table.h"

namespace quantlens::kernels {

namespace {

std::uint16_t load_half(const std::uint8_t* from) { return std::uint16_t(unsigned{from[0]} | unsigned{from[1]} << 8); }
void store_half(std::uint16_t half, std::uint8_t* to) {
    to[0] = std::uint8_t(half);
    to[1] = std::uint8_t(half >> 8);
}
bool half_is_finite(std::uint16_t half) { return (half & 0x7c00) != 0x7c00; }

/// Rounds to the nearest FP16, ties to even; above its range, infinity.
std::uint16_t to_half(float value) {
    const std::uint32_t bits = std::bit_cast<std::uint32_t>(value), sign = bits >> 16 & 0x8000;
    const float magnitude = std::abs(value);
    if (!(magnitude < 65520.0f)) return std::uint16_t(sign | 0x7c00);
    // Adding a power of two whose last place is FP16's last place there rounds as FP16 does.
    const int exponent = std::max(std::ilogb(std::max(magnitude, 0x1p-30f)), -14);
    const float step = std::ldexp(1.0f, exponent - 10), rounded = std::nearbyint(magnitude / step);
    return std::uint16_t(sign | std::uint32_t(int(rounded) + ((exponent + 14) << 10)));
}

/// Byte (step, row, input) of 16 rows side by side, four inputs a step.
std::uint8_t& lane(std::uint8_t* codes, std::size_t input, std::size_t row) {
    return codes[input / 4 * 64 + row * 4 + input % 4];
}

/// 32 four-bit codes of one row: inputs 0 .. 15 in the low halves, 16 .. 31 in the high ones.
void put_nibbles(const std::uint8_t (&codes)[32], std::size_t row, std::uint8_t* to) {
    for (std::size_t i = 0; i < 16; ++i) lane(to, i, row) = std::uint8_t(codes[i] | codes[i + 16] << 4);
}

// The blocks of GGUF: block layouts are ggml's, described in its ggml-common.h.

void put_q4_0(const std::uint8_t* block, std::size_t row, std::uint8_t* unit) {
    std::memcpy(unit + 2 * row, block, 2);
    std::uint8_t codes[32];
    for (std::size_t i = 0; i < 16; ++i) {
        codes[i] = block[2 + i] & 15;
        codes[i + 16] = block[2 + i] >> 4;
    }
    put_nibbles(codes, row, unit + 32);
}

void put_q8_0(const std::uint8_t* block, std::size_t row, std::uint8_t* unit) {
    std::memcpy(unit + 2 * row, block, 2);
    for (std::size_t i = 0; i < 32; ++i) lane(unit + 32, i, row) = block[2 + i];
}

void put_q4_k(const std::uint8_t* block, std::size_t row, std::uint8_t* unit) {
    std::memcpy(unit + 2 * row, block, 2);
    std::memcpy(unit + 32 + 2 * row, block + 2, 2);
    const std::uint8_t* packed = block + 4;  // eight scales and eight minimums of six bits
    for (std::size_t part = 0; part < 8; ++part) {
        std::uint8_t* at = unit + 64 + part * 288;
        if (part < 4) {
            at[row] = packed[part] & 63;
            at[16 + row] = packed[part + 4] & 63;
        } else {
            at[row] = std::uint8_t((packed[part + 4] & 15) | (packed[part - 4] >> 6) << 4);
            at[16 + row] = std::uint8_t(packed[part + 4] >> 4 | (packed[part] >> 6) << 4);
        }
        std::uint8_t codes[32];  // parts 2 i and 2 i + 1 share 32 bytes, low halves first
        for (std::size_t i = 0; i < 32; ++i) {
            const std::uint8_t both = block[16 + part / 2 * 32 + i];
            codes[i] = part % 2 == 0 ? both & 15 : both >> 4;
        }
        put_nibbles(codes, row, at + 32);
    }
}

void put_q6_k(const std::uint8_t* block, std::size_t row, std::uint8_t* unit) {
    std::memcpy(unit + 2 * row, block + 208, 2);
    for (std::size_t part = 0; part < 16; ++part) {
        std::uint8_t* at = unit + 32 + part * 208;
        at[row] = block[192 + part];
        for (std::size_t i = 0; i < 16; ++i) {
            // Input n of a half of 128: its low bits are in byte n % 64, high bits in byte n % 32.
            const std::size_t input = part * 16 + i, half = input / 128, n = input % 128;
            const std::uint8_t low = block[half * 64 + n % 64], high = block[128 + half * 32 + n % 32];
            const unsigned code = (n < 64 ? low & 15u : low >> 4u) | ((high >> (n / 32 * 2)) & 3u) << 4;
            const std::size_t step = i / 4;  // steps 0, 1 in low halves, 2, 3 in high ones
            std::uint8_t& both = lane(at + 16, i % 8, row);
            both = std::uint8_t(step < 2 ? code & 15 : both | (code & 15) << 4);
            std::uint8_t& bits = lane(at + 144, i % 4, row);
            bits = std::uint8_t((step == 0 ? 0u : bits) | (code >> 4) << (2 * step));
        }
    }
}

struct BlockFormat {
    PackedKind kind;
    std::string_view name;
    std::size_t columns, bytes;
    std::array<int, 2> halves;  // where its FP16 scales are; -1: none
    void (*put)(const std::uint8_t* block, std::size_t row, std::uint8_t* unit);
};
constexpr BlockFormat kBlockFormats[] = {
    {PackedKind::kQ4_0, "q4_0", 32, 18, {0, -1}, put_q4_0},
    {PackedKind::kQ8_0, "q8_0", 32, 34, {0, -1}, put_q8_0},
    {PackedKind::kQ4_K, "q4_K", 256, 144, {0, 2}, put_q4_k},
    {PackedKind::kQ6_K, "q6_K", 256, 210, {208, -1}, put_q6_k},
};

/// What the codes of GroupedCodes are stored as: unsigned nibbles (indices, for NF4), signed bytes.
struct CodeRange {
    int low, high, added;  // stored = code + added
};

Result<CodeRange> range_of(const GroupedCodes& grouped, int bits) {
    int low = 0, high = 0;
    for (std::size_t r = 0; r < grouped.codes.rows(); ++r)
        for (const std::int16_t code : grouped.codes.row(r)) {
            low = std::min(low, int{code});
            high = std::max(high, int{code});
        }
    for (const std::int32_t zero : grouped.zero_points) {
        low = std::min(low, int{zero});
        high = std::max(high, int{zero});
    }
    const int half = 1 << (bits - 1);
    const bool is_signed = low < 0;
    if (is_signed ? low < -half || high >= half : high >= 2 * half)
        return bad_parameter(
            "codes", to_text(low) + " .. " + to_text(high),
            "within " + to_text(-half) + " .. " + to_text(half - 1) + " or 0 .. " + to_text(2 * half - 1));
    const int added = bits == 4 ? (is_signed ? half : 0) : (is_signed ? 0 : -half);
    return CodeRange{low, high, added};
}

}  // namespace

Result<PackedMatrix> pack_blocks(PackedKind kind, std::span<const std::uint8_t> blocks, std::size_t rows,
                                 std::size_t columns, ThreadPool& pool) {
    const auto* const format = std::ranges::find(kBlockFormats, kind, &BlockFormat::kind);
    if (format == std::end(kBlockFormats)) return bad_parameter("kind", int(kind), "q4_0, q8_0, q4_K or q6_K");
    if (rows == 0 || columns == 0 || columns % format->columns != 0)
        return bad_shape("columns", to_text(rows) + " x " + to_text(columns) + " weights in " +
                                        std::string(format->name) + ": columns must be a multiple of " +
                                        to_text(format->columns));
    const std::size_t in_row = columns / format->columns;
    if (blocks.size() != rows * in_row * format->bytes)
        return bad_shape("blocks",
                         to_text(blocks.size()) + " bytes, must be " + to_text(rows * in_row * format->bytes));
    for (std::size_t at = 0; at < blocks.size(); at += format->bytes)
        for (const int half : format->halves)
            if (half >= 0 && !half_is_finite(load_half(&blocks[at + std::size_t(half)])))
                return fail(ErrorCode::kNotFinite, "blocks",
                            "block " + to_text(at / format->bytes) + " has a scale that is not finite");

    PackedMatrix packed(kind, rows, columns, format->columns);
    const std::size_t unit = active_table().packed[std::size_t(kind)].bytes(format->columns / 32);
    pool.for_each((rows + kPackedRows - 1) / kPackedRows, [&](std::size_t group) {
        std::uint8_t* const to = packed.data().data() + group * in_row * unit;
        const std::size_t first = group * kPackedRows, count = std::min(kPackedRows, rows - first);
        if (count < kPackedRows) std::memset(to, 0, in_row * unit);
        for (std::size_t r = 0; r < count; ++r)
            for (std::size_t b = 0; b < in_row; ++b)
                format->put(&blocks[((first + r) * in_row + b) * format->bytes], r, to + b * unit);
    });
    return packed;
}

Result<PackedMatrix> pack_groups(PackedKind kind, const GroupedCodes& grouped, ThreadPool& pool) {
    const bool levels = kind == PackedKind::kNf4, four_bits = levels || kind == PackedKind::kInt4;
    if (!four_bits && kind != PackedKind::kInt8) return bad_parameter("kind", int(kind), "int4, int8 or nf4");
    const std::size_t rows = grouped.codes.rows(), columns = grouped.codes.columns(), size = grouped.group_size;
    if (rows == 0 || columns == 0) return bad_shape("codes", "there are no codes to pack");
    if (size == 0 || size % 32 != 0) return bad_parameter("group_size", size, "a multiple of 32");
    const std::size_t groups = (columns + size - 1) / size;
    if (grouped.scales.rows() != rows || grouped.scales.columns() != groups ||
        (!grouped.zero_points.empty() && grouped.zero_points.size() != rows * groups))
        return bad_shape("scales", "scales and zero points must be " + to_text(rows) + " x " + to_text(groups));
    if (levels && !grouped.zero_points.empty()) return bad_parameter("zero_points", "some", "none: NF4 has its zero");
    // NF4's levels are integers, so what is stored is the scale of these.
    const float unit_scale = levels ? 1 / kNf4Unit : 1.0f;
    for (std::size_t r = 0; r < rows; ++r)
        for (std::size_t g = 0; g < groups; ++g)
            if (!half_is_finite(to_half(grouped.scales(r, g) * unit_scale)))
                return fail(ErrorCode::kNotFinite, "scales",
                            "the scale of row " + to_text(r) + ", group " + to_text(g) + " is beyond FP16");
    const auto range = range_of(grouped, four_bits ? 4 : 8);
    if (!range) return std::unexpected(range.error());
    if (levels && range->low < 0) return bad_parameter("codes", range->low, "within 0 .. 15 for NF4");

    PackedMatrix packed(kind, rows, columns, size);
    const auto bytes_of = active_table().packed[std::size_t(kind)].bytes;
    const std::size_t row_groups = (rows + kPackedRows - 1) / kPackedRows, group_bytes = packed.bytes() / row_groups;
    pool.for_each(row_groups, [&](std::size_t row_group) {
        std::uint8_t* unit = packed.data().data() + row_group * group_bytes;
        std::memset(unit, 0, group_bytes);
        const std::size_t first = row_group * kPackedRows, count = std::min(kPackedRows, rows - first);
        for (std::size_t g = 0; g < groups; ++g) {
            const std::size_t begin = g * size, here = std::min(size, columns - begin), blocks = (here + 31) / 32;
            for (std::size_t r = 0; r < count; ++r) {
                store_half(to_half(grouped.scales(first + r, g) * unit_scale), unit + 2 * r);
                const int zero = grouped.zero_points.empty() ? 0 : grouped.zero_points[(first + r) * groups + g];
                if (!levels) unit[32 + r] = std::uint8_t(zero + range->added);
                for (std::size_t i = 0; i < here; ++i) {
                    const auto code = std::uint8_t(grouped.codes(first + r, begin + i) + range->added);
                    if (four_bits)
                        lane(unit + (levels ? 32 : 48) + i / 32 * 256, i % 16, r) |=
                            std::uint8_t(i % 32 < 16 ? code : code << 4);
                    else
                        lane(unit + 48, i, r) = code;
                }
            }
            unit += bytes_of(blocks);
        }
    });
    return packed;
}

Result<PackedMatrix> pack_channels(MatrixView<const std::int8_t> codes, std::span<const float> scales,
                                   ThreadPool& pool) {
    const std::size_t rows = codes.rows(), columns = codes.columns();
    if (rows == 0 || columns == 0) return bad_shape("codes", "there are no codes to pack");
    // A sum of that many products of two codes fits 32 bits.
    constexpr std::size_t kMostColumns = 131071;
    if (columns > kMostColumns)
        return bad_shape("codes", to_text(columns) + " columns, must be at most " + to_text(kMostColumns));
    if (scales.size() != rows) return bad_shape("scales", to_text(scales.size()) + " scales, must be " + to_text(rows));
    for (std::size_t r = 0; r < rows; ++r)
        if (!std::isfinite(scales[r]))
            return fail(ErrorCode::kNotFinite, "scales", "the scale of row " + to_text(r) + " is not finite");
    const std::size_t blocks = (columns + 31) / 32;
    PackedMatrix packed(PackedKind::kInt8Channel, rows, columns, blocks * 32);
    const std::size_t row_groups = (rows + kPackedRows - 1) / kPackedRows, group_bytes = packed.bytes() / row_groups;
    pool.for_each(row_groups, [&](std::size_t group) {
        std::uint8_t* const to = packed.data().data() + group * group_bytes;
        std::memset(to, 0, group_bytes);
        const std::size_t first = group * kPackedRows, count = std::min(kPackedRows, rows - first);
        for (std::size_t r = 0; r < count; ++r) {
            for (std::size_t i = 0; i < columns; ++i) lane(to, i, r) = std::uint8_t(codes(first + r, i));
            std::memcpy(to + blocks * 512 + 4 * r, &scales[first + r], 4);
        }
    });
    return packed;
}

}  // namespace quantlens::kernels
