#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "tensor/matrix.h"

namespace quantlens {

/// How one set of values looks. Sums are kept in double.
struct Statistics {
    double minimum = 0, maximum = 0, mean = 0, rms = 0, standard_deviation = 0;
    /// Largest magnitude over rms: how far the outliers stand out. 0 for all zeros.
    double max_over_rms = 0;
};
Statistics statistics_of(std::span<const float> values);

/// Counts of values in `bins` equal parts of [low, high]; the last part includes `high`, values outside are left out.
struct Histogram {
    double low = 0, high = 0;
    std::vector<std::size_t> counts;
};
Histogram histogram_of(std::span<const float> values, double low, double high, std::size_t bins);

/// Largest magnitude in each column.
std::vector<float> column_absmax(MatrixView<const float> matrix);
/// Mean magnitude in each column.
std::vector<float> column_absmean(MatrixView<const float> matrix);

/// How far `actual` is from `wanted`; both of the same shape.
struct Deviation {
    double mse = 0;
    double max_error = 0;
    /// 10 log10(sum wanted^2 / sum error^2), in decibels; infinite without error.
    double sqnr_db = 0;
};
Deviation deviation_of(MatrixView<const float> wanted, MatrixView<const float> actual);

}  // namespace quantlens
