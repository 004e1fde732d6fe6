// AWQ's two searches: the exponent of the scales, and the clipping of each group.

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "kernels/matmul.h"
#include "methods/awq.h"
#include "tensor/statistics.h"

namespace quantlens::methods {
namespace {

constexpr int kClipGrid = 20;   // llm-awq's n_grid ...
constexpr int kClipSteps = 10;  // ... and int(max_shrink * n_grid), max_shrink 0.5

Matrix scaled_columns(MatrixView<const float> weights, std::span<const float> scales) {
    Matrix scaled(weights);
    for (std::size_t r = 0; r < scaled.rows(); ++r)
        for (std::size_t c = 0; c < scaled.columns(); ++c) scaled(r, c) *= scales[c];
    return scaled;
}

bool all_finite(const Matrix& matrix) {
    return std::ranges::all_of(matrix.values(), [](float v) { return std::isfinite(v); });
}

double sum_of_products(const Matrix& a, const Matrix& b, ThreadPool& pool) {
    std::vector<double> rows(a.rows());
    pool.for_each(a.rows(), [&](std::size_t r) {
        double sum = 0;
        for (std::size_t c = 0; c < a.columns(); ++c) sum += double(a(r, c)) * b(r, c);
        rows[r] = sum;
    });
    double sum = 0;
    for (const double row : rows) sum += row;
    return sum;
}

/// sum over tokens and outputs of (X D^T)^2: through X^T X where there are more tokens than features.
class OutputError {
public:
    OutputError(MatrixView<const float> activations, ThreadPool& pool)
        : activations_(activations), pool_(pool), by_gram_(activations.rows() > activations.columns()) {
        if (!by_gram_) return;
        gram_ = Matrix(activations.columns(), activations.columns());
        kernels::gram(activations, gram_, pool);
    }

