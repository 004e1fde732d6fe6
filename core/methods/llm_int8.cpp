#include "methods/llm_int8.h"

#include <cmath>
#include <cstddef>
#include <utility>

#include "methods/rtn.h"

namespace quantlens::methods {

std::vector<std::uint32_t> outlier_columns(MatrixView<const float> activations, double threshold) {
    std::vector<std::uint32_t> columns;
    if (!(threshold > 0)) return columns;
    const auto limit = float(threshold);
    for (std::size_t c = 0; c < activations.columns(); ++c)
        for (std::size_t t = 0; t < activations.rows(); ++t)
            if (std::abs(activations(t, c)) >= limit) {
                columns.push_back(std::uint32_t(c));
                break;
            }
    return columns;
}

Result<QuantizedLayer> llm_int8(const LinearProblem& problem, const LlmInt8Parameters& parameters) {
    if (const auto ok = check_ranges(parameters); !ok) return std::unexpected(ok.error());
    if (!problem.activations)
        return bad_shape("activations", "llm-int8 needs activations: they say which columns hold outliers");

    UniformSettings settings;
    settings.bits = 8;
    settings.scheme = Scheme::kSymmetric;
    settings.granularity = Granularity::kChannel;
    settings.convention = Convention::kBitsandbytes;
    auto codes = quantize_uniform(problem.weights, settings, problem.run);
    if (!codes) return std::unexpected(codes.error());

    QuantizedLayer layer = layer_of(std::move(*codes), problem.run.pool);
    layer.input.splits_columns = true;
    layer.input.float_columns = outlier_columns(*problem.activations, parameters.threshold);
    layer.input.quantizer = {.bits = 8,
                             .granularity = Granularity::kToken,
                             .scheme = Scheme::kSymmetric,
                             .convention = Convention::kBitsandbytes,
                             .clip_ratio = 1.0,
                             .outlier_threshold = float(parameters.threshold)};
    layer.details = {{"outlier_columns", layer.input.float_columns},
                     {"outlier_share", double(layer.input.float_columns.size()) / double(layer.columns)}};
    return layer;
}

}  // namespace quantlens::methods
