#include "kernels/rows.h"

#include <cmath>

#include "kernels/hadamard_tables.h"
#include "kernels/scratch.h"
#include "kernels/table.h"

namespace quantlens::kernels {

MinMax min_max(std::span<const float> values) {
    MinMax result{};
    active_table().min_max(values.data(), values.size(), &result.minimum, &result.maximum);
    return result;
}

void quantize_row(std::span<const float> values, float scale, int zero_point, int low, int high,
                  std::span<std::int16_t> codes) {
    active_table().quantize_row(values.data(), values.size(), scale, zero_point, low, high, codes.data());
}

void dequantize_row(std::span<const std::int16_t> codes, float scale, int zero_point, std::span<float> values) {
    active_table().dequantize_row(codes.data(), codes.size(), scale, zero_point, values.data());
}

bool hadamard_size_is_known(std::size_t size) { return size != 0 && hadamard_table_for(size) != nullptr; }

Status hadamard(MatrixView<float> rows, bool transposed, ThreadPool& pool) {
    if (rows.empty()) return bad_shape("rows", "a Hadamard rotation needs at least one value");
    const HadamardTable* known = hadamard_table_for(rows.columns());
    if (known == nullptr)
        return bad_shape("columns",
                         to_text(rows.columns()) +
                             " columns have no known Hadamard matrix; sizes that work are 2^k, and 12, 20, 28, 36, "
                             "40 times 2^k");
    const KernelTable& table = active_table();
    const std::size_t n = rows.columns(), parts = known->order;
    const std::span<const std::uint64_t> signs = transposed ? known->columns() : known->rows();
    const float scale = 1.0f / std::sqrt(float(n));
    const std::size_t rows_a_piece = std::max<std::size_t>(1, 16384 / n);
    const std::size_t pieces = (rows.rows() + rows_a_piece - 1) / rows_a_piece;
    pool.for_each(pieces, [&](std::size_t piece) {
        thread_local Scratch scratch;
        for (std::size_t r = piece * rows_a_piece; r < std::min(rows.rows(), (piece + 1) * rows_a_piece); ++r) {
            float* row = rows.row(r).data();
            if (parts == 1) {
                table.walsh(row, 1, n, scale);
            } else {
                float* copy = scratch.floats(n);
                std::copy(row, row + n, copy);
                table.walsh(copy, parts, n / parts, 1.0f);
                table.mix_parts(copy, parts, n / parts, signs.data(), scale, row);
            }
        }
    });
    return {};
}

}  // namespace quantlens::kernels
