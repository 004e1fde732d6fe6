#pragma once

#include <cstdint>

#include "tensor/matrix.h"
#include "tensor/thread_pool.h"

/// Products of 8-bit codes, exact in 32 bits.
namespace quantlens::kernels {

/// out [m x n] = a [m x k] times the transpose of b [n x k]; exact for every code and k up to 131071.
void matmul_int8_nt(MatrixView<const std::int8_t> a, MatrixView<const std::int8_t> b, MatrixView<std::int32_t> out,
                    ThreadPool& pool);

}  // namespace quantlens::kernels
