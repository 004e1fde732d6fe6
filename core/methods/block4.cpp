#include "methods/block4.h"

#include <cstddef>

#include "formats/codebook4.h"

namespace quantlens::methods {
namespace {

Result<QuantizedLayer> quantize(const LinearProblem& problem, const Block4Parameters& parameters,
                                formats::Codebook4 table) {
    if (const auto ok = check_ranges(parameters); !ok) return std::unexpected(ok.error());
    const Matrix weights(problem.weights);
    const auto quantized = formats::quantize_codebook4(weights.values(), table, std::size_t(parameters.block_size),
                                                       parameters.double_quantization);
    if (!quantized) return std::unexpected(quantized.error());

    QuantizedLayer layer;
    layer.rows = weights.rows();
    layer.columns = weights.columns();
    layer.dequantized = Matrix(layer.rows, layer.columns, formats::dequantize_codebook4(*quantized));
    layer.storage = {{"codes", quantized->codes.size(), 4}};
    if (const auto& second = quantized->second_level) {
        layer.storage.push_back({"block scales", second->codes.size(), 8});
        layer.storage.push_back({"scales of block scales", second->absmax.size(), 32});
        layer.storage.push_back({"offset of block scales", 1, 32});
    } else {
        layer.storage.push_back({"block scales", quantized->absmax.size(), 32});
    }
    return layer;
}

}  // namespace

Result<QuantizedLayer> nf4(const LinearProblem& problem, const Block4Parameters& parameters) {
    return quantize(problem, parameters, formats::Codebook4::kNf4);
}

Result<QuantizedLayer> fp4(const LinearProblem& problem, const Block4Parameters& parameters) {
    return quantize(problem, parameters, formats::Codebook4::kFp4);
}

}  // namespace quantlens::methods
