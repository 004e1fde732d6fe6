#pragma once

#include <cstddef>

#include "kernels/matmul.h"
#include "kernels/table.h"
#include "tensor/matrix.h"
#include "tensor/thread_pool.h"

namespace quantlens::kernels {

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

/// The rows of a matrix as lines, its columns as steps.
inline Operand rows_of(MatrixView<const float> matrix) { return {matrix.data(), matrix.stride(), true}; }
/// The columns of a matrix as lines, its rows as steps.
inline Operand columns_of(MatrixView<const float> matrix) { return {matrix.data(), matrix.stride(), false}; }

/// out (set, added to, subtracted from) the sums over `steps` of a's line of the row times b's line of the column.
/// With `upper_only`, parts below the diagonal may be left as they were.
/// How out is cut for the threads changes no value: each is the same sum over the steps, 384 at a time.
void multiply(Operand a, Operand b, std::size_t steps, MatrixView<float> out, Into into, bool upper_only,
              ThreadPool& pool, Kernels kernels = Kernels::kBest);

}  // namespace quantlens::kernels
