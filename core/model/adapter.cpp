#include "model/adapter.h"

#include <algorithm>
#include <cmath>

#include "kernels/matmul.h"
#include "tensor/random.h"

namespace quantlens::model {

namespace {

void scale(MatrixView<float> matrix, float factor) {
    for (std::size_t r = 0; r < matrix.rows(); ++r)
        for (auto& value : matrix.row(r)) value *= factor;
}

/// Makes the columns orthonormal, in order (Gram and Schmidt, twice for accuracy). A column that vanishes becomes 0.
void orthonormalize_columns(Matrix& matrix) {
    for (std::size_t c = 0; c < matrix.columns(); ++c) {
        const auto dot = [&](std::size_t other) {
            double sum = 0;
            for (std::size_t r = 0; r < matrix.rows(); ++r) sum += double(matrix(r, c)) * double(matrix(r, other));
            return sum;
        };
        const double before = std::sqrt(dot(c));
        for (int pass = 0; pass < 2; ++pass)
            for (std::size_t other = 0; other < c; ++other) {
                const double along = dot(other);
                for (std::size_t r = 0; r < matrix.rows(); ++r)
                    matrix(r, c) = float(double(matrix(r, c)) - along * double(matrix(r, other)));
            }
        const double norm = std::sqrt(dot(c));
        const double factor = norm > 1e-6 * before && norm > 0 ? 1.0 / norm : 0.0;
        for (std::size_t r = 0; r < matrix.rows(); ++r) matrix(r, c) = float(double(matrix(r, c)) * factor);
    }
}

}  // namespace

void merge_adapter(MatrixView<const float> base, MatrixView<const float> a, MatrixView<const float> b, double scaling,
                   MatrixView<float> out, ThreadPool& pool) {
    kernels::matmul_nn(b, a, out, pool);
    const float factor = float(scaling);
    for (std::size_t r = 0; r < out.rows(); ++r)
        for (std::size_t c = 0; c < out.columns(); ++c) out(r, c) = base(r, c) + factor * out(r, c);
}

void adapter_gradients(MatrixView<const float> gradient, MatrixView<const float> a, MatrixView<const float> b,
                       double scaling, MatrixView<float> a_gradient, MatrixView<float> b_gradient, ThreadPool& pool) {
    kernels::matmul_tn(b, gradient, a_gradient, false, pool);
    kernels::matmul_nt(gradient, a, b_gradient, pool);
    scale(a_gradient, float(scaling));
    scale(b_gradient, float(scaling));
}

Adapter nearest_low_rank(MatrixView<const float> matrix, std::size_t rank, const Run& run) {
    constexpr int kIterations = 24;
    constexpr std::size_t kSpare = 4;  // extra directions, so that the last wanted one converges too
    const std::size_t tracked = std::min({rank + kSpare, matrix.rows(), matrix.columns()});
    Random random(run.seed);
    Matrix right(matrix.columns(), tracked), left(matrix.rows(), tracked);
    for (auto& value : right.values()) value = float(random.normal());
    for (int i = 0; i < kIterations; ++i) {
        orthonormalize_columns(right);
        kernels::matmul_nn(matrix, right, left, run.pool);
        orthonormalize_columns(left);
        kernels::matmul_tn(matrix, left, right, false, run.pool);
    }
    // matrix ~ left right^T; the columns of `right` have the singular values as their lengths.
    Adapter adapter{Matrix(rank, matrix.columns()), Matrix(matrix.rows(), rank)};
    for (std::size_t k = 0; k < std::min(rank, tracked); ++k) {
        double square = 0;
        for (std::size_t c = 0; c < matrix.columns(); ++c) square += double(right(c, k)) * double(right(c, k));
        const double root = std::sqrt(std::sqrt(square));
        if (root == 0) continue;
        for (std::size_t c = 0; c < matrix.columns(); ++c) adapter.a(k, c) = float(double(right(c, k)) / root);
        for (std::size_t r = 0; r < matrix.rows(); ++r) adapter.b(r, k) = float(double(left(r, k)) * root);
    }
    return adapter;
}

Result<LoftqStart> loftq_start(const methods::Method& method, const Settings& settings, MatrixView<const float> weights,
                               std::size_t rank, double scaling, int iterations, const Run& run) {
    if (rank < 1 || rank > std::min(weights.rows(), weights.columns()))
        return bad_parameter("rank", rank, "from 1 to " + to_text(std::min(weights.rows(), weights.columns())));
    LoftqStart start{{}, {Matrix(rank, weights.columns()), Matrix(weights.rows(), rank)}};
    Matrix rest(weights), product(weights.rows(), weights.columns());
    for (int i = 0; i < std::max(1, iterations); ++i) {
        kernels::matmul_nn(start.adapter.b, start.adapter.a, product, run.pool);
        for (std::size_t r = 0; r < rest.rows(); ++r)
            for (std::size_t c = 0; c < rest.columns(); ++c)
                rest(r, c) = weights(r, c) - float(scaling) * product(r, c);
        auto base = methods::quantize(method, {rest, {}, run}, settings);
        if (!base) return std::unexpected(base.error());
        start.base = std::move(*base);
        for (std::size_t r = 0; r < rest.rows(); ++r)
            for (std::size_t c = 0; c < rest.columns(); ++c)
                rest(r, c) = (weights(r, c) - start.base.dequantized(r, c)) / float(scaling);
        start.adapter = nearest_low_rank(rest, rank, run);
    }
    return start;
}

}  // namespace quantlens::model
