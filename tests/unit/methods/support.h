#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "methods/layer.h"
#include "support/golden.h"
#include "tensor/matrix.h"
#include "tensor/random.h"
#include "tensor/run.h"
#include "tensor/thread_pool.h"

/// What the tests of methods share: seeded layers, and products in double.
namespace quantlens::test {

struct Threads {
    ThreadPool pool;
    Run run{pool, 0, {}};
    explicit Threads(std::size_t threads = 1, std::uint64_t seed = 0) : pool(threads), run{pool, seed, {}} {}
};

inline Matrix matrix_of(const NpyArray<float>& array) { return Matrix(array.rows(), array.columns(), array.values); }

inline Matrix gaussian(std::size_t rows, std::size_t columns, std::uint64_t seed) {
    Random random(seed);
    Matrix matrix(rows, columns);
    for (float& v : matrix.values()) v = float(random.normal());
    return matrix;
}

/// Inputs whose columns are correlated (x_t = 0.9 x_(t-1) + noise along the columns) and differ in size.
inline Matrix correlated(std::size_t tokens, std::size_t columns, std::uint64_t seed) {
    Random random(seed);
    std::vector<double> size(columns);
    for (double& s : size) s = std::exp(0.7 * random.normal());
    Matrix matrix(tokens, columns);
    for (std::size_t t = 0; t < tokens; ++t) {
        double state = random.normal();
        for (std::size_t c = 0; c < columns; ++c) {
            state = 0.9 * state + std::sqrt(1 - 0.81) * random.normal();
            matrix(t, c) = float(size[c] * state);
        }
    }
    return matrix;
}

/// X W^T in double.
inline std::vector<double> product(MatrixView<const float> x, MatrixView<const float> w) {
    std::vector<double> out(x.rows() * w.rows());
    for (std::size_t t = 0; t < x.rows(); ++t)
        for (std::size_t r = 0; r < w.rows(); ++r) {
            double sum = 0;
            for (std::size_t c = 0; c < x.columns(); ++c) sum += double(x(t, c)) * w(r, c);
            out[t * w.rows() + r] = sum;
        }
    return out;
}

/// sum over tokens and outputs of (X W^T - X V^T)^2, divided by the tokens.
inline double squared_error_a_token(MatrixView<const float> x, MatrixView<const float> w, MatrixView<const float> v) {
    const auto wanted = product(x, w), actual = product(x, v);
    double sum = 0;
    for (std::size_t i = 0; i < wanted.size(); ++i) sum += (wanted[i] - actual[i]) * (wanted[i] - actual[i]);
    return sum / double(x.rows());
}

inline double mean_squared_error(MatrixView<const float> a, MatrixView<const float> b) {
    double sum = 0;
    for (std::size_t r = 0; r < a.rows(); ++r)
        for (std::size_t c = 0; c < a.columns(); ++c) sum += (double(a(r, c)) - b(r, c)) * (double(a(r, c)) - b(r, c));
    return sum / double(a.size());
}

}  // namespace quantlens::test
