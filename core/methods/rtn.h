#pragma once

#include <tuple>

#include "methods/layer.h"
#include "methods/uniform.h"
#include "tensor/fields.h"

/// Round-to-nearest: every weight becomes the nearest point of its group's grid, whatever the inputs are.
namespace quantlens::methods {

/// What every method with uniform codes can be told; the defaults are round-to-nearest's.
struct UniformParameters {
    int bits = 4;
    Scheme scheme = Scheme::kAsymmetric;
    Granularity granularity = Granularity::kGroup;
    int group_size = 128;
    RangeSearch range = RangeSearch::kMinMax;
    CodeRange code_range = CodeRange::kRestricted;
    Rounding rounding = Rounding::kEven;
    double clip_ratio = 1.0;
    int activation_bits = 16;
    ActivationGranularity activation_granularity = ActivationGranularity::kToken;
    Convention convention = Convention::kPlain;

    UniformSettings settings() const {
        return {bits, scheme, granularity, group_size, range, code_range, rounding, clip_ratio, convention};
    }
    /// Activations are rounded as SmoothQuant does: symmetric, restricted, in the plain convention.
    ActivationQuantizer activation_quantizer() const {
        ActivationQuantizer quantizer;
        quantizer.bits = activation_bits;
        quantizer.granularity = granularity_of(activation_granularity);
        return quantizer;
    }
};

/// The fields of a P that is made of UniformParameters.
template <class P>
constexpr auto uniform_fields() {
    return std::tuple{
        integer<P>("bits", &P::bits, 1, 8, 1, "bits", "Bits of a weight"),
        choice<P, Scheme>("scheme", &P::scheme, kSchemeNames, "Whether the codes are centred on zero"),
        choice<P, Granularity>("granularity", &P::granularity, kGranularityNames, "Weights that share a scale"),
        integer<P>("group_size", &P::group_size, 1, 1 << 20, 1, "weights",
                   "Weights of a row that share a scale, with granularity group; the last group may be shorter"),
        choice<P, RangeSearch>("range", &P::range, kRangeSearchNames,
                               "The range of the codes: all of the weights', or the one with the least squared error"),
        choice<P, CodeRange>(
            "code_range", &P::code_range, kCodeRangeNames,
            "Symmetric codes of the plain convention: as many negative as positive ones, or all 2^bits"),
        choice<P, Rounding>(
            "rounding", &P::rounding, kRoundingNames,
            "Halves to even, halves away from zero, always down, or up with the probability of the rest"),
        real<P>("clip_ratio", &P::clip_ratio, 0.05, 1, 0.05, "", "Share of the range that the codes cover"),
        integer<P>("activation_bits", &P::activation_bits, 2, 16, 1, "bits",
                   "Bits of an activation, symmetric; 16: not rounded"),
        choice<P, ActivationGranularity>("activation_granularity", &P::activation_granularity,
                                         kActivationGranularityNames, "Activations that share a scale"),
        choice<P, Convention>("convention", &P::convention, kConventionNames,
                              "Whose code says how a scale follows from a range"),
    };
}

struct RtnParameters : UniformParameters {
    static constexpr auto fields() { return uniform_fields<RtnParameters>(); }
};

/// Rounds W. Works without activations; they serve only to measure the output.
/// Errors: kBadParameter outside a range or for one symmetric bit in a convention that has none; kCancelled.
/// Source: Jacob et al. 2017 (arXiv 1712.05877), section 2.1.
Result<QuantizedLayer> rtn(const LinearProblem& problem, const RtnParameters& parameters);

/// A layer that holds these codes and nothing else: dequantized, stored parts, shape.
QuantizedLayer layer_of(Codes codes, ThreadPool& pool);

}  // namespace quantlens::methods
