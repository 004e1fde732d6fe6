#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <tuple>

#include "methods/layer.h"
#include "methods/uniform.h"
#include "tensor/fields.h"

/// QuaRot: a Hadamard rotation of the inputs spreads outliers over all of them, so that weights and activations can
/// both be rounded to four bits.
namespace quantlens::methods {

enum class QuarotBase : std::uint8_t { kRtn, kGptq };
inline constexpr std::array<std::string_view, 2> kQuarotBaseNames{"rtn", "gptq"};

struct QuarotParameters {
    int bits = 4;
    int activation_bits = 4;
    Granularity granularity = Granularity::kChannel;
    int group_size = 128;
    QuarotBase base = QuarotBase::kRtn;
    double activation_clip_ratio = 1.0;

    static constexpr auto fields() {
        using P = QuarotParameters;
        return std::tuple{
            integer("bits", &P::bits, 2, 8, 1, "bits", "Bits of a weight"),
            integer("activation_bits", &P::activation_bits, 2, 16, 1, "bits", "Bits of an activation; 16: not rounded"),
            choice("granularity", &P::granularity, kGranularityNames, "Weights that share a scale"),
            integer("group_size", &P::group_size, 1, 1 << 20, 1, "weights",
                    "Weights of a row that share a scale, with granularity group"),
            choice("base", &P::base, kQuarotBaseNames, "How the rotated weights are rounded"),
            real("activation_clip_ratio", &P::activation_clip_ratio, 0.1, 1, 0.05, "",
                 "Share of a token's range that its codes cover; QuaRot's own runs use 0.9"),
        };
    }
};

/// W' = W M and X' = X M with M the normalised Hadamard matrix of the input features, so Y = X' W'^T = X W^T before any
/// rounding. W' is rounded to symmetric codes with scale max|w| / (2^(bits - 1) - 1), X' likewise each token when the
/// layer multiplies; both may use the code -2^(bits - 1). `dequantized` is rotated back.
/// Needs activations. Details: largest magnitude over root mean square before and after the rotation:
/// `activation_max_over_rms_before`, `activation_max_over_rms_after`, `weight_max_over_rms_before`,
/// `weight_max_over_rms_after`; and the largest magnitudes, `activation_max_before` and so on.
/// Errors: kBadShape where there is no Hadamard matrix for the number of columns, naming the sizes that work;
/// kNotFinite where rotating leaves float32; kBadParameter outside a range; with base gptq also those of `gptq`.
/// Source: Ashkboos et al. 2024 (arXiv 2404.00456), sections 3 and 4; fake_quant/quant_utils.py.
Result<QuantizedLayer> quarot(const LinearProblem& problem, const QuarotParameters& parameters);

}  // namespace quantlens::methods
