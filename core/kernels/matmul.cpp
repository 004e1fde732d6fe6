#include "kernels/matmul.h"

#include <algorithm>

#include "kernels/scratch.h"
#include "kernels/table.h"

namespace quantlens::kernels {

namespace {

/// One operand of a product over steps k: element (line, step) is at data[line * stride + step] where the steps are
/// contiguous, else at data[step * stride + line].
struct Operand {
    const float* data;
    std::size_t stride;
    bool steps_contiguous;

    const float* at(std::size_t line, std::size_t step) const {
        return steps_contiguous ? data + line * stride + step : data + step * stride + line;
    }
};

// A piece of `out` is computed by one thread: it packs the right operand kSteps x kPieceColumns at a time (256 KB, in
// the second-level cache) and streams tiles of the left one past it.
constexpr std::size_t kSteps = 256;
constexpr std::size_t kPieceColumns = 256;
constexpr std::size_t kLeftRows = 96;
constexpr std::size_t kPieceRows = 768;

std::size_t round_up(std::size_t value, std::size_t multiple) { return (value + multiple - 1) / multiple * multiple; }

/// a times b into the rows and columns of `out` (both operands start at its corner).
void multiply_piece(const KernelTable& table, Operand a, Operand b, std::size_t steps, MatrixView<float> out,
                    bool accumulate) {
    thread_local Scratch left_scratch, right_scratch;
    const std::size_t rows = out.rows(), columns = out.columns();
    float* const left = left_scratch.floats(round_up(kLeftRows, table.tile_rows) * kSteps);
    float* const right = right_scratch.floats(round_up(columns, table.tile_columns) * kSteps);
    for (std::size_t step = 0; step < steps; step += kSteps) {
        const std::size_t depth = std::min(kSteps, steps - step);
        if (b.steps_contiguous)
            table.pack_transposed(b.at(0, step), b.stride, depth, columns, right);
        else
            table.pack_steps(b.at(0, step), b.stride, depth, columns, table.tile_columns, right);
        for (std::size_t i = 0; i < rows; i += kLeftRows) {
            const std::size_t count = std::min(kLeftRows, rows - i);
            if (a.steps_contiguous) {
                for (std::size_t r = 0; r < count; ++r) {
                    const float* from = a.at(i + r, step);
                    std::copy(from, from + depth, left + r * depth);
                }
            } else {
                table.pack_steps(a.at(i, step), a.stride, depth, count, table.tile_rows, left);
            }
            table.multiply_block(left, a.steps_contiguous, right, count, columns, depth, &out(i, 0), out.stride(),
                                 accumulate || step > 0);
        }
    }
}

void fill_zero(MatrixView<float> out) {
    for (std::size_t r = 0; r < out.rows(); ++r) std::fill_n(&out(r, 0), out.columns(), 0.0f);
}

/// out (+)= a times b over `steps`. With `upper_only`, pieces wholly below the diagonal are left out.
/// How out is cut changes no value: each is the same sum over the steps, kSteps at a time.
void multiply(Operand a, Operand b, std::size_t steps, MatrixView<float> out, bool accumulate, bool upper_only,
              ThreadPool& pool) {
    if (out.empty()) return;
    if (steps == 0) {
        if (!accumulate) fill_zero(out);
        return;
    }
    const KernelTable& table = active_table();
    // Some pieces a thread, so that none waits long at the end; whole tiles each.
    const std::size_t wanted = pool.threads() == 1 ? 1 : 4 * pool.threads();
    std::size_t height = std::min(kPieceRows, round_up(out.rows(), table.tile_rows));
    std::size_t width = std::min(kPieceColumns, round_up(out.columns(), table.tile_columns));
    const auto pieces_down = [&] { return (out.rows() + height - 1) / height; };
    const auto pieces_across = [&] { return (out.columns() + width - 1) / width; };
    while (pieces_down() * pieces_across() < wanted && width > 2 * table.tile_columns)
        width = round_up(width / 2, table.tile_columns);
    while (pieces_down() * pieces_across() < wanted && height > kLeftRows)
        height = round_up(height / 2, table.tile_rows);
    const std::size_t across = pieces_across();
    pool.for_each(pieces_down() * across, [&](std::size_t piece) {
        const std::size_t i = piece / across * height, j = piece % across * width;
        const std::size_t rows = std::min(height, out.rows() - i), columns = std::min(width, out.columns() - j);
        if (upper_only && j + columns <= i) return;
        multiply_piece(table, {a.at(i, 0), a.stride, a.steps_contiguous}, {b.at(j, 0), b.stride, b.steps_contiguous},
                       steps, out.block(i, j, rows, columns), accumulate);
    });
}

}  // namespace

float dot(std::span<const float> a, std::span<const float> b) { return active_table().dot(a.data(), b.data(), a.size()); }

void axpy(float alpha, std::span<const float> x, std::span<float> y) {
    active_table().axpy(alpha, x.data(), y.data(), x.size());
}

void matmul_nt(MatrixView<const float> a, MatrixView<const float> b, MatrixView<float> out, ThreadPool& pool) {
    multiply({a.data(), a.stride(), true}, {b.data(), b.stride(), true}, a.columns(), out, false, false, pool);
}

void matmul_nn(MatrixView<const float> a, MatrixView<const float> b, MatrixView<float> out, ThreadPool& pool) {
    multiply({a.data(), a.stride(), true}, {b.data(), b.stride(), false}, a.columns(), out, false, false, pool);
}

void matmul_tn(MatrixView<const float> a, MatrixView<const float> b, MatrixView<float> out, bool accumulate,
               ThreadPool& pool) {
    multiply({a.data(), a.stride(), false}, {b.data(), b.stride(), false}, a.rows(), out, accumulate, false, pool);
}

void gram(MatrixView<const float> x, MatrixView<float> out, ThreadPool& pool) {
    const Operand operand{x.data(), x.stride(), false};
    multiply(operand, operand, x.rows(), out, false, true, pool);
    constexpr std::size_t kTile = 32;  // mirrored tile by tile, so that both sides stay in the cache
    const std::size_t n = out.rows(), tiles = (n + kTile - 1) / kTile;
    pool.for_each(tiles, [&](std::size_t tile) {
        for (std::size_t i0 = 0; i0 <= tile * kTile; i0 += kTile)
            for (std::size_t j = tile * kTile; j < std::min(n, (tile + 1) * kTile); ++j)
                for (std::size_t i = i0; i < std::min(i0 + kTile, j); ++i) out(j, i) = out(i, j);
    });
}

}  // namespace quantlens::kernels
