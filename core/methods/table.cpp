#include "methods/table.h"

#include <algorithm>
#include <string>
#include <utility>

#include "formats/format.h"
#include "methods/awq.h"
#include "methods/block4.h"
#include "methods/codebook.h"
#include "methods/format_method.h"
#include "methods/gptq.h"
#include "methods/hqq.h"
#include "methods/llm_int8.h"
#include "methods/quarot.h"
#include "methods/rtn.h"
#include "methods/smoothquant.h"
#include "methods/sparse.h"
#include "methods/zeroquant.h"

namespace quantlens::methods {
namespace {

template <class P>
using Function = Result<QuantizedLayer> (*)(const LinearProblem&, const P&);

/// Round-to-nearest's parameters that compare with those of another method.
template <class P>
using Nearest = RtnParameters (*)(const P&);

enum class Needs : std::uint8_t { kWeights, kActivations };

/// One line of the table: binds the settings of a front end to the method's own parameters.
template <class P>
Method entry(std::string_view id, std::string_view title, std::string_view source, Function<P> function, Needs needs,
             Nearest<P> nearest = nullptr) {
    Method method{id, title, source, needs == Needs::kActivations, describe<P>(), {}, {}, {}};
    method.effective = [id](const Settings& settings) -> Result<Settings> {
        P parameters;
        if (const auto status = assign(parameters, settings, id); !status) return std::unexpected(status.error());
        return settings_of(parameters);
    };
    method.quantize = [id, function](const LinearProblem& problem, const Settings& settings) -> Result<QuantizedLayer> {
        P parameters;
        if (const auto status = assign(parameters, settings, id); !status) return std::unexpected(status.error());
        return function(problem, parameters);
    };
    if (nearest)
        method.round_to_nearest = [id, nearest](const LinearProblem& problem,
                                                const Settings& settings) -> Result<QuantizedLayer> {
            P parameters;
            if (const auto status = assign(parameters, settings, id); !status) return std::unexpected(status.error());
            return rtn(problem, nearest(parameters));
        };
    return method;
}

/// A format has nothing to choose.
struct NoParameters {
    static constexpr auto fields() { return std::tuple{}; }
};

Method entry(const formats::Format& format) {
    Method method{format.id, format.name, format.source, false, {}, {}, {}, {}};
    method.effective = [id = format.id](const Settings& settings) -> Result<Settings> {
        if (const auto none = parameters_from<NoParameters>(settings, id); !none) return std::unexpected(none.error());
        return Settings{};
    };
    method.quantize = [&format](const LinearProblem& problem, const Settings& settings) -> Result<QuantizedLayer> {
        if (const auto none = parameters_from<NoParameters>(settings, format.id); !none)
            return std::unexpected(none.error());
        return store_in_format(problem, format);
    };
    return method;
}

// -- what round-to-nearest each method is compared with

/// The same bits, scheme, granularity, range and convention.
template <class P>
RtnParameters same_codes(const P& parameters) {
    RtnParameters nearest;
    static_cast<UniformParameters&>(nearest) = parameters;
    return nearest;
}

RtnParameters nearest_to_awq(const AwqParameters& p) { return p.nearest(); }

RtnParameters nearest_to_codebook(const CodebookParameters& p) {
    RtnParameters nearest;
    nearest.bits = p.bits;
    nearest.granularity = p.granularity;
    nearest.group_size = p.group_size;
    return nearest;
}

RtnParameters nearest_to_block4(const Block4Parameters& p) {
    RtnParameters nearest;
    nearest.scheme = Scheme::kSymmetric;
    nearest.group_size = p.block_size;
    return nearest;
}

/// The same codes and activations, without smoothing.
RtnParameters nearest_to_smoothquant(const SmoothQuantParameters& p) {
    RtnParameters nearest;
    nearest.bits = p.bits;
    nearest.scheme = Scheme::kSymmetric;
    nearest.granularity = p.granularity;
    nearest.activation_bits = p.activation_bits;
    nearest.activation_granularity = p.activation_granularity;
    return nearest;
}

/// All columns in eight bits, the outliers' too.
RtnParameters nearest_to_llm_int8(const LlmInt8Parameters&) {
    RtnParameters nearest;
    nearest.bits = nearest.activation_bits = 8;
    nearest.scheme = Scheme::kSymmetric;
    nearest.granularity = Granularity::kChannel;
    return nearest;
}

/// The plain convention in place of DeepSpeed's.
RtnParameters nearest_to_zeroquant(const ZeroQuantParameters& p) {
    RtnParameters nearest;
    nearest.bits = p.bits;
    nearest.scheme = p.scheme;
    nearest.group_size = p.group_size;
    nearest.activation_bits = p.activation_bits;
    return nearest;
}

/// The same codes and activations, without the rotation.
RtnParameters nearest_to_quarot(const QuarotParameters& p) {
    RtnParameters nearest;
    nearest.bits = p.bits;
    nearest.scheme = Scheme::kSymmetric;
    nearest.granularity = p.granularity;
    nearest.group_size = p.group_size;
    nearest.activation_bits = p.activation_bits;
    nearest.convention = Convention::kQuarot;
    return nearest;
}

/// The same bits and groups, with a whole zero point.
RtnParameters nearest_to_hqq(const HqqParameters& p) {
    RtnParameters nearest;
    nearest.bits = p.bits;
    nearest.group_size = p.group_size;
    return nearest;
}

RtnParameters nearest_to_sparse(const SparseParameters& p) {
    RtnParameters nearest;
    nearest.bits = p.bits;
    nearest.scheme = p.scheme;
    nearest.group_size = p.group_size;
    return nearest;
}

// -- the table. A new method is its source file and one line here.

std::vector<Method> make_table() {
    std::vector<Method> table{
        entry("rtn", "Round-to-nearest", "Jacob et al. 2017 (arXiv 1712.05877), section 2.1", rtn, Needs::kWeights),
        entry("gptq", "GPTQ", "Frantar et al. 2022 (arXiv 2210.17323), algorithm 1", gptq, Needs::kActivations,
              same_codes<GptqParameters>),
        entry("awq", "AWQ", "Lin et al. 2023 (arXiv 2306.00978), section 3.2", awq, Needs::kActivations,
              nearest_to_awq),
        entry("smoothquant", "SmoothQuant", "Xiao et al. 2022 (arXiv 2211.10438), section 4", smoothquant,
              Needs::kActivations, nearest_to_smoothquant),
        entry("llm-int8", "LLM.int8()", "Dettmers et al. 2022 (arXiv 2208.07339), section 3", llm_int8,
              Needs::kActivations, nearest_to_llm_int8),
        entry("zeroquant", "ZeroQuant", "Yao et al. 2022 (arXiv 2206.01861), section 4.1", zeroquant,
              Needs::kActivations, nearest_to_zeroquant),
        entry("quarot", "QuaRot", "Ashkboos et al. 2024 (arXiv 2404.00456), sections 3 and 4", quarot,
              Needs::kActivations, nearest_to_quarot),
        entry("hqq", "HQQ", "Badri and Shaji 2023 (https://mobiusml.github.io/hqq_blog/)", hqq, Needs::kWeights,
              nearest_to_hqq),
        entry("codebook", "Codebook", "Han et al. 2015 (arXiv 1510.00149), section 3", codebook, Needs::kWeights,
              nearest_to_codebook),
        entry("nf4", "NF4", "Dettmers et al. 2023 (arXiv 2305.14314), section 3", nf4, Needs::kWeights,
              nearest_to_block4),
        entry("fp4", "FP4", "bitsandbytes' four-bit floating point; Dettmers et al. 2023 (arXiv 2305.14314)", fp4,
              Needs::kWeights, nearest_to_block4),
        entry("sparse", "Sparse outliers", "Kim et al. 2023 (arXiv 2306.07629), section 4.2", sparse, Needs::kWeights,
              nearest_to_sparse),
    };
    for (const auto& format : formats::all()) {
        const bool taken = std::ranges::any_of(table, [&](const Method& method) { return method.id == format.id; });
        if (!taken) table.push_back(entry(format));
    }
    return table;
}

}  // namespace

std::span<const Method> all() {
    static const std::vector<Method> table = make_table();
    return table;
}

Result<const Method*> find(std::string_view id) {
    const auto methods = all();
    const auto found = std::ranges::find(methods, id, &Method::id);
    if (found != methods.end()) return &*found;
    std::string known;
    for (const Method& method : methods) known.append(known.empty() ? "" : ", ").append(method.id);
    return bad_parameter("method", id, "one of " + known);
}

Result<QuantizedLayer> quantize(const Method& method, const LinearProblem& problem, const Settings& settings) {
    if (const auto status = check_finite(problem.weights, "weights"); !status) return std::unexpected(status.error());
    if (problem.activations) {
        if (const auto status = check_finite(*problem.activations, "activations"); !status)
            return std::unexpected(status.error());
        if (const auto status = check_inputs_fit(problem.weights, *problem.activations); !status)
            return std::unexpected(status.error());
    } else if (method.needs_activations) {
        return fail(ErrorCode::kBadParameter, "activations",
                    std::string{method.id} + " needs activations, the inputs of the layer");
    }
    auto layer = method.quantize(problem, settings);
    // A range near the largest float has a step, or a level, beyond it.
    if (layer && !check_finite(layer->dequantized, "weights"))
        return fail(ErrorCode::kNotFinite, "weights",
                    "the range of the weights is too wide: quantized by " + std::string{method.id} +
                        " some are beyond float32; must be at most about 1e38");
    return layer;
}

}  // namespace quantlens::methods
