#include "formats/gguf_fit.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace quantlens::formats::gguf {

namespace {

/// The value of largest magnitude, with its sign; 0 where that counts as zero.
float extreme_value(std::span<const float> x) {
    float magnitude = 0, value = 0;
    for (const float v : x)
        if (std::fabs(v) > magnitude) {
            magnitude = std::fabs(v);
            value = v;
        }
    return magnitude < kZeroBlock ? 0.0f : value;
}

int symmetric_code(float scaled, int levels) { return std::max(-levels, std::min(levels - 1, nearest_int(scaled))); }

/// Sums for the least-squares scale of given codes: the best scale is xl / ll and lowers the error by xl^2 / ll.
struct Sums {
    float xl = 0, ll = 0;
};

Sums weighted_sums(std::span<const float> x, float inverse_scale, int levels) {
    Sums sums;
    for (const float v : x) {
        const float code = float(symmetric_code(inverse_scale * v, levels));
        const float weight = v * v;
        sums.xl += weight * v * code;
        sums.ll += weight * code * code;
    }
    return sums;
}

}  // namespace

float fit_symmetric(std::span<const float> x, int levels, std::span<std::uint8_t> codes) {
    const float extreme = extreme_value(x);
    if (extreme == 0) {
        std::ranges::fill(codes, std::uint8_t{0});
        return 0;
    }
    const auto keep_codes = [&](float inverse_scale) {
        for (std::size_t i = 0; i < x.size(); ++i)
            codes[i] = std::uint8_t(symmetric_code(inverse_scale * x[i], levels) + levels);
    };
    float inverse_scale = float(-levels) / extreme;
    Sums sums = weighted_sums(x, inverse_scale, levels);
    keep_codes(inverse_scale);
    float scale = sums.ll != 0 ? sums.xl / sums.ll : 0.0f;
    float best = scale * sums.xl;
    for (int i = -9; i <= 9; ++i) {
        if (i == 0) continue;
        inverse_scale = -(float(levels) + 0.1f * float(i)) / extreme;
        sums = weighted_sums(x, inverse_scale, levels);
        if (sums.ll > 0 && sums.xl * sums.xl > best * sums.ll) {
            keep_codes(inverse_scale);
            scale = sums.xl / sums.ll;
            best = scale * sums.xl;
        }
    }
    return scale;
}

float fit_symmetric_by_descent(std::span<const float> x, int levels, std::span<std::uint8_t> codes) {
    const float extreme = extreme_value(x);
    if (extreme == 0) {
        std::ranges::fill(codes, std::uint8_t{0});
        return 0;
    }
    const float inverse_scale = float(-levels) / extreme;
    Sums sums = weighted_sums(x, inverse_scale, levels);
    for (std::size_t i = 0; i < x.size(); ++i)
        codes[i] = std::uint8_t(symmetric_code(inverse_scale * x[i], levels) + levels);

    for (int round = 0; round < 5; ++round) {
        bool changed = false;
        for (std::size_t i = 0; i < x.size(); ++i) {
            const float weight = x[i] * x[i];
            const float code = float(int(codes[i]) - levels);
            Sums others{sums.xl - weight * x[i] * code, 0};
            if (!(others.xl > 0)) continue;
            others.ll = sums.ll - weight * code * code;
            const int new_code = symmetric_code(x[i] * others.ll / others.xl, levels);
            if (float(new_code) == code) continue;
            others.xl += weight * x[i] * float(new_code);
            others.ll += weight * float(new_code) * float(new_code);
            if (others.ll > 0 && others.xl * others.xl * sums.ll > sums.xl * sums.xl * others.ll) {
                codes[i] = std::uint8_t(new_code + levels);
                sums = others;
                changed = true;
            }
        }
        if (!changed) break;
    }
    return sums.ll > 0 ? sums.xl / sums.ll : 0.0f;
}

ScaleAndMinimum fit_scale_and_minimum(std::span<const float> x, std::span<const float> weights, int levels,
                                      const ScaleSearch& search, std::span<std::uint8_t> codes) {
    const std::size_t n = x.size();
    float minimum = x[0], maximum = x[0];
    float sum_w = weights[0];
    float sum_x = sum_w * x[0];
    for (std::size_t i = 1; i < n; ++i) {
        if (x[i] < minimum) minimum = x[i];
        if (x[i] > maximum) maximum = x[i];
        sum_w += weights[i];
        sum_x += weights[i] * x[i];
    }
    if (minimum > 0) minimum = 0;
    if (maximum == minimum) {
        std::ranges::fill(codes, std::uint8_t{0});
        return {0, -minimum};
    }

    std::array<std::uint8_t, 32> trial;
    const auto round_all = [&](float inverse_scale) {
        for (std::size_t i = 0; i < n; ++i) {
            const int code = nearest_int(inverse_scale * (x[i] - minimum));
            trial[i] = std::uint8_t(std::max(0, std::min(levels, code)));
        }
    };
    const auto error_of = [&](float scale, float offset) {
        float error = 0;
        for (std::size_t i = 0; i < n; ++i) {
            const float difference = scale * float(trial[i]) + offset - x[i];
            error += weights[i] * (search.absolute_error ? std::fabs(difference) : difference * difference);
        }
        return error;
    };

    float scale = 1 / (float(levels) / (maximum - minimum));
    round_all(float(levels) / (maximum - minimum));
    std::copy_n(trial.begin(), n, codes.begin());
    float best_error = error_of(scale, minimum);

    for (int step = 0; step <= search.steps; ++step) {
        // `minimum` is that of the best fit so far, so the range of the candidates moves with it.
        round_all((search.first + search.step * float(step) + float(levels)) / (maximum - minimum));
        float sum_l = 0, sum_l2 = 0, sum_xl = 0;
        for (std::size_t i = 0; i < n; ++i) {
            const float code = float(trial[i]);
            sum_l += weights[i] * code;
            sum_l2 += weights[i] * code * code;
            sum_xl += weights[i] * code * x[i];
        }
        const float determinant = sum_w * sum_l2 - sum_l * sum_l;
        if (!(determinant > 0)) continue;
        float new_scale = (sum_w * sum_xl - sum_x * sum_l) / determinant;
        float new_minimum = (sum_l2 * sum_x - sum_l * sum_xl) / determinant;
        if (new_minimum > 0) {
            new_minimum = 0;
            new_scale = sum_xl / sum_l2;
        }
        const float error = error_of(new_scale, new_minimum);
        if (error < best_error) {
            std::copy_n(trial.begin(), n, codes.begin());
            best_error = error;
            scale = new_scale;
            minimum = new_minimum;
        }
    }
    return {scale, -minimum};
}

}  // namespace quantlens::formats::gguf
