#include "methods/smoothquant.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>

#include "methods/rtn.h"
#include "tensor/statistics.h"

namespace quantlens::methods {

std::vector<float> smoothing_factors(std::span<const float> activation_maxima, std::span<const float> weight_maxima,
                                     double alpha) {
    constexpr float kSmallest = 1e-5f;
    const auto exponent = float(alpha);
    std::vector<float> factors(activation_maxima.size());
    for (std::size_t j = 0; j < factors.size(); ++j) {
        const float weight = std::max(weight_maxima[j], kSmallest);
        factors[j] = std::max(std::pow(activation_maxima[j], exponent) / std::pow(weight, 1.0f - exponent), kSmallest);
    }
    return factors;
}

Result<QuantizedLayer> smoothquant(const LinearProblem& problem, const SmoothQuantParameters& parameters) {
    if (const auto ok = check_ranges(parameters); !ok) return std::unexpected(ok.error());
    if (!problem.activations)
        return bad_shape("activations", "smoothquant needs activations: they say how far to scale each input channel");
    const auto activation_maxima = column_absmax(*problem.activations);
    const auto weight_maxima = column_absmax(problem.weights);
    const auto factors = smoothing_factors(activation_maxima, weight_maxima, parameters.alpha);

    Matrix smoothed(problem.weights);
    for (std::size_t r = 0; r < smoothed.rows(); ++r)
        for (std::size_t c = 0; c < smoothed.columns(); ++c) smoothed(r, c) *= factors[c];
    if (const auto ok = check_finite(smoothed, "the smoothed weights"); !ok) return std::unexpected(ok.error());

    UniformSettings settings;
    settings.bits = parameters.bits;
    settings.scheme = Scheme::kSymmetric;
    settings.granularity = parameters.granularity;
    auto codes = quantize_uniform(smoothed, settings, problem.run);
    if (!codes) return std::unexpected(codes.error());

    QuantizedLayer layer = layer_of(std::move(*codes), problem.run.pool);
    layer.basis_weights = layer.dequantized;
    for (std::size_t r = 0; r < layer.rows; ++r)
        for (std::size_t c = 0; c < layer.columns; ++c) layer.dequantized(r, c) /= factors[c];
    layer.input.column_divisors = factors;
    layer.input.quantizer.bits = parameters.activation_bits;
    layer.input.quantizer.granularity = granularity_of(parameters.activation_granularity);

    const auto smoothed_maxima = column_absmax(smoothed);
    std::vector<double> activations_after(layer.columns);
    for (std::size_t c = 0; c < layer.columns; ++c) activations_after[c] = activation_maxima[c] / factors[c];
    layer.details = {
        {"activation_maxima_before", std::vector<double>(activation_maxima.begin(), activation_maxima.end())},
        {"activation_maxima_after", std::move(activations_after)},
        {"weight_maxima_before", std::vector<double>(weight_maxima.begin(), weight_maxima.end())},
        {"weight_maxima_after", std::vector<double>(smoothed_maxima.begin(), smoothed_maxima.end())},
    };
    return layer;
}

}  // namespace quantlens::methods
