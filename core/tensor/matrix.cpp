#include "tensor/matrix.h"

#include <cmath>
#include <limits>

#include "tensor/memory.h"

namespace quantlens {

std::size_t element_count(std::size_t rows, std::size_t columns) {
    constexpr std::size_t kMost = std::size_t(std::numeric_limits<std::ptrdiff_t>::max()) / sizeof(double);
    if (columns != 0 && rows > kMost / columns) out_of_memory();
    return rows * columns;
}

Status check_finite(MatrixView<const float> matrix, std::string_view name) {
    if (matrix.empty())
        return bad_shape(name, std::string{name} + " is empty (" + to_text(matrix.rows()) + " x " +
                                   to_text(matrix.columns()) + "), must have at least one value");
    for (std::size_t r = 0; r < matrix.rows(); ++r)
        for (std::size_t c = 0; c < matrix.columns(); ++c)
            if (!std::isfinite(matrix(r, c)))
                return fail(ErrorCode::kNotFinite, std::string{name},
                            std::string{name} + " has " + to_text(matrix(r, c)) + " at row " + to_text(r) +
                                ", column " + to_text(c) + " (element " + to_text(r * matrix.columns() + c) +
                                "), must be finite");
    return {};
}

}  // namespace quantlens
