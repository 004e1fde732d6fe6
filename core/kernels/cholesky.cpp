#include "kernels/cholesky.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "kernels/product.h"

namespace quantlens::kernels {

namespace {

constexpr std::size_t kBlock = 96;  // columns that are factored at a time; everything else is products of matrices

/// A square block in double.
class Block {
public:
    explicit Block(std::size_t n) : n_(n), values_(n * n) {}
    double& operator()(std::size_t r, std::size_t c) { return values_[r * n_ + c]; }
    double operator()(std::size_t r, std::size_t c) const { return values_[r * n_ + c]; }
    double* row(std::size_t r) { return &values_[r * n_]; }
    std::size_t size() const { return n_; }

private:
    std::size_t n_;
    std::vector<double> values_;
};

/// The upper triangle of `from` becomes R with from = R R^T, last column first. `first` is the block's place in H.
Status factor(Block& block, std::size_t first) {
    const std::size_t n = block.size();
    std::vector<double> column(n);
    for (std::size_t j = n; j-- > 0;) {
        const double pivot = block(j, j);
        if (!std::isfinite(pivot))
            return fail(ErrorCode::kNotFinite, "h", "h is not finite near its diagonal element " + to_text(first + j));
        if (!(pivot > 0))
            return fail(ErrorCode::kBadParameter, "h",
                        "h is not positive definite: " + to_text(pivot) + " is left of its diagonal element " +
                            to_text(first + j) + ", which must be above 0; more damping would help");
        const double root = std::sqrt(pivot), factor = 1 / root;
        block(j, j) = root;
        for (std::size_t i = 0; i < j; ++i) column[i] = block(i, j) *= factor;
        for (std::size_t i = 0; i < j; ++i) {
            double* row = block.row(i);
            for (std::size_t k = i; k < j; ++k) row[k] -= column[i] * column[k];
        }
    }
    return {};
}

/// The inverse of an upper triangular block, row by row from the last.
Block inverse_of(Block& r) {
    const std::size_t n = r.size();
    Block u(n);
    for (std::size_t i = n; i-- > 0;) {
        double* row = u.row(i);
        for (std::size_t k = i + 1; k < n; ++k) {
            const double factor = r(i, k);
            const double* below = u.row(k);
            for (std::size_t j = k; j < n; ++j) row[j] -= factor * below[j];
        }
        const double scale = 1 / r(i, i);
        for (std::size_t j = i + 1; j < n; ++j) row[j] *= scale;
        row[i] = scale;
    }
    return u;
}

Matrix to_float(const Block& block) {
    Matrix result(block.size(), block.size());
    for (std::size_t r = 0; r < block.size(); ++r)
        for (std::size_t c = r; c < block.size(); ++c) result(r, c) = float(block(r, c));
    return result;
}

void copy(MatrixView<const float> from, MatrixView<float> to) {
    for (std::size_t r = 0; r < from.rows(); ++r) std::copy_n(&from(r, 0), from.columns(), &to(r, 0));
}

}  // namespace

Status inverse_cholesky(MatrixView<float> h, ThreadPool& pool, Kernels kernels) {
    const std::size_t n = h.rows();
    if (n == 0 || h.columns() != n)
        return bad_shape("h", "h is " + to_text(n) + " x " + to_text(h.columns()) + ", must be square and not empty");
    const std::size_t blocks = (n + kBlock - 1) / kBlock;
    std::vector<Matrix> diagonal(blocks);  // the blocks of U on the diagonal
    Matrix panel(n, kBlock);

    // R, block column by block column from the last. Above the diagonal block: (H - R_later R_later^T) R_jj^-T.
    for (std::size_t b = blocks; b-- > 0;) {
        const std::size_t first = b * kBlock, width = std::min(kBlock, n - first), next = first + width;
        if (next < n)
            multiply(rows_of(h.block(0, next, next, n - next)), rows_of(h.block(first, next, width, n - next)), n - next,
                     h.block(0, first, next, width), Into::kSubtract, false, pool, kernels);
        Block block(width);
        for (std::size_t r = 0; r < width; ++r)
            for (std::size_t c = r; c < width; ++c) block(r, c) = h(first + r, first + c);
        if (const Status status = factor(block, first); !status) return status;
        diagonal[b] = to_float(inverse_of(block));
        if (first == 0) continue;
        const MatrixView<float> above = h.block(0, first, first, width);
        const MatrixView<float> solved(panel.values().data(), first, width, kBlock);
        multiply(rows_of(above), rows_of(diagonal[b]), width, solved, Into::kSet, false, pool, kernels);
        copy(solved, above);
    }

    // U = R^-1, block row by block row from the last: U_i,later = -U_ii (R_i,later U_later,later).
    Matrix sums(kBlock, n), rows(kBlock, n);
    for (std::size_t b = blocks; b-- > 0;) {
        const std::size_t first = b * kBlock, height = std::min(kBlock, n - first), next = first + height;
        constexpr std::size_t kColumns = 4 * kBlock;  // U_later is triangular: a chunk of columns ends with its own rows
        for (std::size_t column = next; column < n; column += kColumns) {
            const std::size_t width = std::min(kColumns, n - column), steps = column + width - next;
            multiply(rows_of(h.block(first, next, height, steps)), columns_of(h.block(next, column, steps, width)), steps,
                     sums.view().block(0, column, height, width), Into::kSet, false, pool, kernels);
        }
        if (next < n) {
            const MatrixView<float> to = rows.view().block(0, next, height, n - next);
            for (std::size_t r = 0; r < height; ++r) std::fill_n(&to(r, 0), n - next, 0.0f);
            multiply(rows_of(diagonal[b]), columns_of(sums.view().block(0, next, height, n - next)), height, to,
                     Into::kSubtract, false, pool, kernels);
            copy(to, h.block(first, next, height, n - next));
        }
        copy(diagonal[b], h.block(first, first, height, height));
        for (std::size_t r = first; r < next; ++r) std::fill_n(&h(r, 0), first, 0.0f);
    }
    return {};
}

}  // namespace quantlens::kernels
