#include "methods/hqq.h"

#include <algorithm>
#include <cmath>
#include <span>

namespace quantlens::methods {
namespace {

constexpr double kFirstBeta = 10, kBetaGrowth = 1.01;

/// w ~ (code - zero_point) * scale, with a zero point between two codes.
struct HqqGrid {
    double scale = 1, zero_point = 0;
    double top = 15;

    double code_of(double weight) const { return std::clamp(std::nearbyint(weight / scale + zero_point), 0.0, top); }
    double value_of(double code) const { return (code - zero_point) * scale; }
};

HqqGrid grid_of_range(std::span<const float> weights, int bits) {
    const auto [low, high] = std::ranges::minmax(weights);
    HqqGrid grid;
    grid.top = std::exp2(bits) - 1;
    if (high > low) grid.scale = (double(high) - double(low)) / grid.top;
    grid.zero_point = -double(low) / grid.scale;
    return grid;
}

/// The part of an error that is given up: small errors not at all.
double shrunk(double error, double beta, double norm) {
    const double magnitude = std::abs(error);
    if (magnitude == 0) return 0;
    return std::copysign(std::max(0.0, magnitude - std::pow(magnitude, norm - 1) / beta), error);
}

double mean_error(std::span<const float> weights, const HqqGrid& grid) {
    double sum = 0;
    for (const float w : weights) sum += std::abs(w - grid.value_of(grid.code_of(w)));
    return sum / double(weights.size());
}

/// The zero point for which the codes fit best to the weights without the errors that are given up.
double moved_zero_point(std::span<const float> weights, const HqqGrid& grid, double beta, double norm) {
    double sum = 0;
    for (const float w : weights) {
        const double code = grid.code_of(w);
        sum += code - (w - shrunk(w - grid.value_of(code), beta, norm)) / grid.scale;
    }
    return sum / double(weights.size());
}

HqqGrid fitted_grid(std::span<const float> weights, const HqqParameters& p) {
    HqqGrid best = grid_of_range(weights, p.bits), grid = best;
    double least = mean_error(weights, best), beta = kFirstBeta;
    for (int i = 0; i < p.iterations; ++i, beta *= kBetaGrowth) {
        grid.zero_point = moved_zero_point(weights, grid, beta, p.norm);
        const double error = mean_error(weights, grid);
        if (!(error < least)) break;
        least = error;
        best = grid;
    }
    return best;
}

}  // namespace

Result<QuantizedLayer> hqq(const LinearProblem& problem, const HqqParameters& parameters) {
    if (const auto status = check_ranges(parameters); !status) return std::unexpected(status.error());
    const auto weights = problem.weights;
    if (weights.empty()) return bad_shape("weights", "weights are empty, must have at least one value");
    const std::size_t rows = weights.rows(), columns = weights.columns();
    const auto size = std::min(std::size_t(parameters.group_size), columns);

    QuantizedLayer layer;
    layer.rows = rows;
    layer.columns = columns;
    layer.dequantized = Matrix(rows, columns);
    problem.run.pool.for_each(rows, [&](std::size_t r) {
        for (std::size_t begin = 0; begin < columns; begin += size) {
            const std::size_t count = std::min(size, columns - begin);
            const auto group = weights.row(r).subspan(begin, count);
            const auto out = layer.dequantized.row(r).subspan(begin, count);
            const HqqGrid grid = fitted_grid(group, parameters);
            std::ranges::transform(group, out.begin(), [&](float w) { return float(grid.value_of(grid.code_of(w))); });
        }
    });
    const std::size_t groups = rows * ((columns + size - 1) / size);
    layer.storage = {
        {"codes", rows * columns, double(parameters.bits)}, {"scales", groups, 16}, {"zero points", groups, 16}};
    return layer;
}

}  // namespace quantlens::methods
