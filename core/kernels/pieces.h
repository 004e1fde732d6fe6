#pragma once

#include <algorithm>
#include <cstddef>

#include "kernels/table.h"

namespace quantlens::kernels {

constexpr std::size_t ceil_div(std::size_t value, std::size_t divisor) { return (value + divisor - 1) / divisor; }
constexpr std::size_t round_up(std::size_t value, std::size_t multiple) { return ceil_div(value, multiple) * multiple; }

/// How a product's result is cut for the threads: rectangles of whole register tiles, some for each thread so that none
/// waits long at the end. A value of the result does not depend on the cut.
class Pieces {
public:
    struct Piece {
        std::size_t row, column, rows, columns;
    };

    Pieces(std::size_t rows, std::size_t columns, const KernelTable& table, std::size_t threads)
        : rows_(rows), columns_(columns) {
        const std::size_t wanted = threads == 1 ? 1 : 4 * threads;
        height_ = std::min(kMaxRows, round_up(rows, table.tile_rows));
        width_ = std::min(kMaxColumns, round_up(columns, table.tile_columns));
        while (count() < wanted) {
            const bool narrower = width_ > 2 * table.tile_columns, flatter = height_ > kMinRows;
            if (!narrower && !flatter) break;
            // Twice as many pieces across lay the rows out once more for each there were, twice as many down the
            // columns.
            if (narrower && (!flatter || across() * rows <= down() * columns))
                width_ = round_up(width_ / 2, table.tile_columns);
            else
                height_ = round_up(height_ / 2, table.tile_rows);
        }
        // As many for each thread, and alike: 11 pieces across for two threads left one of them waiting.
        const std::size_t alike = round_up(across(), down() % threads == 0 ? 1 : threads);
        width_ = round_up(ceil_div(columns, alike), table.tile_columns);
    }

    std::size_t count() const { return down() * across(); }

    Piece operator[](std::size_t piece) const {
        const std::size_t row = piece / across() * height_, column = piece % across() * width_;
        return {row, column, std::min(height_, rows_ - row), std::min(width_, columns_ - column)};
    }

private:
    // A block of 96 rows of the left operand stays in the second-level cache while the right one's panels, 384 steps x
    // kMaxColumns (1.5 MB), stream past it. With 256 columns the left operand was copied four times as often: 80
    // instead of 85 GFLOP/s of 104 (512 x 4096 by 4096 x 4096, Zen 3, one thread). With 256 steps the result, whose
    // rows are far apart in memory, was read and written half as often again: 384 are 1.09 to 1.16 times as fast.
    static constexpr std::size_t kMaxRows = 768, kMinRows = 96, kMaxColumns = 1024;

    std::size_t down() const { return ceil_div(rows_, height_); }
    std::size_t across() const { return ceil_div(columns_, width_); }

    std::size_t rows_, columns_, height_ = 0, width_ = 0;
};

}  // namespace quantlens::kernels
