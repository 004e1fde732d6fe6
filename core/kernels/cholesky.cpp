#include "kernels/cholesky.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "kernels/product.h"

namespace quantlens::kernels {

namespace {

constexpr std::size_t kBlock = 96;  // columns that are factored at a time; everything else is products of matrices
// A large matrix meets the blocks behind it 4 at a time: products with so few rows or columns read and copy much for
// little.
constexpr std::size_t kWide = 4 * kBlock, kLarge = 1024;

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

/// H on its way to U, in place.
class Factorization {
public:
    Factorization(MatrixView<float> h, ThreadPool& pool, Kernels kernels)
        : h_(h), pool_(pool), kernels_(kernels), wide_(h.rows() > kLarge ? kWide : kBlock), panel_(h.rows(), kBlock) {}

    Status run() {
        const std::size_t n = h_.rows(), spans = (n + wide_ - 1) / wide_;
        diagonal_.resize((n + kBlock - 1) / kBlock);
        for (std::size_t s = spans; s-- > 0;)
            if (const Status status = factor_span(s * wide_, std::min(n, (s + 1) * wide_)); !status) return status;
        panel_ = {};
        sums_ = products_ = Matrix(wide_, n);
        for (std::size_t s = spans; s-- > 0;) invert_span(s * wide_, std::min(n, (s + 1) * wide_));
        return {};
    }

private:
    /// Rows top .. bottom - 1 of columns first .. last - 1 lose what the columns from .. to - 1 of R make up of them.
    void subtract(std::size_t top, std::size_t bottom, std::size_t first, std::size_t last, std::size_t from,
                  std::size_t to) {
        if (top == bottom || from == to) return;
        multiply(rows_of(h_.block(top, from, bottom - top, to - from)),
                 rows_of(h_.block(first, from, last - first, to - from)), to - from,
                 h_.block(top, first, bottom - top, last - first), Into::kSubtract, false, pool_, kernels_);
    }

    /// R's columns begin .. end - 1, block by block from the last. Above a diagonal block: (H - R_later R_later^T)
    /// R_jj^-T.
    Status factor_span(std::size_t begin, std::size_t end) {
        const std::size_t n = h_.rows();
        if (end - begin > kBlock) subtract(0, begin, begin, end, end, n);
        for (std::size_t first = begin + (end - begin - 1) / kBlock * kBlock;; first -= kBlock) {
            const std::size_t last = std::min(end, first + kBlock), width = last - first;
            if (end - begin > kBlock) {
                subtract(0, begin, first, last, last, end);
                subtract(begin, last, first, last, last, n);
            } else {
                subtract(0, last, first, last, last, n);
            }
            Block block(width);
            for (std::size_t r = 0; r < width; ++r)
                for (std::size_t c = r; c < width; ++c) block(r, c) = h_(first + r, first + c);
            if (const Status status = factor(block, first); !status) return status;
            Matrix& inverse = diagonal_[first / kBlock] = to_float(inverse_of(block));
            if (first == 0) return {};
            const MatrixView<float> above = h_.block(0, first, first, width);
            const MatrixView<float> solved(panel_.values().data(), first, width, kBlock);
            multiply(rows_of(above), rows_of(inverse), width, solved, Into::kSet, false, pool_, kernels_);
            copy(solved, above);
            if (first == begin) return {};
        }
    }

    /// U's rows begin .. end - 1: U_here,later = -U_here (R_here,later U_later,later).
    void invert_span(std::size_t begin, std::size_t end) {
        for (std::size_t first = begin + (end - begin - 1) / kBlock * kBlock;; first -= kBlock) {
            const std::size_t last = std::min(end, first + kBlock), width = last - first;
            for (std::size_t r = first; r < last; ++r) std::fill_n(&h_(r, 0), first, 0.0f);
            const Matrix& inverse = diagonal_[first / kBlock];
            carry_over(first, last, last, end, inverse);
            copy(inverse, h_.block(first, first, width, width));
            if (first == begin) break;
        }
        carry_over(begin, end, end, h_.rows(), h_.block(begin, begin, end - begin, end - begin));
    }

    /// Columns from .. to - 1 of R's rows first .. last - 1 become U's, where `inverse` is U on these rows' diagonal
    /// and the rows last .. are U's already.
    void carry_over(std::size_t first, std::size_t last, std::size_t from, std::size_t to,
                    MatrixView<const float> inverse) {
        if (from == to) return;
        const std::size_t height = last - first;
        constexpr std::size_t kColumns =
            4 * kBlock;  // U_later is triangular: a chunk of columns ends with its own rows
        const std::size_t chunks = (to - from + kColumns - 1) / kColumns;
        const auto sum_chunk = [&](std::size_t chunk, ThreadPool& pool) {
            const std::size_t column = from + chunk * kColumns;
            const std::size_t width = std::min(kColumns, to - column), steps = column + width - last;
            multiply(rows_of(h_.block(first, last, height, steps)), columns_of(h_.block(last, column, steps, width)),
                     steps, sums_.view().block(0, column, height, width), Into::kSet, false, pool, kernels_);
        };
        // Where there are enough, a chunk is one thread's, the longest first: cut up, it would copy its operands for
        // each piece.
        if (chunks >= 2 * pool_.threads())
            pool_.for_each(chunks, [&](std::size_t piece) { sum_chunk(chunks - 1 - piece, alone_); });
        else
            for (std::size_t chunk = 0; chunk < chunks; ++chunk) sum_chunk(chunk, pool_);
        const MatrixView<float> products = products_.view().block(0, from, height, to - from);
        for (std::size_t r = 0; r < height; ++r) std::fill_n(&products(r, 0), to - from, 0.0f);
        multiply(rows_of(inverse), columns_of(sums_.view().block(0, from, height, to - from)), height, products,
                 Into::kSubtract, false, pool_, kernels_);
        copy(products, h_.block(first, from, height, to - from));
    }

    MatrixView<float> h_;
    ThreadPool& pool_;
    ThreadPool alone_{1};
    Kernels kernels_;
    std::size_t wide_;
    std::vector<Matrix> diagonal_;  // the blocks of U on the diagonal
    Matrix panel_, sums_, products_;
};

}  // namespace

Status inverse_cholesky(MatrixView<float> h, ThreadPool& pool, Kernels kernels) {
    const std::size_t n = h.rows();
    if (n == 0 || h.columns() != n)
        return bad_shape("h", "h is " + to_text(n) + " x " + to_text(h.columns()) + ", must be square and not empty");
    return Factorization(h, pool, kernels).run();
}

}  // namespace quantlens::kernels
