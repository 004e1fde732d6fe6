#include "kernels/matmul.h"

#include <algorithm>

#include "kernels/pieces.h"
#include "kernels/product.h"
#include "kernels/scratch.h"
#include "kernels/table.h"

namespace quantlens::kernels {

namespace {

// A piece of `out` is computed by one thread: it packs the right operand some steps at a time and streams blocks of
// kLeftRows rows of the left one past it.
constexpr std::size_t kLeftRows = 96;

/// `rows` lines of the left operand, `depth` steps from `step` on, as multiply_block reads them.
void pack_left(const KernelTable& table, Operand a, std::size_t first, std::size_t rows, std::size_t step,
               std::size_t depth, float* to) {
    if (!a.steps_contiguous) return table.pack_steps(a.at(first, step), a.stride, depth, rows, table.tile_rows, to);
    for (std::size_t r = 0; r < rows; ++r) {
        const float* from = a.at(first + r, step);
        std::copy(from, from + depth, to + r * kMostSteps);
    }
}

void pack_right(const KernelTable& table, Operand b, std::size_t first, std::size_t columns, std::size_t step,
                std::size_t depth, float* to) {
    if (b.steps_contiguous)
        table.pack_transposed(b.at(first, step), b.stride, depth, columns, to);
    else
        table.pack_steps(b.at(first, step), b.stride, depth, columns, table.tile_columns, to);
}

/// a times b into the rows and columns of `out` (both operands start at its corner).
void multiply_piece(const KernelTable& table, Operand a, Operand b, std::size_t steps, MatrixView<float> out,
                    Into into) {
    thread_local Scratch left_scratch, right_scratch, sums_scratch;
    const std::size_t rows = out.rows(), columns = out.columns(), padded = round_up(columns, table.tile_columns);
    // Rows that stay in the second cache meet each panel as soon as it is packed, and ask for the next one's source
    // meanwhile. Only where a panel's steps are contiguous; else all panels read the same pages.
    const bool held = b.steps_contiguous && rows <= table.held_rows;
    const std::size_t height = held ? rows : kLeftRows, width = held ? table.tile_columns : columns;
    float* const left = left_scratch.floats(round_up(height, table.tile_rows) * kMostSteps);
    float* const right = right_scratch.floats(round_up(width, table.tile_columns) * kMostSteps);
    float* const sums = sums_scratch.floats(rows * padded);
    for (std::size_t step = 0; step < steps; step += table.steps) {
        const std::size_t depth = std::min(table.steps, steps - step);
        for (std::size_t j = 0; j < columns; j += width) {
            const std::size_t across = std::min(width, columns - j);
            pack_right(table, b, j, across, step, depth, right);
            Ahead<float> ahead;
            if (j + width < columns) ahead = {b.at(j + width, step), b.stride, std::min(width, columns - j - width)};
            for (std::size_t i = 0; i < rows; i += height) {
                const std::size_t count = std::min(height, rows - i);
                if (j == 0) pack_left(table, a, i, count, step, depth, left);
                table.multiply_block(left, a.steps_contiguous, right, count, across, depth,
                                     {.kept = sums + i * padded + j * count,
                                      .first = step == 0,
                                      .last = step + depth == steps,
                                      .out = &out(i, j),
                                      .stride = out.stride(),
                                      .into = into},
                                     ahead);
            }
        }
    }
}

void fill_zero(MatrixView<float> out) {
    for (std::size_t r = 0; r < out.rows(); ++r) std::fill_n(&out(r, 0), out.columns(), 0.0f);
}

}  // namespace

void multiply(Operand a, Operand b, std::size_t steps, MatrixView<float> out, Into into, bool upper_only,
              ThreadPool& pool, Kernels kernels) {
    if (out.empty()) return;
    if (steps == 0) {
        if (into == Into::kSet) fill_zero(out);
        return;
    }
    const KernelTable& table = kernels == Kernels::kPlain ? *available_tables().front() : active_table();
    const Pieces pieces(out.rows(), out.columns(), table, pool.threads());
    pool.for_each(pieces.count(), [&](std::size_t piece) {
        const auto [i, j, rows, columns] = pieces[piece];
        if (upper_only && j + columns <= i) return;
        multiply_piece(table, {a.at(i, 0), a.stride, a.steps_contiguous}, {b.at(j, 0), b.stride, b.steps_contiguous},
                       steps, out.block(i, j, rows, columns), into);
    });
}

float dot(std::span<const float> a, std::span<const float> b) {
    return active_table().dot(a.data(), b.data(), a.size());
}

void axpy(float alpha, std::span<const float> x, std::span<float> y) {
    active_table().axpy(alpha, x.data(), y.data(), x.size());
}

namespace {

/// Few tokens: what takes the time is to read b, so b is not packed but read once, where it is, for all of them.
void multiply_few(const KernelTable& table, MatrixView<const float> a, MatrixView<const float> b, MatrixView<float> out,
                  ThreadPool& pool) {
    constexpr std::size_t kRows = 96;
    // Of several tokens, a's rows of a chunk stay in the second cache. For one, b is best read in runs as long as there
    // are.
    const std::size_t chunk = a.rows() == 1 ? a.columns() : table.few_steps;
    pool.for_each((b.rows() + kRows - 1) / kRows, [&](std::size_t piece) {
        const std::size_t row = piece * kRows, rows = std::min(kRows, b.rows() - row);
        for (std::size_t k = 0; k < a.columns(); k += chunk)
            table.multiply_few(a.data() + k, a.stride(), a.rows(), &b(row, k), b.stride(), rows,
                               std::min(chunk, a.columns() - k), out.data() + row, out.stride(), k > 0);
    });
}

// From memory, the weights of so many tokens are read where they are, while what is asked for of the next rows arrives.
// 4096 x 4096, two threads, in milliseconds, so and otherwise: with AVX-512 3.8 and 4.2 (32 tokens; 11008 x 4096 10.3
// and 13), 7.0 and 8.1 (64), with AVX2 2.8 and 3.5 (16), 5.5 and 6.3 (32), 10.9 and 11.3 (64); 128 alike, 12 slower.
constexpr std::size_t kInPlaceFrom = 13, kInPlaceMost = 64;
/// Weights that leave the second cache.
constexpr std::size_t kLargeWeights = std::size_t{1} << 20;

/// The tokens are laid out, b is read where it is.
void multiply_in_place(const KernelTable& table, MatrixView<const float> a, MatrixView<const float> b,
                       MatrixView<float> out, ThreadPool& pool) {
    constexpr std::size_t kMostRows = 96, kRows = 12, kSteps = 512;  // whole tiles of rows
    const std::size_t tokens = a.rows(), k = a.columns(), width = table.tile_columns, padded = round_up(tokens, width);
    thread_local Scratch panel_scratch;
    float* const panels = panel_scratch.floats(padded * k);
    const std::size_t parts = (k + kSteps - 1) / kSteps;
    pool.for_each(padded / width * parts, [&](std::size_t part) {
        const std::size_t t = part / parts * width, step = part % parts * kSteps;
        table.pack_transposed(&a(t, step), a.stride(), std::min(kSteps, k - step), std::min(width, tokens - t),
                              panels + t * k + step * width);
    });
    // The tokens' part of so many steps stays in the second cache.
    const std::size_t chunk = (std::size_t{1} << 16) / padded / kSteps * kSteps;
    const std::size_t height = std::min(kMostRows, round_up((b.rows() - 1) / (4 * pool.threads()) + 1, kRows));
    pool.for_each((b.rows() + height - 1) / height, [&](std::size_t piece) {
        thread_local Scratch kept;
        const std::size_t row = piece * height, rows = std::min(height, b.rows() - row);
        for (std::size_t step = 0; step < k; step += chunk)
            table.multiply_in_place({.weights = &b(row, step),
                                     .stride = b.stride(),
                                     .rows = rows,
                                     .panels = panels + step * width,
                                     .panel_stride = k * width,
                                     .tokens = tokens,
                                     .steps = std::min(chunk, k - step),
                                     .kept = kept.floats(rows * padded),
                                     .first = step == 0,
                                     .last = k - step <= chunk,
                                     .out = out.data() + row,
                                     .out_stride = out.stride()});
    });
}

}  // namespace

void matmul_nt(MatrixView<const float> a, MatrixView<const float> b, MatrixView<float> out, ThreadPool& pool) {
    const KernelTable& table = active_table();
    const std::size_t tokens = a.rows();
    const bool large = b.rows() * b.columns() >= kLargeWeights;
    if (tokens == 0 || b.empty()) return multiply(rows_of(a), rows_of(b), a.columns(), out, Into::kSet, false, pool);
    if (tokens <= table.few_tokens && !(large && tokens >= kInPlaceFrom)) return multiply_few(table, a, b, out, pool);
    if (tokens <= kInPlaceMost) return multiply_in_place(table, a, b, out, pool);
    multiply(rows_of(a), rows_of(b), a.columns(), out, Into::kSet, false, pool);
}

void matmul_nn(MatrixView<const float> a, MatrixView<const float> b, MatrixView<float> out, ThreadPool& pool) {
    multiply(rows_of(a), columns_of(b), a.columns(), out, Into::kSet, false, pool);
}

void matmul_tn(MatrixView<const float> a, MatrixView<const float> b, MatrixView<float> out, bool accumulate,
               ThreadPool& pool, Kernels kernels) {
    multiply(columns_of(a), columns_of(b), a.rows(), out, accumulate ? Into::kAdd : Into::kSet, false, pool, kernels);
}

void gram(MatrixView<const float> x, MatrixView<float> out, ThreadPool& pool, Kernels kernels) {
    multiply(columns_of(x), columns_of(x), x.rows(), out, Into::kSet, true, pool, kernels);
    constexpr std::size_t kTile = 32;  // mirrored tile by tile, so that both sides stay in the cache
    const std::size_t n = out.rows(), tiles = (n + kTile - 1) / kTile;
    pool.for_each(tiles, [&](std::size_t tile) {
        for (std::size_t i0 = 0; i0 <= tile * kTile; i0 += kTile)
            for (std::size_t j = tile * kTile; j < std::min(n, (tile + 1) * kTile); ++j)
                for (std::size_t i = i0; i < std::min(i0 + kTile, j); ++i) out(j, i) = out(i, j);
    });
}

}  // namespace quantlens::kernels
