#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <tuple>
#include <vector>

#include "methods/layer.h"
#include "methods/rtn.h"
#include "tensor/fields.h"

/// AWQ: multiplies the columns of W that meet large inputs before rounding, and divides the inputs by as much. Nothing
/// is kept in higher precision.
namespace quantlens::methods {

struct AwqParameters {
    int bits = 4;
    int group_size = 128;
    Scheme scheme = Scheme::kAsymmetric;
    int grid = 20;
    bool clip = false;
    double salient = 0;
    int activation_bits = 16;
    ActivationGranularity activation_granularity = ActivationGranularity::kToken;

    static constexpr auto fields() {
        using P = AwqParameters;
        return std::tuple{
            integer("bits", &P::bits, 1, 8, 1, "bits", "Bits of a weight"),
            integer("group_size", &P::group_size, 1, 1 << 20, 1, "weights",
                    "Weights of a row that share a scale; the last group may be shorter"),
            choice("scheme", &P::scheme, kSchemeNames, "Whether the codes are centred on zero"),
            integer("grid", &P::grid, 1, 200, 1, "steps", "Exponents tried between 0 and 1, 1 itself never"),
            flag("clip", &P::clip, "Search the best clipping of every group after the scales"),
            real(
                "salient", &P::salient, 0, 100, 0.1, "%",
                "For comparison, instead of scaling: the share of input channels, those with the largest inputs, whose "
                "weights stay in FP16; 0: scale"),
            integer("activation_bits", &P::activation_bits, 2, 16, 1, "bits",
                    "Bits of an activation, symmetric; 16: not rounded"),
            choice("activation_granularity", &P::activation_granularity, kActivationGranularityNames,
                   "Activations that share a scale"),
        };
    }

    /// What round-to-nearest with the same codes is.
    RtnParameters nearest() const;
};

/// s_j = max(mean_j^ratio, 1e-4), divided by sqrt(largest s * smallest s).
std::vector<float> awq_scales(std::span<const float> mean_magnitudes, double ratio);

struct AwqSearch {
    std::vector<double> ratios;  // i / grid, i = 0 .. grid - 1
    std::vector<double> losses;  // mean over tokens and outputs of (X W^T - X Q(W s)^T / s)^2 at each
    std::size_t best = 0;        // the first with the least loss
    std::vector<float> scales;   // of the best
};

/// The search over the exponent, for several layers that share their inputs (and so their scales): weights are
/// [outputs x features] each, the loss is over all their outputs together.
Result<AwqSearch> awq_search(std::span<const MatrixView<const float>> layers, MatrixView<const float> activations,
                             const AwqParameters& parameters, const Run& run);

struct AwqClip {
    Matrix largest;                     // [rows x groups]: the magnitude that the group's weights are held to
    std::vector<std::uint8_t> indices;  // as `largest`: i, where it is the group's own largest times 1 - i / 20
};

/// For each group of each row the clipping, of 10 down to half the range, after which the group's part of the output is
/// nearest to what it was, over about `sample_tokens` tokens evenly taken. `weights` and `activations` are the scaled
/// ones.
Result<AwqClip> awq_clip(MatrixView<const float> weights, MatrixView<const float> activations,
                         const AwqParameters& parameters, std::size_t sample_tokens, const Run& run);

/// The tokens that the reference samples for clipping.
inline constexpr std::size_t kClipTokens = 512;

/// Rounds Q(W s), the layer divides its inputs by s. The factors fold into the operation before the layer, so they take
/// no storage of the layer's own. `dequantized` is Q(W s) / s.
/// Needs activations. Details: `ratios`, `losses`, `best_ratio`; with clip `mean_clip`, the mean share of a group's range
/// that is left. With `salient` instead: `salient_channels`, the input channels kept.
/// Errors: kBadParameter outside a range or for one symmetric bit; kBadShape, kNotFinite for X; kCancelled.
/// Source: Lin et al. 2023 (arXiv 2306.00978), section 3.2, eq. 4-5; llm-awq auto_scale.py, auto_clip.py. `salient`:
/// section 3.1, table 1.
Result<QuantizedLayer> awq(const LinearProblem& problem, const AwqParameters& parameters);

}  // namespace quantlens::methods
