#pragma once

#include <tuple>

#include "methods/layer.h"
#include "methods/uniform.h"
#include "tensor/fields.h"

/// ZeroQuant: group-wise weights and token-wise activations, both by rounding alone.
namespace quantlens::methods {

struct ZeroQuantParameters {
    int bits = 8;
    Scheme scheme = Scheme::kSymmetric;
    int group_size = 64;
    int activation_bits = 8;
    Scheme activation_scheme = Scheme::kSymmetric;

    static constexpr auto fields() {
        using P = ZeroQuantParameters;
        return std::tuple{
            integer("bits", &P::bits, 2, 8, 1, "bits", "Bits of a weight"),
            choice("scheme", &P::scheme, kSchemeNames, "Whether the codes of weights are centred on zero"),
            integer("group_size", &P::group_size, 1, 1 << 20, 1, "weights", "Weights of a row that share a scale"),
            integer("activation_bits", &P::activation_bits, 2, 16, 1, "bits", "Bits of an activation; 16: not rounded"),
            choice("activation_scheme", &P::activation_scheme, kSchemeNames,
                   "Whether the codes of activations are centred on zero"),
        };
    }
};

/// Rounds W in groups of a row and, when the layer multiplies, each token of X, with DeepSpeed's quantizers: symmetric
/// scale = max|w| / 2^(bits - 1), so that the largest positive value clips; asymmetric scale = (max - min) / 2^bits.
/// Errors: kBadParameter outside a range.
/// Source: Yao et al. 2022 (arXiv 2206.01861), section 4.1; DeepSpeed compression/utils.py, SymQuantizer and
/// AsymQuantizer.
Result<QuantizedLayer> zeroquant(const LinearProblem& problem, const ZeroQuantParameters& parameters);

}  // namespace quantlens::methods
