#pragma once

#include <cstdint>
#include <span>

#include "tensor/matrix.h"
#include "tensor/thread_pool.h"

/// Products of float32 matrices. Shapes must fit; results are the same bits at any thread count.
namespace quantlens::kernels {

/// Which kernels compute a product: the best that the machine has, or the plainest. Those multiply and add without
/// fusing the two, so on x86 and in WebAssembly they give the same bits, several times slower.
enum class Kernels : std::uint8_t { kBest, kPlain };

/// sum of a[i] * b[i]; a and b have the same length.
float dot(std::span<const float> a, std::span<const float> b);

/// y += alpha * x; x and y have the same length.
void axpy(float alpha, std::span<const float> x, std::span<float> y);

/// out [m x n] = a [m x k] times the transpose of b [n x k]. The product of a linear layer: X W^T.
void matmul_nt(MatrixView<const float> a, MatrixView<const float> b, MatrixView<float> out, ThreadPool& pool);

/// out [m x n] = a [m x k] times b [k x n].
void matmul_nn(MatrixView<const float> a, MatrixView<const float> b, MatrixView<float> out, ThreadPool& pool);

/// out [m x n] = the transpose of a [k x m] times b [k x n]; added to `out` where `accumulate`. Gradients of weights.
void matmul_tn(MatrixView<const float> a, MatrixView<const float> b, MatrixView<float> out, bool accumulate,
               ThreadPool& pool, Kernels kernels = Kernels::kBest);

/// out [n x n] = the transpose of x [k x n] times x, both triangles filled. Hessians.
void gram(MatrixView<const float> x, MatrixView<float> out, ThreadPool& pool, Kernels kernels = Kernels::kBest);

}  // namespace quantlens::kernels
