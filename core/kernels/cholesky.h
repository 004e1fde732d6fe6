#pragma once

#include "kernels/matmul.h"
#include "tensor/error.h"
#include "tensor/matrix.h"
#include "tensor/thread_pool.h"

namespace quantlens::kernels {

/// Replaces a symmetric positive definite matrix H [n x n] by U, upper triangular with zeros below, where
/// H^-1 = U^T U: the Cholesky factor of the inverse that GPTQ reads its steps from.
///
/// H = R R^T with R upper (a Cholesky factorization from the last row up), and U = R^-1, so that no inverse is written
/// out: about 2/3 n^3 multiplications and additions. Blocks on the diagonal are factored in double, products are in
/// float. Only the upper triangle of `h` is read.
/// Errors: kBadShape where h is not square; kNotFinite or kBadParameter naming the diagonal element where h is not
/// positive definite; h is then unspecified.
/// Source: Frantar et al. 2022 (arXiv 2210.17323), section 3.3, step 3.
Status inverse_cholesky(MatrixView<float> h, ThreadPool& pool, Kernels kernels = Kernels::kBest);

}  // namespace quantlens::kernels
