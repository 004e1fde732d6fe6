#include "methods/rtn.h"

#include <utility>

namespace quantlens::methods {

QuantizedLayer layer_of(Codes codes, ThreadPool& pool) {
    QuantizedLayer layer;
    layer.rows = codes.rows;
    layer.columns = codes.columns;
    layer.dequantized = dequantize(codes, pool);
    layer.storage = stored_parts(codes);
    layer.codes = std::move(codes);
    return layer;
}

Result<QuantizedLayer> rtn(const LinearProblem& problem, const RtnParameters& parameters) {
    if (const auto status = check_ranges(parameters); !status) return std::unexpected(status.error());
    if (const auto status = check_finite(problem.weights, "weights"); !status) return std::unexpected(status.error());
    auto codes = quantize_uniform(problem.weights, parameters.settings(), problem.run);
    if (!codes) return std::unexpected(codes.error());
    QuantizedLayer layer = layer_of(std::move(*codes), problem.run.pool);
    layer.input.quantizer = parameters.activation_quantizer();
    return layer;
}

}  // namespace quantlens::methods
