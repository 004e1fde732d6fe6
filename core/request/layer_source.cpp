#include "request/layer_source.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>

#include "files/directory.h"
#include "kernels/elementwise.h"
#include "model/outliers.h"
#include "request/operation.h"
#include "request/state.h"
#include "tensor/synthetic.h"

namespace quantlens::request {
namespace {

constexpr std::size_t kMaxSyntheticValues = std::size_t{1} << 27;

Result<Matrix> matrix_from(Call& call, std::string_view name) {
    auto values = find_floats(call, name);
    if (!values) return std::unexpected(values.error());
    const auto& shape = (*find_array(call, name))->shape;
    if (shape.empty() || shape.size() > 2)
        return bad_shape(name, std::string{name} + " has " + to_text(shape.size()) + " axes, must have 1 or 2");
    const std::size_t rows = shape.size() == 2 ? shape[0] : 1;
    const std::vector<float> taken = std::move(**values);  // the request holds them no longer than the copy takes
    return Matrix(rows, shape.back(), taken);
}

/// The matrix whose bytes, as its file stores them, are the array "weights".
Result<Matrix> stored_matrix(const LayerSource& source, Call& call) {
    std::string_view id = source.weights_type;
    files::TensorInfo info;
    info.name = "weights";
    info.big_endian = id.starts_with('>');
    info.fortran_order = source.weights_by_columns;
    if (info.big_endian) id.remove_prefix(1);
    info.type = files::find_by_id(id);
    if (!info.type)
        return bad_parameter("weights_type", "'" + std::string{id} + "'", "an element type such as f32, bf16 or q4_K");
    if (files::is_integer(*info.type))
        return fail(ErrorCode::kUnsupported, "weights",
                    "the tensor holds " + std::string{id} + ", must be float16, float32, float64 or bfloat16");
    const auto array = find_array(call, "weights");
    if (!array) return std::unexpected(array.error());
    const auto& shape = (*array)->shape;
    const auto* bytes = std::get_if<std::vector<std::uint8_t>>(&(*array)->values);
    if (!bytes)
        return fail(ErrorCode::kBadParameter, "weights",
                    "array 'weights' must be bytes (uint8) where their type is given");
    if (shape.empty() || shape.size() > 2)
        return bad_shape("weights", "weights has " + to_text(shape.size()) + " axes, must have 1 or 2");
    if (shape.back() % info.type->block_bytes != 0)
        return bad_shape("weights", "a row of weights takes " + to_text(shape.back()) + " bytes, no multiple of the " +
                                        to_text(info.type->block_bytes) + " of a block of " + std::string{id});
    const std::uint64_t runs = shape.size() == 2 ? shape[0] : 1;
    const std::uint64_t in_run = std::uint64_t(shape.back()) / info.type->block_bytes * info.type->block_size;
    info.shape = {runs, in_run};
    if (info.fortran_order) std::ranges::reverse(info.shape);
    info.bytes = bytes->size();
    return files::decode_matrix(info, *bytes);
}

/// Both extents of "ROWSxCOLUMNS".
Result<std::pair<std::size_t, std::size_t>> parse_shape(std::string_view text) {
    std::size_t rows = 0, columns = 0;
    const char* end = text.data() + text.size();
    const auto first = std::from_chars(text.data(), end, rows);
    if (first.ec == std::errc{} && first.ptr != end && *first.ptr == 'x') {
        const auto second = std::from_chars(first.ptr + 1, end, columns);
        if (second.ec == std::errc{} && second.ptr == end && rows > 0 && columns > 0 &&
            rows <= kMaxSyntheticValues / columns)
            return std::pair{rows, columns};
    }
    return bad_parameter("synthetic", text,
                         "ROWSxCOLUMNS such as 512x512, with at most " + to_text(kMaxSyntheticValues) + " weights");
}

Result<Layer> synthetic_layer(const LayerSource& source, std::uint64_t seed) {
    const auto shape = parse_shape(source.synthetic);
    if (!shape) return std::unexpected(shape.error());
    const auto [rows, columns] = *shape;
    // Inputs are tokens x columns, outputs tokens x rows.
    const auto most_tokens = kMaxSyntheticValues / std::max(rows, columns);
    if (std::size_t(source.synthetic_tokens) > most_tokens)
        return bad_parameter("synthetic_tokens", source.synthetic_tokens,
                             "at most " + to_text(most_tokens) + " for a layer of " + source.synthetic +
                                 ": inputs and outputs have at most " + to_text(kMaxSyntheticValues) + " values");
    Layer layer{synthetic_weights(rows, columns, seed), std::nullopt, "synthetic layer, seed " + to_text(seed)};
    if (source.synthetic_tokens > 0)
        layer.activations = synthetic_activations(std::size_t(source.synthetic_tokens), columns, seed,
                                                  float(source.synthetic_outliers));
    return layer;
}

/// A tensor of the language model, with the inputs that it sees on the calibration text where one came; a norm is one
/// row, and multiplies no inputs.
Result<Layer> model_layer(const LayerSource& source, Call& call) {
    const auto loaded = model_of(call);
    if (!loaded) return std::unexpected(loaded.error());
    const auto text = tokens_of(call, "calibration", false);
    if (!text) return std::unexpected(text.error());
    const auto index = loaded->weights->find(source.layer);
    if (!index) {
        std::string known;
        for (const auto& spec : loaded->weights->specs()) known.append(known.empty() ? "" : ", ").append(spec.name);
        return bad_parameter("layer", "'" + source.layer + "'", "one of " + known);
    }
    auto weights = loaded->weights;
    if (source.plant_outliers != 1) {
        auto planted = std::make_shared<model::Weights>(*weights);
        const auto channels = model::outlier_channels(planted->config(), model::QuantizationPlan{}.outlier_channels, 0);
        if (const auto status = model::plant_outliers(*planted, channels, source.plant_outliers); !status)
            return std::unexpected(status.error());
        weights = planted;
    }
    const MatrixView<const float> all = weights->tensor(*index);
    const auto first = [](int wanted, std::size_t there) {
        return wanted > 0 ? std::min(std::size_t(wanted), there) : there;
    };
    const std::size_t rows = first(source.layer_rows, all.rows()), columns = first(source.layer_columns, all.columns());
    Layer layer{Matrix(all.block(0, 0, rows, columns)), std::nullopt, source.layer};
    if (text->empty()) return layer;
    const auto calibration = calibration_of({*loaded, source.plant_outliers, model::QuantizationPlan{}.outlier_channels,
                                             source.layer_tokens, *text, fingerprint(*text)},
                                            model::Model(weights), call);
    if (!calibration) return std::unexpected(calibration.error());
    const auto inputs = (*calibration)->inputs(*index);
    if (!inputs.empty()) layer.activations = Matrix(inputs.block(0, 0, inputs.rows(), columns));
    return layer;
}

Result<Layer> given_layer(const LayerSource& source, Call& call) {
    const int sources = int(!source.values.empty()) + int(!source.synthetic.empty()) + int(!source.layer.empty()) +
                        int(has_array(call, "weights"));
    if (sources != 1)
        return bad_parameter("weights", sources == 0 ? "missing" : "given more than once",
                             "one of: an array 'weights', 'values', 'synthetic', 'layer'");
    if (!has_array(call, "weights") && (!source.weights_type.empty() || source.weights_by_columns))
        return bad_parameter("weights_type", source.weights_type,
                             "left out where no array 'weights' comes with the request");
    if (!source.layer.empty()) {
        if (has_array(call, "activations"))
            return bad_parameter("activations", "given together with layer",
                                 "left out: a layer brings those that it sees on the text 'calibration'");
        return model_layer(source, call);
    }
    Layer layer;
    if (!source.values.empty()) {
        auto numbers = parse_numbers(source.values, "values");
        if (!numbers) return std::unexpected(numbers.error());
        const std::size_t count = numbers->size();
        layer.weights = Matrix(1, count, *numbers);
        layer.description = to_text(count) + " typed values";
    } else if (!source.synthetic.empty()) {
        auto made = synthetic_layer(source, call.run.seed);
        if (!made) return std::unexpected(made.error());
        layer = *std::move(made);
    } else {
        auto weights = source.weights_type.empty() ? matrix_from(call, "weights") : stored_matrix(source, call);
        if (!weights) return std::unexpected(weights.error());
        layer.weights = *std::move(weights);
        layer.description =
            source.weights_type.empty() ? "given weights" : "given weights, stored as " + source.weights_type;
    }
    if (has_array(call, "activations")) {
        auto activations = matrix_from(call, "activations");
        if (!activations) return std::unexpected(activations.error());
        layer.activations = *std::move(activations);
    }
    return layer;
}

/// The outputs of a layer in the place of its weights; nothing reads them as a layer, so there are no inputs.
Result<Layer> outputs_of(Layer layer, LayerNumbers numbers, const Run& run) {
    if (!layer.activations)
        return fail(ErrorCode::kBadParameter, "layer_numbers",
                    "the outputs of " + layer.description + " need its inputs, of which there are none");
    if (const auto status = methods::check_inputs_fit(layer.weights, *layer.activations); !status)
        return std::unexpected(status.error());
    auto outputs = product(*layer.activations, std::move(layer.weights), run);
    if (!outputs) return std::unexpected(outputs.error());
    const bool silu = numbers == LayerNumbers::kSiluOutputs;
    if (silu) kernels::silu(outputs->values(), outputs->values());
    return Layer{*std::move(outputs), std::nullopt,
                 (silu ? "SiLU of the outputs of " : "outputs of ") + layer.description};
}

}  // namespace

Result<std::vector<float>> parse_numbers(std::string_view text, std::string_view field) {
    std::vector<float> numbers;
    while (true) {
        const std::size_t comma = text.find(',');
        auto item = text.substr(0, comma);
        while (!item.empty() && item.back() == ' ') item.remove_suffix(1);
        // strtof, as the standard library of the WebAssembly build has no from_chars for floats yet.
        const std::string word{item};
        char* end = nullptr;
        const float number = std::strtof(word.c_str(), &end);
        if (word.empty() || end != word.c_str() + word.size())
            return bad_parameter(field, "'" + word + "'", "numbers separated by commas");
        numbers.push_back(number);
        if (comma == std::string_view::npos) return numbers;
        text.remove_prefix(comma + 1);
    }
}

Result<Layer> layer_from(const LayerSource& source, Call& call) {
    auto layer = given_layer(source, call);
    if (!layer || source.layer_numbers == LayerNumbers::kWeights) return layer;
    return outputs_of(*std::move(layer), source.layer_numbers, call.run);
}

}  // namespace quantlens::request
