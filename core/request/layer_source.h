#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "methods/layer.h"
#include "request/door.h"
#include "tensor/matrix.h"

namespace quantlens::request {

/// Which numbers of a layer stand as its weights.
enum class LayerNumbers : std::uint8_t { kWeights, kOutputs, kSiluOutputs };
inline constexpr std::array<std::string_view, 3> kLayerNumbersNames{"weights", "outputs", "silu_outputs"};

/// Where a layer comes from: the arrays "weights" and "activations", values typed in, a seeded synthetic layer, or a
/// matrix of the language model. Exactly one source.
///
/// "weights" may be the bytes of a part of a file (uint8) instead of numbers: then `weights_type` says how they are
/// stored, and its shape is rows x the bytes of a row.
struct LayerSource {
    std::string weights_type;
    bool weights_by_columns = false;
    std::string values;
    std::string synthetic;
    int synthetic_tokens = 256;
    double synthetic_outliers = 20;
    std::string layer;
    LayerNumbers layer_numbers = LayerNumbers::kWeights;
    int layer_tokens = 512;
    int layer_rows = 0, layer_columns = 0;
    double plant_outliers = 1;
    static constexpr auto fields() {
        using P = LayerSource;
        return std::tuple{
            text("weights_type", &P::weights_type,
                 "how the bytes of the array 'weights' are stored, such as bf16 or q4_K; > before it: big-endian"),
            flag("weights_by_columns", &P::weights_by_columns,
                 "the bytes go down the columns (Fortran order): the array has columns x the bytes of a column"),
            text("values", &P::values, "one row of weights, typed: 0.15,-0.32,..."),
            text("synthetic", &P::synthetic, "ROWSxCOLUMNS of a seeded layer with outlier channels"),
            integer("synthetic_tokens", &P::synthetic_tokens, 0, 65536, 1, "tokens", "inputs for the synthetic layer"),
            real("synthetic_outliers", &P::synthetic_outliers, 1, 1000, 1, "",
                 "how many times as large about one input column in 64 of the synthetic layer is; 1: no outliers"),
            text("layer", &P::layer, "a matrix of the language model, such as model.layers.0.mlp.down_proj.weight"),
            choice<P, LayerNumbers>(
                "layer_numbers", &P::layer_numbers, kLayerNumbersNames,
                "what is taken as weights: the layer's weights; or, a row a token, its outputs, or SiLU "
                "of its outputs"),
            integer("layer_tokens", &P::layer_tokens, 1, 65536, 1, "tokens",
                    "of the calibration text, as the layer's inputs"),
            integer("layer_rows", &P::layer_rows, 0, 1 << 20, 1, "rows", "only the layer's first outputs; 0: all"),
            integer("layer_columns", &P::layer_columns, 0, 1 << 20, 1, "columns",
                    "only the layer's first inputs; 0: all"),
            real("plant_outliers", &P::plant_outliers, 1, 1000, 1, "",
                 "makes a few channels of the language model this many times larger without changing its function"),
        };
    }
};

struct Layer {
    Matrix weights;                     // [output_channels x input_features]
    std::optional<Matrix> activations;  // [tokens x input_features]
    std::string description;            // where it came from, for people
};

/// Builds the layer, taking the arrays out of the call. Errors name the source at fault.
Result<Layer> layer_from(const LayerSource& source, Call& call);

/// What a layer with these weights computes of the inputs: X W^T.
Result<Matrix> product(const Matrix& inputs, Matrix weights, const Run& run);

/// left - right, of the same shape.
Matrix difference(const Matrix& left, const Matrix& right);

/// Mean over tokens and output channels of (X W^T - output)^2, where `exact` is X W^T and `output` what the layer
/// computes. Where the layer is a plain product with other weights, it is the product with their difference: a small
/// error is then not lost in the rounding of two large outputs.
Result<double> output_error(const Layer& layer, const methods::QuantizedLayer& quantized, const Matrix& exact,
                            const Matrix& output, const Run& run);

/// "0.15,-0.32" as numbers; an error names the item that is none.
Result<std::vector<float>> parse_numbers(std::string_view text, std::string_view field);

}  // namespace quantlens::request
