#include "methods/format_method.h"

#include <algorithm>
#include <cmath>
#include <string>

namespace quantlens::methods {
namespace {

/// Whether the stored bytes of a whole matrix are those of its rows one after the other: no header in front of them.
bool rows_stand_alone(const formats::Format& format, std::size_t rows, std::size_t columns) {
    return format.stored_bytes(rows * columns) == rows * format.stored_bytes(columns) &&
           format.stored_bytes(columns) == columns / format.block_size * format.block_bytes;
}

}  // namespace

Result<QuantizedLayer> store_in_format(const LinearProblem& problem, const formats::Format& format) {
    const std::size_t rows = problem.weights.rows(), columns = problem.weights.columns();
    if (const auto status = check_finite(problem.weights, "weights"); !status) return std::unexpected(status.error());
    if (columns % format.block_size != 0)
        return bad_shape("weights", "weights have " + to_text(columns) + " columns, " + std::string{format.id} +
                                        " stores blocks of " + to_text(format.block_size) +
                                        ", so that their number must be a multiple of it");
    QuantizedLayer layer;
    layer.rows = rows;
    layer.columns = columns;
    const Matrix weights(problem.weights);
    layer.dequantized = Matrix(rows, columns);
    const auto store = [&](std::span<const float> values, std::span<float> restored) {
        std::vector<std::uint8_t> bytes(format.stored_bytes(values.size()));
        format.encode(values, bytes);
        format.decode(bytes, restored);
    };
    if (rows_stand_alone(format, rows, columns))
        problem.run.pool.for_each(rows, [&](std::size_t r) { store(weights.row(r), layer.dequantized.row(r)); });
    else
        store(weights.values(), layer.dequantized.values());

    for (std::size_t r = 0; r < rows; ++r)
        for (std::size_t c = 0; c < columns; ++c)
            if (!std::isfinite(layer.dequantized(r, c)))
                return fail(ErrorCode::kUnsupported, "weights",
                            "weights have " + to_text(weights(r, c)) + " at row " + to_text(r) + ", column " +
                                to_text(c) + ", which is beyond the range of " + std::string{format.id});

    const std::size_t blocks = rows * columns / format.block_size;
    const std::size_t header = format.stored_bytes(rows * columns) - blocks * format.block_bytes;
    layer.storage.push_back({"blocks", blocks, 8 * double(format.block_bytes)});
    if (header > 0) layer.storage.push_back({"header bytes", header, 8});
    return layer;
}

}  // namespace quantlens::methods