    double of(const Matrix& difference) const {
        if (by_gram_) {
            Matrix product(difference.rows(), difference.columns());
            kernels::matmul_nn(difference, gram_, product, pool_);
            return sum_of_products(difference, product, pool_);
        }
        Matrix output(activations_.rows(), difference.rows());
        kernels::matmul_nt(activations_, difference, output, pool_);
        return sum_of_products(output, output, pool_);
    }

private:
    MatrixView<const float> activations_;
    ThreadPool& pool_;
    bool by_gram_;
    Matrix gram_;
};

/// W - Q(W s) / s; nothing where a scaled weight is beyond the range of float.
Result<Matrix> difference_at(MatrixView<const float> weights, std::span<const float> scales,
                             const UniformSettings& settings, const Run& run) {
    const Matrix scaled = scaled_columns(weights, scales);
    if (!all_finite(scaled)) return Matrix();
    const auto codes = quantize_uniform(scaled, settings, run);
    if (!codes) return std::unexpected(codes.error());
    Matrix difference = dequantize(*codes, run.pool);
    for (std::size_t r = 0; r < difference.rows(); ++r)
        for (std::size_t c = 0; c < difference.columns(); ++c)
            difference(r, c) = weights(r, c) - difference(r, c) / scales[c];
    return difference;
}

/// Columns `first` .. `first` + `count` - 1 of some rows of X, evenly taken.
Matrix sampled(MatrixView<const float> activations, std::size_t step, std::size_t first, std::size_t count) {
    Matrix sample((activations.rows() + step - 1) / step, count);
    for (std::size_t t = 0; t < sample.rows(); ++t)
        for (std::size_t c = 0; c < count; ++c) sample(t, c) = activations(t * step, first + c);
    return sample;
}

}  // namespace

std::vector<float> awq_scales(std::span<const float> mean_magnitudes, double ratio) {
    std::vector<double> scales(mean_magnitudes.size());
    for (std::size_t c = 0; c < scales.size(); ++c)
        scales[c] = std::max(std::pow(double(mean_magnitudes[c]), ratio), 1e-4);
    const auto [low, high] = std::ranges::minmax(scales);
    const double middle = std::sqrt(low * high);
    std::vector<float> normalised(scales.size());
    for (std::size_t c = 0; c < scales.size(); ++c) normalised[c] = float(scales[c] / middle);
    return normalised;
}

Result<AwqSearch> awq_search(std::span<const MatrixView<const float>> layers, MatrixView<const float> activations,
                             const AwqParameters& parameters, const Run& run) {
    const UniformSettings settings = parameters.nearest().settings();
    const OutputError output_error(activations, run.pool);
    const auto means = column_absmean(activations);
    std::size_t outputs = 0;
    for (const auto& weights : layers) outputs += weights.rows();

    AwqSearch search;
    double least = std::numeric_limits<double>::infinity();
    for (int i = 0; i < parameters.grid; ++i) {
        if (run.should_stop(double(i) / parameters.grid)) return fail(ErrorCode::kCancelled, "", "cancelled");
        const double ratio = double(i) / parameters.grid;
        auto scales = awq_scales(means, ratio);
        double sum = 0;
        for (const auto& weights : layers) {
            const auto difference = difference_at(weights, scales, settings, run);
            if (!difference) return std::unexpected(difference.error());
            sum += difference->empty() ? std::numeric_limits<double>::infinity() : output_error.of(*difference);
        }
        const double loss = sum / (double(activations.rows()) * double(outputs));
        search.ratios.push_back(ratio);
        search.losses.push_back(loss);
        if (loss < least || i == 0) {
            least = std::isfinite(loss) ? loss : least;
            search.best = std::size_t(i);
            search.scales = std::move(scales);
        }
    }
    return search;
}

Result<AwqClip> awq_clip(MatrixView<const float> weights, MatrixView<const float> activations,
                         const AwqParameters& parameters, std::size_t sample_tokens, const Run& run) {
    UniformSettings settings = parameters.nearest().settings();
    settings.granularity = Granularity::kChannel;  // of one group's columns
    const std::size_t rows = weights.rows(), columns = weights.columns();
    const std::size_t group = std::min(columns, std::size_t(parameters.group_size));
    const std::size_t groups = (columns + group - 1) / group;
    const std::size_t step = std::max<std::size_t>(1, activations.rows() / std::max<std::size_t>(1, sample_tokens));

    AwqClip clip{Matrix(rows, groups), std::vector<std::uint8_t>(rows * groups)};
    for (std::size_t g = 0; g < groups; ++g) {
        if (run.should_stop(double(g) / double(groups))) return fail(ErrorCode::kCancelled, "", "cancelled");
        const std::size_t first = g * group, count = std::min(group, columns - first);
        const Matrix own(weights.block(0, first, rows, count));
        Matrix gram(count, count);
        kernels::gram(sampled(activations, step, first, count), gram, run.pool);

        std::vector<double> least(rows, std::numeric_limits<double>::infinity());
        Matrix difference(rows, count), product(rows, count);
        for (int i = 0; i < kClipSteps; ++i) {
            const auto share = float(1 - double(i) / kClipGrid);
            run.pool.for_each(rows, [&](std::size_t r) {
                std::vector<std::int16_t> codes(count);
                const auto values = own.row(r);
                const auto out = difference.row(r);
                float largest = 0;
                for (const float v : values) largest = std::max(largest, std::abs(v));
                if (i == 0) clip.largest(r, g) = largest;
                const float held = largest * share;
                for (std::size_t c = 0; c < count; ++c) out[c] = std::clamp(values[c], -held, held);
                const Grid grid = fit_grid(out, settings);
                Random unused(0);
                encode(out, grid, Rounding::kEven, unused, codes);
                decode(codes, grid, out);
                for (std::size_t c = 0; c < count; ++c) out[c] -= values[c];
            });
            kernels::matmul_nn(difference, gram, product, run.pool);
            for (std::size_t r = 0; r < rows; ++r) {
                double error = 0;
                for (std::size_t c = 0; c < count; ++c) error += double(difference(r, c)) * product(r, c);
                if (!(error < least[r])) continue;
                least[r] = error;
                clip.indices[r * groups + g] = std::uint8_t(i);
            }
        }
        for (std::size_t r = 0; r < rows; ++r)
            clip.largest(r, g) *= float(1 - double(clip.indices[r * groups + g]) / kClipGrid);
    }
    return clip;
}

}  // namespace quantlens::methods
