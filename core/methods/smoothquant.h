#pragma once

#include <array>
#include <string_view>
#include <tuple>
#include <vector>

#include "methods/layer.h"
#include "methods/uniform.h"
#include "tensor/fields.h"

/// SmoothQuant: moves part of the activations' range into the weights, channel by channel, before both are rounded.
namespace quantlens::methods {

inline constexpr std::array<std::string_view, 2> kTensorOrChannelNames{"tensor", "channel"};

struct SmoothQuantParameters {
    double alpha = 0.5;
    int bits = 8;
    int activation_bits = 8;
    Granularity granularity = Granularity::kChannel;
    ActivationGranularity activation_granularity = ActivationGranularity::kToken;

    static constexpr auto fields() {
        using P = SmoothQuantParameters;
        return std::tuple{
            real("alpha", &P::alpha, 0, 1, 0.05, "", "How much of the activations' range goes to the weights"),
            integer("bits", &P::bits, 2, 8, 1, "bits", "Bits of a weight"),
            integer("activation_bits", &P::activation_bits, 2, 8, 1, "bits", "Bits of an activation"),
            choice("granularity", &P::granularity, kTensorOrChannelNames, "Weights that share a scale"),
            choice("activation_granularity", &P::activation_granularity, kActivationGranularityNames,
                   "Activations that share a scale"),
        };
    }
};

/// The factor of each input channel: s_j = max(a_j^alpha / w_j^(1 - alpha), 1e-5) with a_j the largest |activation|
/// and w_j = max(1e-5, largest |weight|) of channel j. Weights are multiplied by it and activations divided.
/// Source: Xiao et al. 2022 (arXiv 2211.10438), eq. 4; the clamps are those of smoothquant/smooth.py.
std::vector<float> smoothing_factors(std::span<const float> activation_maxima, std::span<const float> weight_maxima,
                                     double alpha);

/// Rounds W diag(s) with restricted symmetric codes, and X diag(s)^-1 likewise when the layer multiplies. The factors
/// fold into the operation before the layer, so they take no storage of the layer's own.
/// Needs activations. Details: `activation_maxima_before`, `activation_maxima_after`, `weight_maxima_before`,
/// `weight_maxima_after`, one number an input channel.
/// Errors: kBadParameter outside a range; kNotFinite where a factor takes a weight beyond float32.
/// Source: Xiao et al. 2022 (arXiv 2211.10438), section 4.
Result<QuantizedLayer> smoothquant(const LinearProblem& problem, const SmoothQuantParameters& parameters);

}  // namespace quantlens::methods
