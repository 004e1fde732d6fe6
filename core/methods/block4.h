#pragma once

#include <tuple>

#include "methods/layer.h"
#include "tensor/fields.h"

/// NF4 and FP4: four-bit codes into a fixed table, scaled by the largest magnitude of each block, as QLoRA stores its
/// frozen weights.
namespace quantlens::methods {

struct Block4Parameters {
    int block_size = 64;
    bool double_quantization = false;

    static constexpr auto fields() {
        using P = Block4Parameters;
        return std::tuple{
            integer("block_size", &P::block_size, 1, 1 << 20, 1, "weights", "Weights that share a scale"),
            flag("double_quantization", &P::double_quantization, "Store the block scales in 8 bits themselves"),
        };
    }
};

/// Blocks run over the matrix row by row, across the ends of rows, as in bitsandbytes; the last one may be shorter. A
/// block scale is float32; with double quantization it takes 8 bits, a float32 for each 256 of them and one offset.
/// Errors: kBadParameter outside a range.
/// Source: Dettmers et al. 2023, QLoRA (arXiv 2305.14314), section 3; bitsandbytes' tables and rounding.
Result<QuantizedLayer> nf4(const LinearProblem& problem, const Block4Parameters& parameters);
Result<QuantizedLayer> fp4(const LinearProblem& problem, const Block4Parameters& parameters);

}  // namespace quantlens::methods
