#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstring>
#include <limits>

#include "files/cursor.h"
#include "files/directory.h"
#include "formats/format.h"

namespace quantlens::files {
namespace {

using Bytes = std::span<const std::uint8_t>;

template <class Number>
Number load(const std::uint8_t* from) {
    Number value;
    std::memcpy(&value, from, sizeof value);
    return value;
}

Status too_large(const TensorInfo& info, std::size_t index, double value) {
    return fail(ErrorCode::kUnsupported, info.name,
                "element " + to_text(index) + " is " + to_text(value) + ", beyond the range of float32 (3.4e38)");
}

template <class Number>
Status decode_plain(const TensorInfo& info, Bytes bytes, std::span<float> values) {
    for (std::size_t i = 0; i < values.size(); ++i) {
        const auto number = load<Number>(bytes.data() + i * sizeof(Number));
        values[i] = float(number);
        if constexpr (std::same_as<Number, double>)
            if (std::isfinite(number) && !std::isfinite(values[i])) return too_large(info, i, number);
    }
    return {};
}

struct PlainType {
    std::string_view id;
    Status (*decode)(const TensorInfo&, Bytes, std::span<float>);
};

/// Numbers that are no format of formats::all().
constexpr PlainType kPlain[] = {
    {"f32", decode_plain<float>},         {"f64", decode_plain<double>},        {"i8", decode_plain<std::int8_t>},
    {"u8", decode_plain<std::uint8_t>},   {"i16", decode_plain<std::int16_t>},  {"u16", decode_plain<std::uint16_t>},
    {"i32", decode_plain<std::int32_t>},  {"u32", decode_plain<std::uint32_t>}, {"i64", decode_plain<std::int64_t>},
    {"u64", decode_plain<std::uint64_t>}, {"bool", decode_plain<std::uint8_t>},
};

const PlainType* find_plain(std::string_view id) {
    for (const auto& plain : kPlain)
        if (plain.id == id) return &plain;
    return nullptr;
}

const formats::Format* find_format(std::string_view id) {
    for (const auto& format : formats::all())
        if (format.id == id) return &format;
    return nullptr;
}

std::vector<std::uint8_t> byte_swapped(Bytes bytes, std::size_t width) {
    std::vector<std::uint8_t> swapped(bytes.begin(), bytes.end());
    for (std::size_t i = 0; i + width <= swapped.size(); i += width)
        std::reverse(swapped.begin() + std::ptrdiff_t(i), swapped.begin() + std::ptrdiff_t(i + width));
    return swapped;
}

/// Values whose first axis runs fastest, put into row-major order.
std::vector<float> row_major(const std::vector<float>& values, const std::vector<std::uint64_t>& shape) {
    std::vector<float> ordered(values.size());
    std::vector<std::size_t> index(shape.size(), 0);
    for (auto& target : ordered) {
        std::size_t from = 0, stride = 1;
        for (std::size_t axis = 0; axis < shape.size(); ++axis) {
            from += index[axis] * stride;
            stride *= std::size_t(shape[axis]);
        }
        target = values[from];
        for (std::size_t axis = shape.size(); axis-- > 0;) {
            if (++index[axis] < shape[axis]) break;
            index[axis] = 0;
        }
    }
    return ordered;
}

}  // namespace

bool can_decode(const ElementType& type) { return find_plain(type.id) || find_format(type.id); }

Result<std::vector<float>> decode_tensor(const TensorInfo& info, Bytes bytes) {
    if (bytes.size() != info.bytes)
        return fail(ErrorCode::kBadFile, info.name,
                    "tensor '" + info.name + "' takes " + to_text(info.bytes) + " bytes, not " + to_text(bytes.size()));
    const auto elements = info.elements();
    if (elements > std::vector<float>{}.max_size() ||
        elements > std::numeric_limits<std::size_t>::max() / sizeof(float))
        return fail(ErrorCode::kTooLarge, info.name,
                    "tensor '" + info.name + "' has " + to_text(elements) + " values, more than memory can hold");
    std::vector<std::uint8_t> swapped;
    if (info.big_endian) {
        swapped = byte_swapped(bytes, info.type->block_bytes);
        bytes = swapped;
    }
    std::vector<float> values(std::size_t(elements), 0.0f);
    if (const auto* plain = find_plain(info.type->id)) {
        if (const auto status = plain->decode(info, bytes, values); !status) return std::unexpected(status.error());
    } else if (const auto* format = find_format(info.type->id)) {
        if (!values.empty()) format->decode(bytes, values);
    } else {
        return fail(
            ErrorCode::kUnsupported, info.name,
            "tensor '" + info.name + "' is of type " + std::string{info.type->id} + ", which cannot be decoded here");
    }
    if (info.fortran_order && info.shape.size() > 1) return row_major(values, info.shape);
    return values;
}

Result<Matrix> decode_matrix(const TensorInfo& info, Bytes bytes) {
    if (info.shape.size() > 2)
        return bad_shape(info.name, "tensor '" + info.name + "' has shape " + shape_text(info.shape) +
                                        ", must be a matrix (rows x columns) or one row");
    auto values = decode_tensor(info, bytes);
    if (!values) return std::unexpected(std::move(values.error()));
    const auto rows = info.shape.size() == 2 ? std::size_t(info.shape[0]) : 1;
    const auto columns = info.shape.empty() ? 1 : std::size_t(info.shape.back());
    return Matrix{rows, columns, std::move(*values)};
}

Result<TensorInfo> slice_rows(const TensorInfo& info, std::uint64_t first, std::uint64_t count) {
    if (info.shape.size() != 2 || info.fortran_order)
        return bad_shape(info.name, "rows of tensor '" + info.name + "' do not lie one after the other");
    const auto rows = info.shape[0];
    if (first > rows || count > rows - first)
        return bad_shape(info.name, "tensor '" + info.name + "' has " + to_text(rows) + " rows; " + to_text(count) +
                                        " from row " + to_text(first) + " are not all there");
    const std::uint64_t row_bytes = rows > 0 ? info.bytes / rows : 0;
    TensorInfo slice = info;
    slice.shape[0] = count;
    slice.offset += first * row_bytes;
    slice.bytes = count * row_bytes;
    return slice;
}

}  // namespace quantlens::files
