#pragma once

#include <cstddef>
#include <cstdint>

#include "tensor/matrix.h"

/// Seeded stand-ins for a layer of a large model, for where no real one is at hand. Always to be labelled as synthetic.
namespace quantlens {

/// Weights [rows x columns]: normal with standard deviation 0.02, rows of differing strength, and one weight in 1000
/// eight times as large, as the heavy tails of trained layers are.
Matrix synthetic_weights(std::size_t rows, std::size_t columns, std::uint64_t seed);

/// Inputs [tokens x columns]: correlated across columns (eight shared factors), and at most one column in 64 (but one
/// in any case) `outlier_factor` times as large on every token, as the systematic outliers of large models are
/// (Dettmers et al. 2022, arXiv 2208.07339, section 4): so many are drawn, and the same may be drawn twice. With 1
/// there are none, and all else is the same.
Matrix synthetic_activations(std::size_t tokens, std::size_t columns, std::uint64_t seed, float outlier_factor = 20.0f);

}  // namespace quantlens
