#include "model/optimizer.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "kernels/matmul.h"
#include "model/arithmetic.h"

namespace quantlens::model {

namespace {

constexpr std::size_t kValuesPerPiece = 1 << 14;

/// The nearest matrix with orthonormal rows (or columns), roughly: singular values end within about 0.7 .. 1.2.
Matrix orthogonalized(Matrix x, ThreadPool& pool) {
    constexpr float a = 3.4445f, b = -4.7750f, c = 2.0315f;
    constexpr int kSteps = 5;
    const float scale = float(1.0 / (norm_of(x.values(), pool) + 1e-7));
    for (auto& value : x.values()) value *= scale;
    const bool wide = x.rows() <= x.columns();
    const std::size_t side = std::min(x.rows(), x.columns());
    Matrix gram(side, side), square(side, side), product(x.rows(), x.columns());
    for (int step = 0; step < kSteps; ++step) {
        // x <- a x + (b g + c g g) x with g = x x^T; for a tall matrix the same from the right
        if (wide)
            kernels::matmul_nt(x, x, gram, pool);
        else
            kernels::matmul_tn(x, x, gram, false, pool);
        kernels::matmul_nt(gram, gram, square, pool);  // gram is symmetric
        for (std::size_t i = 0; i < gram.size(); ++i) gram.values()[i] = b * gram.values()[i] + c * square.values()[i];
        if (wide)
            kernels::matmul_nn(gram, x, product, pool);
        else
            kernels::matmul_nn(x, gram, product, pool);
        for (std::size_t i = 0; i < x.size(); ++i) x.values()[i] = a * x.values()[i] + product.values()[i];
    }
    return x;
}

}  // namespace

double norm_of(std::span<const float> values, ThreadPool& pool) {
    std::vector<double> sums(piece_count(values.size(), kValuesPerPiece));
    for_rows(
        values.size(), pool,
        [&](std::size_t piece, std::size_t first, std::size_t end) {
            sums[piece] =
                double(sum_of(end - first, [&](std::size_t i) { return values[first + i] * values[first + i]; }));
        },
        kValuesPerPiece);
    double sum = 0;
    for (const double part : sums) sum += part;
    return std::sqrt(sum);
}

void adam_step(std::span<float> values, std::span<const float> gradient, std::span<float> first_moments,
               std::span<float> second_moments, std::size_t step, const AdamSettings& settings, ThreadPool& pool) {
    const float keep = float(1.0 - settings.learning_rate * settings.weight_decay);
    const float beta1 = float(settings.beta1), beta2 = float(settings.beta2);
    const float new1 = float(1.0 - settings.beta1), new2 = float(1.0 - settings.beta2);
    const float rate = float(settings.learning_rate / (1.0 - std::pow(settings.beta1, double(step))));
    const float correction = float(1.0 / std::sqrt(1.0 - std::pow(settings.beta2, double(step))));
    const float epsilon = float(settings.epsilon);
    for_rows(
        values.size(), pool,
        [&](std::size_t, std::size_t first, std::size_t end) {
            float* value = values.data();
            const float* slope = gradient.data();
            float* m = first_moments.data();
            float* v = second_moments.data();
            for (std::size_t i = first; i < end; ++i) {
                m[i] = beta1 * m[i] + new1 * slope[i];
                v[i] = beta2 * v[i] + new2 * slope[i] * slope[i];
                value[i] = value[i] * keep - rate * m[i] / (std::sqrt(v[i]) * correction + epsilon);
            }
        },
        kValuesPerPiece);
}

void muon_step(MatrixView<float> values, MatrixView<const float> gradient, MatrixView<float> momentum,
               const MuonSettings& settings, ThreadPool& pool) {
    Matrix direction(values.rows(), values.columns());
    const float kept = float(settings.momentum);
    for (std::size_t r = 0; r < values.rows(); ++r)
        for (std::size_t c = 0; c < values.columns(); ++c) {
            momentum(r, c) = kept * momentum(r, c) + (1.0f - kept) * gradient(r, c);
            direction(r, c) = kept * momentum(r, c) + (1.0f - kept) * gradient(r, c);
        }
    direction = orthogonalized(std::move(direction), pool);
    const double side = double(std::max(values.rows(), values.columns()));
    const float keep = float(1.0 - settings.learning_rate * settings.weight_decay);
    const float rate = float(settings.learning_rate * 0.2 * std::sqrt(side));
    for (std::size_t r = 0; r < values.rows(); ++r)
        for (std::size_t c = 0; c < values.columns(); ++c) values(r, c) = values(r, c) * keep - rate * direction(r, c);
}

}  // namespace quantlens::model
