#include "model/training_run.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "model/evaluation.h"

namespace quantlens::model {

namespace {

/// The plan's bits and group size as settings of a method that has them.
Settings settings_for(const methods::Method& method, const LearningPlan& plan) {
    Settings settings;
    for (const auto& field : method.fields) {
        if (field.key == "bits") settings.emplace_back("bits", std::int64_t{plan.bits});
        if (field.key == "group_size" && plan.group_size > 0)
            settings.emplace_back("group_size", std::int64_t{plan.group_size});
        if (field.key == "granularity")
            settings.emplace_back("granularity", std::string{plan.group_size > 0 ? "group" : "channel"});
    }
    return settings;
}

Result<std::shared_ptr<const Model>> quantized_base(std::shared_ptr<const Weights> weights,
                                                    const methods::Method& method, const LearningPlan& plan,
                                                    std::vector<Token> calibration_text, const Run& run) {
    QuantizationPlan quantization_plan;
    quantization_plan.layers = plan.layers;
    auto quantization = Quantization::create(std::move(weights), &method, settings_for(method, plan), quantization_plan,
                                             std::move(calibration_text));
    if (!quantization) return std::unexpected(quantization.error());
    return quantize(*quantization, run);
}

}  // namespace

Result<TrainingRun> TrainingRun::create(std::shared_ptr<const Weights> weights, std::vector<Token> text,
                                        const TrainingRunParameters& parameters, std::vector<Token> calibration_text,
                                        const Run& run) {
    if (const auto ranges = check_ranges(parameters); !ranges) return std::unexpected(ranges.error());
    const LearningPlan& plan = parameters;
    const TrainingParameters& training = parameters;
    const bool frozen = plan.learning == Learning::kScales || plan.learning == Learning::kAdapters;
    const methods::Method* method = nullptr;
    if (parameters.base != "none") {
        if (!frozen) return bad_parameter("base", parameters.base, "none unless learning is scales or lora");
        const auto found = methods::find(parameters.base);
        if (!found) return std::unexpected(found.error());
        method = *found;
    }
    const bool loftq = parameters.loftq_iterations > 0;
    if (loftq && (plan.learning != Learning::kAdapters || !method))
        return bad_parameter("loftq_iterations", parameters.loftq_iterations,
                             "0 unless learning is lora on a quantized base");

    auto base = std::make_shared<const Model>(weights);
    if (method && !loftq) {
        auto quantized = quantized_base(weights, *method, plan, std::move(calibration_text), run);
        if (!quantized) return std::unexpected(quantized.error());
        base = std::move(*quantized);
    }
    std::vector<std::pair<std::size_t, Adapter>> adapters;
    if (loftq) {
        // The base of each matrix depends on its adapter, so both come out of one search.
        auto model = std::make_shared<Model>(weights);
        auto named = Parametrization::create(*weights, plan, run.seed);
        if (!named) return std::unexpected(named.error());
        for (const std::size_t tensor : named->matrices()) {
            auto start =
                loftq_start(*method, settings_for(*method, plan), weights->tensor(tensor), std::size_t(plan.rank),
                            plan.alpha / plan.rank, parameters.loftq_iterations, Run{run.pool, run.seed, {}});
            if (!start) return std::unexpected(start.error());
            if (const auto ok = model->set_quantized(tensor, std::move(start->base)); !ok)
                return std::unexpected(ok.error());
            adapters.emplace_back(tensor, std::move(start->adapter));
        }
        base = std::move(model);
    }
    auto parametrization = Parametrization::create(base->weights(), plan, run.seed);
    if (!parametrization) return std::unexpected(parametrization.error());
    for (const auto& [tensor, adapter] : adapters)
        if (const auto ok = parametrization->set_adapter(tensor, adapter); !ok) return std::unexpected(ok.error());
    auto trainer = Trainer::create(base->weights(), std::move(text), training, run.seed, std::move(*parametrization));
    if (!trainer) return std::unexpected(trainer.error());
    return TrainingRun(std::move(base), std::move(*trainer));
}

Result<double> bits_per_token(const Weights& weights, std::span<const Token> text, std::size_t stride,
                              ThreadPool& pool) {
    const std::size_t length = Baseline::window_of(weights.config());
    Activations activations(weights.config(), false);
    double sum = 0;
    std::size_t count = 0;
    for (std::size_t first = 0; first + 1 < text.size(); first += length * std::max<std::size_t>(1, stride)) {
        const auto window = text.subspan(first, std::min(length, text.size() - first));
        const Batch batch{window.first(window.size() - 1)};
        if (const auto fits = check(weights.config(), batch); !fits) return std::unexpected(fits.error());
        forward(weights, batch, activations, {}, pool);
        sum += cross_entropy(activations.logits, window.subspan(1), 1.0, pool);
        count += window.size() - 1;
    }
    if (count == 0) return bad_shape("text", "the text must have at least 2 tokens");
    return sum / double(count) / std::numbers::ln2;
}

}  // namespace quantlens::model
