#include "methods/zeroquant.h"

#include <utility>

#include "methods/rtn.h"

namespace quantlens::methods {

Result<QuantizedLayer> zeroquant(const LinearProblem& problem, const ZeroQuantParameters& parameters) {
    if (const auto ok = check_ranges(parameters); !ok) return std::unexpected(ok.error());
    UniformSettings settings;
    settings.bits = parameters.bits;
    settings.scheme = parameters.scheme;
    settings.granularity = Granularity::kGroup;
    settings.group_size = parameters.group_size;
    settings.convention = Convention::kDeepspeed;
    auto codes = quantize_uniform(problem.weights, settings, problem.run);
    if (!codes) return std::unexpected(codes.error());

    QuantizedLayer layer = layer_of(std::move(*codes), problem.run.pool);
    layer.input.quantizer.bits = parameters.activation_bits;
    layer.input.quantizer.granularity = Granularity::kToken;
    layer.input.quantizer.scheme = parameters.activation_scheme;
    layer.input.quantizer.convention = Convention::kDeepspeed;
    return layer;
}

}  // namespace quantlens::methods
