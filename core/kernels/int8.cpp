#include "kernels/int8.h"

#include <algorithm>

#include "kernels/pieces.h"
#include "kernels/scratch.h"
#include "kernels/table.h"

namespace quantlens::kernels {

namespace {

// Blocked as in matmul.cpp, over words of codes.
constexpr std::size_t kWords = kMostCodeWords;
constexpr std::size_t kLeftRows = 96;

void multiply_piece(const KernelTable& table, MatrixView<const std::int8_t> a, MatrixView<const std::int8_t> b,
                    MatrixView<std::int32_t> out) {
    thread_local Scratch left_scratch, right_scratch, sums_scratch;
    auto* const left = left_scratch.values<std::int32_t>(kLeftRows * kWords);
    const std::size_t panels = (out.columns() + table.tile_columns - 1) / table.tile_columns;
    auto* const right =
        right_scratch.values<std::int32_t>(panels * (table.tile_columns * kWords + table.panel_start_words));
    const std::size_t codes = kWords * table.codes_in_word, padded = panels * table.tile_columns;
    auto* const sums = sums_scratch.values<std::int32_t>(out.rows() * padded);
    for (std::size_t k = 0; k < a.columns(); k += codes) {
        const std::size_t depth = std::min(codes, a.columns() - k);
        const std::size_t words = (depth + table.codes_in_word - 1) / table.codes_in_word;
        table.pack_right_codes(&b(0, k), b.stride(), depth, b.rows(), right);
        for (std::size_t i = 0; i < out.rows(); i += kLeftRows) {
            const std::size_t rows = std::min(kLeftRows, out.rows() - i);
            table.pack_left_codes(&a(i, k), a.stride(), depth, rows, left);
            table.multiply_codes(left, right, rows, out.columns(), words,
                                 {.kept = sums + i * padded,
                                  .first = k == 0,
                                  .last = k + depth == a.columns(),
                                  .out = &out(i, 0),
                                  .stride = out.stride(),
                                  .into = Into::kSet});
        }
    }
}

}  // namespace

void matmul_int8_nt(MatrixView<const std::int8_t> a, MatrixView<const std::int8_t> b, MatrixView<std::int32_t> out,
                    ThreadPool& pool) {
    if (out.empty()) return;
    if (a.columns() == 0) {
        for (std::size_t r = 0; r < out.rows(); ++r) std::fill_n(&out(r, 0), out.columns(), 0);
        return;
    }
    const KernelTable& table = active_table();
    const Pieces pieces(out.rows(), out.columns(), table, pool.threads());
    pool.for_each(pieces.count(), [&](std::size_t piece) {
        const auto [i, j, rows, columns] = pieces[piece];
        multiply_piece(table, a.block(i, 0, rows, a.columns()), b.block(j, 0, columns, b.columns()),
                       out.block(i, j, rows, columns));
    });
}

}  // namespace quantlens::kernels
