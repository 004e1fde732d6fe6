#include "tensor/statistics.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace quantlens {

Statistics statistics_of(std::span<const float> values) {
    if (values.empty()) return {};
    double sum = 0, squares = 0;
    for (const float v : values) {
        sum += v;
        squares += double(v) * v;
    }
    const auto count = double(values.size());
    const auto [low, high] = std::ranges::minmax(values);
    Statistics s;
    s.minimum = low;
    s.maximum = high;
    s.mean = sum / count;
    s.rms = std::sqrt(squares / count);
    double spread = 0;
    for (const float v : values) spread += (v - s.mean) * (v - s.mean);
    s.standard_deviation = std::sqrt(spread / count);
    if (s.rms > 0) s.max_over_rms = std::max(std::abs(s.minimum), std::abs(s.maximum)) / s.rms;
    return s;
}

Histogram histogram_of(std::span<const float> values, double low, double high, std::size_t bins) {
    Histogram h{low, high, std::vector<std::size_t>(bins)};
    if (bins == 0 || !(high > low)) return h;
    for (const float v : values) {
        if (!(v >= low && v <= high)) continue;
        const auto bin = std::size_t((v - low) / (high - low) * double(bins));
        ++h.counts[std::min(bin, bins - 1)];
    }
    return h;
}

std::vector<float> column_absmax(MatrixView<const float> matrix) {
    std::vector<float> largest(matrix.columns());
    for (std::size_t r = 0; r < matrix.rows(); ++r)
        for (std::size_t c = 0; c < matrix.columns(); ++c) largest[c] = std::max(largest[c], std::abs(matrix(r, c)));
    return largest;
}

std::vector<float> column_absmean(MatrixView<const float> matrix) {
    std::vector<double> sums(matrix.columns());
    for (std::size_t r = 0; r < matrix.rows(); ++r)
        for (std::size_t c = 0; c < matrix.columns(); ++c) sums[c] += std::abs(double(matrix(r, c)));
    std::vector<float> means(sums.size());
    for (std::size_t c = 0; c < means.size(); ++c) means[c] = float(sums[c] / double(matrix.rows()));
    return means;
}

Deviation deviation_of(MatrixView<const float> wanted, MatrixView<const float> actual) {
    Deviation d;
    double signal = 0, noise = 0;
    for (std::size_t r = 0; r < wanted.rows(); ++r)
        for (std::size_t c = 0; c < wanted.columns(); ++c) {
            const double error = double(actual(r, c)) - wanted(r, c);
            signal += double(wanted(r, c)) * wanted(r, c);
            noise += error * error;
            d.max_error = std::max(d.max_error, std::abs(error));
        }
    if (!wanted.empty()) d.mse = noise / double(wanted.size());
    d.sqnr_db = noise > 0 ? 10 * std::log10(signal / noise) : std::numeric_limits<double>::infinity();
    return d;
}

}  // namespace quantlens
