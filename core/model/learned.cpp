#include "model/learned.h"

#include <algorithm>

#include "methods/uniform.h"

namespace quantlens::model {

namespace {

/// A layer whose weights are rounded as the plan says.
Result<methods::QuantizedLayer> rounded(MatrixView<const float> weights, const LearningPlan& plan, const Run& run) {
    auto codes = methods::quantize_uniform(weights, plan.rounding(), run);
    if (!codes) return std::unexpected(codes.error());
    methods::QuantizedLayer layer;
    layer.rows = weights.rows();
    layer.columns = weights.columns();
    layer.dequantized = methods::dequantize(*codes, run.pool);
    layer.storage = methods::stored_parts(*codes);
    layer.codes = std::move(*codes);
    layer.input.quantizer.bits = plan.activation_bits;
    return layer;
}

}  // namespace

Result<std::shared_ptr<const Model>> learned_model(const Trainer& trainer, const Model& base, bool merged,
                                                   const Run& run) {
    const auto& plan = trainer.parametrization().plan();
    const Weights weights = trainer.averaged_weights(run.pool);
    const auto& specs = weights.specs();
    const auto& matrices = trainer.parametrization().matrices();
    auto model = std::make_shared<Model>(base);
    for (std::size_t i = 0; i < specs.size(); ++i) {
        const bool chosen = std::ranges::find(matrices, i) != matrices.end();
        if (plan.learning == Learning::kQuantizationAware && chosen) {
            // The learnable values, not their rounded form: the codes of both are the same, the scales to the last bit.
            const auto learnable = trainer.averaged();
            const auto slot = trainer.parametrization().slots()[i];
            auto layer = rounded({learnable.data() + slot.offset, specs[i].rows, specs[i].columns}, plan, run);
            if (!layer) return std::unexpected(layer.error());
            if (const auto ok = model->set_quantized(i, std::move(*layer)); !ok) return std::unexpected(ok.error());
            continue;
        }
        model->set_values(i, weights.tensor(i));
        if (plan.learning == Learning::kAdapters && chosen) {
            if (merged)
                model->set_stored_bits(i, 16 * specs[i].size());
            else
                model->add_stored_bits(i, 16 * std::size_t(plan.rank) * (specs[i].rows + specs[i].columns));
        }
    }
    return std::shared_ptr<const Model>(std::move(model));
}

}  // namespace quantlens::model
