#include "methods/uniform.h"

#include <cmath>
#include <limits>

#include "kernels/rows.h"

namespace quantlens::methods {
namespace {

constexpr std::size_t kRowsAPiece = 8;

float rounded(float value, Rounding rounding, Random& random) {
    switch (rounding) {
        case Rounding::kEven: return round_even(value);
        case Rounding::kAway: return std::round(value);
        case Rounding::kFloor: return std::floor(value);
        case Rounding::kStochastic: return std::floor(value + float(random.uniform()));
    }
    return value;
}

/// Groups of a row, or the single one of a tensor.
std::size_t groups_of(std::size_t columns, std::size_t group_size) { return (columns + group_size - 1) / group_size; }

bool is_unsigned(const UniformSettings& s) {
    return s.scheme == Scheme::kAsymmetric || s.convention == Convention::kGptq;
}

/// Bits of a stored zero point. A symmetric one is known from the bits alone; DeepSpeed's is a number of any size,
/// which its code keeps as a float.
double zero_point_bits(const UniformSettings& s) {
    if (s.scheme == Scheme::kSymmetric) return 0;
    return s.convention == Convention::kDeepspeed ? 16 : double(s.bits);
}

}  // namespace

Status check_uniform(const UniformSettings& settings) {
    if (settings.bits < 1 || settings.bits > 8) return bad_parameter("bits", settings.bits, "between 1 and 8");
    const bool divides_by_zero =
        settings.bits == 1 && settings.scheme == Scheme::kSymmetric &&
        (settings.convention == Convention::kAwq || settings.convention == Convention::kQuarot ||
         settings.convention == Convention::kBitsandbytes);
    if (divides_by_zero)
        return bad_parameter("bits", settings.bits,
                             "between 2 and 8: the symmetric scale of this convention is max / (2^(bits-1) - 1); "
                             "one symmetric bit is in the plain convention");
    if (settings.granularity == Granularity::kGroup && settings.group_size < 1)
        return bad_parameter("group_size", settings.group_size, "at least 1");
    if (!(settings.clip_ratio > 0 && settings.clip_ratio <= 1))
        return bad_parameter("clip_ratio", settings.clip_ratio, "above 0 and at most 1");
    return {};
}

void encode(std::span<const float> values, const Grid& grid, Rounding rounding, Random& random,
            std::span<std::int16_t> codes) {
    if (rounding == Rounding::kEven && grid.rule == Grid::Rule::kDivide) {
        kernels::quantize_row(values, grid.scale, grid.zero_point, grid.low, grid.high, codes);
        return;
    }
    if (rounding == Rounding::kEven || grid.rule == Grid::Rule::kSign) {
        for (std::size_t i = 0; i < values.size(); ++i) codes[i] = code_of(values[i], grid);
        return;
    }
    const bool offset = grid.rule == Grid::Rule::kOffset;
    for (std::size_t i = 0; i < values.size(); ++i) {
        const float steps = offset                              ? (values[i] - grid.offset) / grid.scale
                            : grid.rule == Grid::Rule::kInverse ? values[i] * grid.inverse
                                                                : values[i] / grid.scale;
        const float code = rounded(steps, rounding, random) + (offset ? 0.0f : float(grid.zero_point));
        codes[i] = std::int16_t(std::clamp(code, float(grid.low), float(grid.high)));
    }
}

void decode(std::span<const std::int16_t> codes, const Grid& grid, std::span<float> values) {
    kernels::dequantize_row(codes, grid.scale, grid.zero_point, values);
    // Half a step beyond the largest float would be infinity.
    if (grid.scale > std::numeric_limits<float>::max() / 1024.0f)
        for (float& v : values)
            v = std::clamp(v, std::numeric_limits<float>::lowest(), std::numeric_limits<float>::max());
}

Codes make_codes(std::size_t rows, std::size_t columns, const UniformSettings& settings) {
    Codes codes;
    codes.bits = settings.bits;
    codes.is_signed = !is_unsigned(settings);
    codes.rows = rows;
    codes.columns = columns;
    codes.group_size = columns;
    if (settings.granularity == Granularity::kGroup)
        codes.group_size = std::min(columns, std::size_t(settings.group_size));
    codes.codes.resize(rows * columns);
    codes.scales = settings.granularity == Granularity::kTensor ? Matrix(1, 1)
                                                                : Matrix(rows, groups_of(columns, codes.group_size));
    if (is_unsigned(settings)) codes.zero_points.resize(codes.scales.size());
    codes.zero_point_bits = zero_point_bits(settings);
    return codes;
}

void store_grid(const Grid& grid, std::size_t index, Codes& codes) {
    codes.scales.values()[index] = grid.scale;
    if (!codes.zero_points.empty()) codes.zero_points[index] = grid.zero_point;
}

Result<Codes> quantize_uniform(MatrixView<const float> weights, const UniformSettings& settings, const Run& run) {
    if (const auto status = check_uniform(settings); !status) return std::unexpected(status.error());
    if (weights.empty()) return bad_shape("weights", "weights are empty, must have at least one value");
    const std::size_t rows = weights.rows(), columns = weights.columns();
    Codes codes = make_codes(rows, columns, settings);

    const bool one_grid = settings.granularity == Granularity::kTensor;
    Grid tensor_grid;
    if (one_grid) {
        const Matrix packed = weights.contiguous() ? Matrix() : Matrix(weights);
        tensor_grid = fit_grid(weights.contiguous() ? weights.values() : packed.values(), settings);
        store_grid(tensor_grid, 0, codes);
    }
    const Random seeded(run.seed);
    const std::size_t pieces = (rows + kRowsAPiece - 1) / kRowsAPiece;
    run.pool.for_each(pieces, [&](std::size_t piece) {
        for (std::size_t r = piece * kRowsAPiece; r < std::min(rows, (piece + 1) * kRowsAPiece); ++r) {
            Random random = seeded.split(r);
            for (std::size_t begin = 0; begin < columns; begin += codes.group_size) {
                const std::size_t count = std::min(codes.group_size, columns - begin);
                const auto values = weights.row(r).subspan(begin, count);
                const Grid grid = one_grid ? tensor_grid : fit_grid(values, settings);
                if (!one_grid) store_grid(grid, codes.scale_index(r, begin), codes);
                encode(values, grid, settings.rounding, random,
                       std::span(codes.codes).subspan(r * columns + begin, count));
            }
        }
    });
    return codes;
}

Matrix dequantize(const Codes& codes, ThreadPool& pool) {
    Matrix values(codes.rows, codes.columns);
    const auto grid_at = [&](std::size_t index) {
        Grid grid;
        grid.scale = codes.scales.values()[index];
        if (!codes.zero_points.empty()) grid.zero_point = codes.zero_points[index];
        return grid;
    };
    const std::size_t pieces = (codes.rows + kRowsAPiece - 1) / kRowsAPiece;
    pool.for_each(pieces, [&](std::size_t piece) {
        for (std::size_t r = piece * kRowsAPiece; r < std::min(codes.rows, (piece + 1) * kRowsAPiece); ++r) {
            const auto row_codes = std::span(codes.codes).subspan(r * codes.columns, codes.columns);
            // A run of columns of one group at a time; with activation order the runs may be single columns.
            for (std::size_t begin = 0, end = 0; begin < codes.columns; begin = end) {
                const std::size_t group = codes.group_of(begin);
                for (end = begin + 1; end < codes.columns && codes.group_of(end) == group;) ++end;
                decode(row_codes.subspan(begin, end - begin), grid_at(codes.scale_index(r, begin)),
                       values.row(r).subspan(begin, end - begin));
            }
        }
    });
    return values;
}

std::vector<StoredPart> stored_parts(const Codes& codes) {
    std::vector<StoredPart> parts{{"codes", codes.codes.size(), double(codes.bits)},
                                  {"scales", codes.scales.size(), 16}};
    if (codes.zero_point_bits > 0) parts.push_back({"zero points", codes.zero_points.size(), codes.zero_point_bits});
    if (codes.stores_column_groups) parts.push_back({"column groups", codes.columns, 32});
    return parts;
}

}  // namespace quantlens::methods
