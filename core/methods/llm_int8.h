#pragma once

#include <cstdint>
#include <tuple>
#include <vector>

#include "methods/layer.h"
#include "tensor/fields.h"

/// LLM.int8(): eight-bit rows of weights and of activations, with the few activation columns that hold outliers
/// multiplied apart in floating point.
namespace quantlens::methods {

struct LlmInt8Parameters {
    double threshold = 6.0;

    static constexpr auto fields() {
        using P = LlmInt8Parameters;
        return std::tuple{
            real("threshold", &P::threshold, 0, 1e6, 0.5, "",
                 "Activations of this magnitude and more are outliers; 0: none are"),
        };
    }
};

/// The columns that hold an outlier, ascending; none with threshold 0.
std::vector<std::uint32_t> outlier_columns(MatrixView<const float> activations, double threshold);

/// Weights: 127 / max|w| of each row. Activations: each token likewise, its range taken without the outliers. Columns
/// with an outlier leave the 8-bit product and are multiplied unrounded with the same 8-bit weights, dequantized, as
/// bitsandbytes does. The layer looks for outliers anew in whatever it multiplies; those of the given activations are
/// in the details and in `input.float_columns`.
/// Needs activations. Details: `outlier_columns`, `outlier_share` (of the columns).
/// Source: Dettmers et al. 2022 (arXiv 2208.07339), section 3; bitsandbytes backends/default/ops.py,
/// int8_vectorwise_quant and int8_mixed_scaled_mm.
Result<QuantizedLayer> llm_int8(const LinearProblem& problem, const LlmInt8Parameters& parameters);

}  // namespace quantlens::methods
