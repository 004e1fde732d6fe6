// Every method and format on one layer: what each costs in bits and in error, and which of them nothing else beats.

#include <algorithm>
#include <cmath>
#include <optional>

#include "formats/format.h"
#include "methods/table.h"
#include "request/json.h"
#include "request/layer_source.h"
#include "request/operation.h"
#include "tensor/statistics.h"

namespace quantlens::request {
namespace {

struct Trial {
    const methods::Method* method = nullptr;
    Settings settings;
    bool is_format = false;
};

/// The bits at which a method is tried, where it can be told; others are tried as they are.
constexpr int kBits[] = {2, 3, 4, 5, 6, 8};

std::vector<Trial> all_trials() {
    std::vector<Trial> trials;
    for (const auto& method : methods::all()) {
        const bool is_format = formats::find(method.id).has_value();
        const auto bits = std::ranges::find(method.fields, "bits", &FieldInfo::key);
        if (is_format || bits == method.fields.end()) {
            trials.push_back({&method, {}, is_format});
            continue;
        }
        for (const int b : kBits)
            if (b >= bits->minimum && b <= bits->maximum)
                trials.push_back({&method, {{"bits", std::int64_t{b}}}, false});
    }
    return trials;
}

struct Outcome {
    Json row;
    double bits = 0, weight_error = 0;
    std::optional<double> output_error;
};

/// Whether no other outcome has as few bits and as little error, and less of one of them.
template <class ErrorOf>
bool unbeaten(const Outcome& one, const std::vector<Outcome>& all, ErrorOf error_of) {
    return std::ranges::none_of(all, [&](const Outcome& other) {
        return other.bits <= one.bits && error_of(other) <= error_of(one) &&
               (other.bits < one.bits || error_of(other) < error_of(one));
    });
}

struct CompareParameters : LayerSource {
    static constexpr auto fields() { return LayerSource::fields(); }
};

Result<Response> compare(const CompareParameters& p, Call& call) {
    auto layer = layer_from(p, call);
    if (!layer) return std::unexpected(layer.error());
    if (const auto status = check_finite(layer->weights, "weights"); !status) return std::unexpected(status.error());
    methods::LinearProblem problem{layer->weights, std::nullopt, call.run};
    std::optional<Matrix> exact;
    if (layer->activations) {
        problem.activations = *layer->activations;
        auto output = product(*layer->activations, layer->weights, call.run);
        if (!output) return std::unexpected(output.error());
        exact = *std::move(output);
    }

    const auto trials = all_trials();
    std::vector<Outcome> outcomes;
    Json left_out = Json::array();
    for (std::size_t i = 0; i < trials.size(); ++i) {
        if (call.run.should_stop(double(i) / double(trials.size())))
            return fail(ErrorCode::kCancelled, "", "cancelled");
        const auto& [method, settings, is_format] = trials[i];
        if (method->needs_activations && !layer->activations) {
            left_out.push_back(
                object({{"method", method->id}, {"because", "it needs activations, the inputs of the layer"}}));
            continue;
        }
        const auto quantized = methods::quantize(*method, problem, settings);
        if (!quantized) {
            if (quantized.error().code == ErrorCode::kCancelled || quantized.error().code == ErrorCode::kNotFinite)
                return std::unexpected(quantized.error());
            left_out.push_back(object({{"method", method->id}, {"because", quantized.error().message}}));
            continue;
        }
        Outcome outcome;
        outcome.bits = quantized->bits_per_weight();
        outcome.weight_error = deviation_of(layer->weights, quantized->dequantized).mse;
        outcome.row = object({{"method", method->id},
                              {"title", method->title},
                              {"is_format", is_format},
                              {"bits", settings.empty() ? Json() : to_json(settings.front().second)},
                              {"activation_bits", quantized->input.quantizer.bits},
                              {"bits_per_weight", outcome.bits},
                              {"bytes", quantized->stored_bytes()},
                              {"weight_mse", outcome.weight_error}});
        if (exact) {
            const auto output = quantized->multiply(*layer->activations, call.run);
            if (!output) return std::unexpected(output.error());
            const auto error = output_error(*layer, *quantized, *exact, *output, call.run);
            if (!error) return std::unexpected(error.error());
            outcome.output_error = *error;
            set(outcome.row, "output_mse", *outcome.output_error);
        }
        outcomes.push_back(std::move(outcome));
    }

    Json rows = Json::array();
    for (auto& outcome : outcomes) {
        set(outcome.row, "best_weights", unbeaten(outcome, outcomes, [](const Outcome& o) { return o.weight_error; }));
        if (exact)
            set(outcome.row, "best_output",
                unbeaten(outcome, outcomes, [](const Outcome& o) { return *o.output_error; }));
        rows.push_back(outcome.row);
    }
    Response response;
    response.body = object({{"layer", layer->description},
                            {"rows", layer->weights.rows()},
                            {"columns", layer->weights.columns()},
                            {"results", std::move(rows)}});
    if (!left_out.empty()) set(response.body, "left_out", std::move(left_out));
    return response;
}

}  // namespace

std::vector<Operation> comparison_operations() {
    return {operation<CompareParameters>("compare",
                                         "every method and format on one layer, and which nothing else beats",
                                         {"weights", "activations", "model", "config", "calibration"}, compare)};
}

}  // namespace quantlens::request
