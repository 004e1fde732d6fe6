#pragma once

#include <cstddef>
#include <cstdint>

#include "methods/table.h"
#include "tensor/matrix.h"
#include "tensor/run.h"

/// Low-rank adapters beside a matrix: W + scaling B A, with A [rank x in_features] and B [out_features x rank].
/// Source: Hu et al. 2021 (arXiv 2106.09685), section 4.1; scaling = alpha / rank.
namespace quantlens::model {

/// out = base + scaling * B A.
void merge_adapter(MatrixView<const float> base, MatrixView<const float> a, MatrixView<const float> b, double scaling,
                   MatrixView<float> out, ThreadPool& pool);

/// From the gradient of the merged matrix those of A and B: scaling * B^T G and scaling * G A^T.
void adapter_gradients(MatrixView<const float> gradient, MatrixView<const float> a, MatrixView<const float> b,
                       double scaling, MatrixView<float> a_gradient, MatrixView<float> b_gradient, ThreadPool& pool);

struct Adapter {
    Matrix a, b;
};

/// The product B A of this rank that is nearest to the matrix, its singular values split evenly between both.
/// Found by subspace iteration; rank at most the smaller side.
Adapter nearest_low_rank(MatrixView<const float> matrix, std::size_t rank, const Run& run);

struct LoftqStart {
    methods::QuantizedLayer base;
    Adapter adapter;
};

/// A quantized base and an adapter that together are close to the weights: in turn the base is quantized anew from
/// W - scaling B A, and the adapter fitted to what is left. Fails as the method does.
/// Source: Li et al. 2023, LoftQ (arXiv 2310.08659), algorithm 1.
Result<LoftqStart> loftq_start(const methods::Method& method, const Settings& settings, MatrixView<const float> weights,
                               std::size_t rank, double scaling, int iterations, const Run& run);

}  // namespace quantlens::model
