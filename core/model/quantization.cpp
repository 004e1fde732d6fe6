#include "model/quantization.h"

#include <algorithm>

#include "kernels/rows.h"
#include "methods/smoothquant.h"
#include "model/outliers.h"
#include "tensor/statistics.h"

namespace quantlens::model {

Result<Calibration> Calibration::capture(const Model& model, std::span<const Token> text, std::size_t tokens,
                                         ThreadPool& pool) {
    const Config& config = model.config();
    const Weights& weights = model.weights();
    text = text.first(std::min(text.size(), tokens));
    std::map<std::size_t, std::shared_ptr<Matrix>> room;  // by the first tensor that reads the inputs
    Activations activations(config, false);
    for (std::size_t first = 0; first < text.size() || first == 0; first += config.context) {
        const Batch batch{text.subspan(first, std::min(config.context, text.size() - first))};
        if (const auto fits = check(config, batch); !fits) return std::unexpected(fits.error());
        Hooks hooks;
        hooks.product = [&](std::size_t layer, Product which, MatrixView<float> inputs, MatrixView<float> outputs) {
            const bool is_head = which == Product::kHead;
            const auto parts = is_head ? ProductParts{} : parts_of(which);
            auto& seen = room[is_head ? weights.head_index() : weights.index(layer, parts.first)];
            if (!seen) seen = std::make_shared<Matrix>(text.size(), inputs.columns());
            for (std::size_t r = 0; r < inputs.rows(); ++r)
                std::ranges::copy(inputs.row(r), seen->row(first + r).begin());
            plain_product(weights, layer, which, inputs, outputs, pool);
        };
        forward(weights, batch, activations, hooks, pool);
    }
    Calibration calibration;
    const auto share = [&](std::size_t first, std::size_t count) -> Status {
        const auto& inputs = room.at(first);
        if (const auto finite = check_finite(*inputs, "inputs of " + weights.specs()[first].name); !finite)
            return finite;
        for (std::size_t i = first; i < first + count; ++i) calibration.inputs_[i] = inputs;
        return {};
    };
    for (std::size_t layer = 0; layer < config.layers; ++layer)
        for (const Product which : {Product::kQueryKeyValue, Product::kOutput, Product::kGateUp, Product::kDown}) {
            const auto parts = parts_of(which);
            if (const auto ok = share(weights.index(layer, parts.first), parts.count); !ok)
                return std::unexpected(ok.error());
        }
    if (const auto ok = share(weights.head_index(), 1); !ok) return std::unexpected(ok.error());
    return calibration;
}

MatrixView<const float> Calibration::inputs(std::size_t tensor) const {
    const auto at = inputs_.find(tensor);
    return at == inputs_.end() ? MatrixView<const float>{} : at->second->view();
}

namespace {

bool transforms(const methods::InputTransform& input) {
    return !input.column_divisors.empty() || input.hadamard || input.splits_columns;
}

/// The factors of SmoothQuant for these inputs and weights.
std::vector<float> factors_of(MatrixView<const float> weights, MatrixView<const float> activations, double alpha) {
    return methods::smoothing_factors(column_absmax(activations), column_absmax(weights), alpha);
}

void scale_columns(MatrixView<float> matrix, std::span<const float> factors, bool divide) {
    for (std::size_t r = 0; r < matrix.rows(); ++r)
        for (std::size_t c = 0; c < matrix.columns(); ++c)
            matrix(r, c) = divide ? matrix(r, c) / factors[c] : matrix(r, c) * factors[c];
}

}  // namespace

Result<methods::QuantizedLayer> quantize_matrix(const methods::Method& method, const Settings& settings,
                                                const QuantizationPlan& plan, MatrixView<const float> weights,
                                                MatrixView<const float> activations, const Run& run) {
    const bool smooths = plan.smooth > 0;
    Matrix moved_weights, moved_activations;
    std::vector<float> factors;
    if (smooths || plan.rotate) {
        moved_weights = Matrix(weights);
        moved_activations = Matrix(activations);
    }
    if (smooths) {
        if (activations.empty())
            return fail(ErrorCode::kBadParameter, "smooth", "smoothing needs activations; give a calibration text");
        factors = factors_of(weights, activations, plan.smooth);
        scale_columns(moved_weights, factors, false);
        scale_columns(moved_activations, factors, true);
    }
    if (plan.rotate) {
        if (const auto ok = kernels::hadamard(moved_weights, false, run.pool); !ok) return std::unexpected(ok.error());
        if (!moved_activations.empty())
            if (const auto ok = kernels::hadamard(moved_activations, false, run.pool); !ok)
                return std::unexpected(ok.error());
    }
    const bool moved = smooths || plan.rotate;
    const MatrixView<const float> inputs = moved ? MatrixView<const float>(moved_activations) : activations;
    methods::LinearProblem problem{moved ? MatrixView<const float>(moved_weights) : weights, {}, run};
    if (!inputs.empty()) problem.activations = inputs;
    auto layer = methods::quantize(method, problem, settings);
    if (!layer) return layer;

    if (plan.activation_bits < 16) {
        layer->input.quantizer.bits = plan.activation_bits;
        layer->input.quantizer.granularity = methods::Granularity::kToken;
    }
    if (!moved) return layer;
    if (transforms(layer->input))
        return fail(
            ErrorCode::kUnsupported, plan.rotate ? "rotate" : "smooth",
            std::string{method.title} + " transforms the inputs itself and cannot be stacked with rotate or smooth");
    // The product uses the weights in the moved basis; `dequantized` goes back to the original one.
    layer->basis_weights = layer->dequantized;
    layer->input.column_divisors = factors;
    layer->input.hadamard = plan.rotate;
    if (plan.rotate)
        if (const auto ok = kernels::hadamard(layer->dequantized, true, run.pool); !ok)
            return std::unexpected(ok.error());
    if (smooths) scale_columns(layer->dequantized, factors, true);
    return layer;
}

Result<Quantization> Quantization::create(std::shared_ptr<const Weights> weights, const methods::Method* method,
                                          Settings settings, const QuantizationPlan& plan,
                                          std::vector<Token> calibration_text) {
    if (const auto ranges = check_ranges(plan); !ranges) return std::unexpected(ranges.error());
    if (method) {
        auto effective = method->effective(settings);
        if (!effective) return std::unexpected(effective.error());
        settings = std::move(*effective);
    }
    if (plan.plant_outliers != 1) {
        auto planted = std::make_shared<Weights>(*weights);
        const auto channels = outlier_channels(weights->config(), std::size_t(plan.outlier_channels), 0);
        if (const auto ok = plant_outliers(*planted, channels, plan.plant_outliers); !ok)
            return std::unexpected(ok.error());
        weights = std::move(planted);
    }
    Quantization quantization(std::make_shared<const Model>(std::move(weights)), method, std::move(settings), plan,
                              std::move(calibration_text));
    if (const auto ok = quantization.model_.set_cache(
            {plan.kv_key, plan.kv_value, plan.kv_group, plan.kv_residual, plan.kv_key_granularity, plan.kv_rotate});
        !ok)
        return std::unexpected(ok.error());

    const Weights& own = quantization.original_->weights();
    const bool acts = method || plan.activation_bits < 16;
    if (acts) {
        for (std::size_t i = 0; i < own.specs().size(); ++i)
            if (!own.specs()[i].is_norm && glob_matches(plan.layers, own.specs()[i].name))
                quantization.matrices_.push_back(i);
        if (quantization.matrices_.empty())
            return bad_parameter("layers", plan.layers, "a pattern that matches a matrix, such as model.layers.*");
    }
    quantization.needs_activations_ = (method && method->needs_activations) || (method && plan.smooth > 0);
    if (quantization.needs_activations_) {
        if (quantization.text_.empty())
            return fail(ErrorCode::kBadParameter, "calibration",
                        (method->needs_activations ? std::string{method->id} : std::string{"smooth"}) +
                            " needs activations; give a calibration text");
        if (!own.config().tied_embeddings) std::erase(quantization.matrices_, own.embedding_index());
    }
    return quantization;
}

Quantization::Quantization(std::shared_ptr<const Model> original, const methods::Method* method, Settings settings,
                           const QuantizationPlan& plan, std::vector<Token> calibration_text)
    : original_(std::move(original)), model_(*original_), method_(method), settings_(std::move(settings)), plan_(plan),
      text_(std::move(calibration_text)) {}

Result<bool> Quantization::advance(const Run& run) {
    if (done_ == steps()) return false;
    if (needs_activations_ && done_ == 0) {
        if (!calibration_) {
            auto captured = Calibration::capture(*original_, text_, std::size_t(plan_.calibration_tokens), run.pool);
            if (!captured) return std::unexpected(captured.error());
            calibration_ = std::make_shared<const Calibration>(*std::move(captured));
        }
        ++done_;
        return true;
    }
    const std::size_t tensor = matrices_[done_ - (needs_activations_ ? 1 : 0)];
    if (method_) {
        const Run own{run.pool, run.seed, {}};
        auto layer = quantize_matrix(*method_, settings_, plan_, original_->weights().tensor(tensor),
                                     calibration_ ? calibration_->inputs(tensor) : MatrixView<const float>{}, own);
        if (!layer) {
            Error error = layer.error();
            error.message = original_->weights().specs()[tensor].name + ": " + error.message;
            return std::unexpected(std::move(error));
        }
        if (const auto ok = model_.set_quantized(tensor, std::move(*layer)); !ok) return std::unexpected(ok.error());
    } else {
        methods::ActivationQuantizer quantizer;
        quantizer.bits = plan_.activation_bits;
        model_.set_activation_quantizer(tensor, quantizer);
    }
    ++done_;
    return true;
}

Result<std::shared_ptr<const Model>> quantize(Quantization& quantization, const Run& run) {
    for (;;) {
        const auto more = quantization.advance(run);
        if (!more) return std::unexpected(more.error());
        if (!*more) return std::make_shared<const Model>(quantization.model());
        if (run.should_stop(double(quantization.steps_done()) / double(quantization.steps())))
            return fail(ErrorCode::kCancelled, "", "quantizing was stopped");
    }
}

}  // namespace quantlens::model
