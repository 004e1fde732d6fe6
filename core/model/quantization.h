#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "methods/kv.h"
#include "methods/table.h"
#include "model/model.h"
#include "tensor/fields.h"
#include "tensor/run.h"

/// Quantizes a whole model, matrix by matrix.
namespace quantlens::model {

/// What is done to the model beside the method and its own settings.
struct QuantizationPlan {
    std::string layers = "model.layers.*";
    int activation_bits = 16;
    bool rotate = false;
    double smooth = 0;
    double plant_outliers = 1;
    int outlier_channels = 4;
    int calibration_tokens = 2048;
    std::string kv_key = "f32";
    std::string kv_value = "f32";
    int kv_group = 32;
    int kv_residual = 32;
    methods::CacheGranularity kv_key_granularity = methods::CacheGranularity::kChannel;
    bool kv_rotate = false;

    static constexpr auto fields() {
        using P = QuantizationPlan;
        return std::tuple{
            text("layers", &P::layers, "which matrices: their names match this pattern (* and ?)"),
            integer("activation_bits", &P::activation_bits, 2, 16, 1, "bits",
                    "inputs of the quantized matrices are rounded to this, one scale a token; 16: as the method does"),
            flag("rotate", &P::rotate, "inputs and weights are rotated by a Hadamard matrix first"),
            real("smooth", &P::smooth, 0, 1, 0.05, "",
                 "SmoothQuant's alpha: moves part of the inputs' range into the weights first; 0: nothing"),
            real("plant_outliers", &P::plant_outliers, 1, 1000, 1, "",
                 "makes a few channels this many times larger without changing the model's function; 1: none"),
            integer("outlier_channels", &P::outlier_channels, 1, 1024, 1, "channels", "how many channels get outliers"),
            integer("calibration_tokens", &P::calibration_tokens, 1, 1 << 20, 1, "tokens",
                    "of the calibration text whose activations are collected"),
            text("kv_key", &P::kv_key, "format of the cached keys: f32, int1 ... int8, fp8_e4m3, q8_0, ..."),
            text("kv_value", &P::kv_value, "format of the cached values"),
            integer("kv_group", &P::kv_group, 1, 1 << 20, 1, "values", "cached values that share a scale"),
            integer("kv_residual", &P::kv_residual, 0, 1 << 20, 1, "tokens",
                    "recent tokens that the cache keeps as they are"),
            choice("kv_key_granularity", &P::kv_key_granularity, methods::kCacheGranularityNames,
                   "keys that share a scale, for intN and FP8: tokens of one channel, or channels of one token"),
            flag("kv_rotate", &P::kv_rotate,
                 "keys and values are rotated by a Hadamard matrix, head by head, before they are stored, as QuaRot "
                 "does"),
        };
    }
};

/// The inputs that each matrix sees on a text: matrices that read the same share them.
class Calibration {
public:
    /// Runs the model over the text, in windows of its context, until `tokens` are seen or the text ends.
    /// Fails where the text is empty or has a token outside the vocabulary, or an input is not finite.
    static Result<Calibration> capture(const Model& model, std::span<const Token> text, std::size_t tokens,
                                       ThreadPool& pool);

    /// The inputs of the tensor with this index in specs() [tokens x columns]; empty for a tensor that is no matrix of
    /// a layer and not the head.
    MatrixView<const float> inputs(std::size_t tensor) const;

private:
    std::map<std::size_t, std::shared_ptr<const Matrix>> inputs_;
};

/// One matrix under a plan: smoothed and rotated as the plan says, then through the method, all of it undone in
/// `dequantized`. `activations` are needed where the method or the plan's smoothing needs them.
/// Fails as the method does, and with kUnsupported where the plan and the method both transform the inputs.
Result<methods::QuantizedLayer> quantize_matrix(const methods::Method& method, const Settings& settings,
                                                const QuantizationPlan& plan, MatrixView<const float> weights,
                                                MatrixView<const float> activations, const Run& run);

/// The work of quantizing a model, in steps of one matrix.
class Quantization {
public:
    /// `method` may be null: then only the plan's outliers, activation bits and KV formats apply.
    /// `calibration_text` is read where activations are needed; else it may be empty.
    /// Fails where a setting is wrong, no matrix matches, or activations are needed and there is no text.
    static Result<Quantization> create(std::shared_ptr<const Weights> weights, const methods::Method* method,
                                       Settings settings, const QuantizationPlan& plan,
                                       std::vector<Token> calibration_text);

    std::size_t steps() const { return matrices_.size() + (needs_activations_ ? 1 : 0); }
    std::size_t steps_done() const { return done_; }
    /// The first step is to capture the calibration, where one is needed. Another quantization of the same original
    /// that sees as many tokens of the same text can be given it, and then does not capture its own.
    bool needs_calibration() const { return needs_activations_ && !calibration_; }
    void use(std::shared_ptr<const Calibration> calibration) { calibration_ = std::move(calibration); }
    /// Does the next step; false when all are done.
    Result<bool> advance(const Run& run);
    /// The unquantized model that the result is compared with (with the planted outliers).
    std::shared_ptr<const Model> original() const { return original_; }
    /// The model so far.
    const Model& model() const { return model_; }
    /// The indices of the matrices, in the order in which they are quantized.
    std::span<const std::size_t> matrices() const { return matrices_; }

private:
    Quantization(std::shared_ptr<const Model> original, const methods::Method* method, Settings settings,
                 const QuantizationPlan& plan, std::vector<Token> calibration_text);

    std::shared_ptr<const Model> original_;
    Model model_;
    const methods::Method* method_;
    Settings settings_;
    QuantizationPlan plan_;
    std::vector<Token> text_;
    std::vector<std::size_t> matrices_;
    bool needs_activations_ = false;
    std::size_t done_ = 0;
    std::shared_ptr<const Calibration> calibration_;
};

/// All of it at once. Fails with kCancelled where run.progress says so.
Result<std::shared_ptr<const Model>> quantize(Quantization& quantization, const Run& run);

}  // namespace quantlens::model
