#include "methods/quarot.h"

#include <string>
#include <utility>
#include <vector>

#include "kernels/rows.h"
#include "methods/gptq.h"
#include "methods/rtn.h"
#include "tensor/statistics.h"

namespace quantlens::methods {
namespace {

Result<QuantizedLayer> quantize_rotated(const LinearProblem& rotated, const QuarotParameters& parameters) {
    if (parameters.base == QuarotBase::kGptq) {
        GptqParameters base;
        base.bits = parameters.bits;
        base.scheme = Scheme::kSymmetric;
        base.granularity = parameters.granularity;
        base.group_size = parameters.group_size;
        base.convention = Convention::kQuarot;
        return gptq(rotated, base);
    }
    RtnParameters base;
    base.bits = parameters.bits;
    base.scheme = Scheme::kSymmetric;
    base.granularity = parameters.granularity;
    base.group_size = parameters.group_size;
    base.convention = Convention::kQuarot;
    return rtn(rotated, base);
}

void describe_range(const std::string& what, const std::string& when, std::span<const float> values,
                    std::vector<std::pair<std::string, Detail>>& details) {
    const auto statistics = statistics_of(values);
    details.emplace_back(what + "_max_over_rms_" + when, statistics.max_over_rms);
    details.emplace_back(what + "_max_" + when, statistics.max_over_rms * statistics.rms);
}

}  // namespace

Result<QuantizedLayer> quarot(const LinearProblem& problem, const QuarotParameters& parameters) {
    if (const auto ok = check_ranges(parameters); !ok) return std::unexpected(ok.error());
    if (!problem.activations)
        return bad_shape("activations", "quarot needs activations: they are rotated and rounded with the weights");
    Matrix weights(problem.weights), activations(*problem.activations);
    std::vector<std::pair<std::string, Detail>> details;
    describe_range("activation", "before", activations.values(), details);
    describe_range("weight", "before", weights.values(), details);
    for (Matrix* matrix : {&weights, &activations})
        if (const auto ok = kernels::hadamard(*matrix, false, problem.run.pool); !ok)
            return std::unexpected(ok.error());
    if (const auto ok = check_finite(weights, "the rotated weights"); !ok) return std::unexpected(ok.error());
    if (const auto ok = check_finite(activations, "the rotated activations"); !ok) return std::unexpected(ok.error());
    describe_range("activation", "after", activations.values(), details);
    describe_range("weight", "after", weights.values(), details);

    auto layer = quantize_rotated({weights.view(), activations.view(), problem.run}, parameters);
    if (!layer) return layer;
    layer->basis_weights = std::move(layer->dequantized);
    layer->dequantized = layer->basis_weights;
    if (const auto ok = kernels::hadamard(layer->dequantized, true, problem.run.pool); !ok)
        return std::unexpected(ok.error());
    if (const auto ok = check_finite(layer->dequantized, "the weights rotated back"); !ok)
        return std::unexpected(ok.error());
    layer->input.hadamard = true;
    layer->input.quantizer = {.bits = parameters.activation_bits,
                              .granularity = Granularity::kToken,
                              .scheme = Scheme::kSymmetric,
                              .convention = Convention::kQuarot,
                              .clip_ratio = parameters.activation_clip_ratio,
                              .outlier_threshold = 0};
    layer->details.insert(layer->details.begin(), details.begin(), details.end());
    return layer;
}

}  // namespace quantlens::methods
