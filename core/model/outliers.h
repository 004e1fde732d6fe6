#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "model/weights.h"

/// Big models have a few channels with very large activations, small ones hardly any. This plants some.
namespace quantlens::model {

/// The channels of the residual stream that plant_outliers picks: `count` of them, seeded, ascending.
std::vector<std::size_t> outlier_channels(const Config& config, std::size_t count, std::uint64_t seed);

/// Multiplies the gain of both norms of every layer by `factor` in these channels and divides the matching columns of
/// the matrices that read them (q, k, v; gate, up) by it. The function of the model stays the same, bit for bit where
/// the factor is a power of two, but the inputs of those matrices look like those of models beyond 6.7 billion weights:
/// a handful of channels, the same in all layers, far larger than the rest.
/// Fails with kBadParameter where the factor is not above 0 or there is no such channel.
/// Source of the look: Dettmers et al. 2022 (arXiv 2208.07339), section 4.
Status plant_outliers(Weights& weights, std::span<const std::size_t> channels, double factor);

}  // namespace quantlens::model
