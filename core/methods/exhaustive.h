#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "methods/uniform.h"
#include "tensor/error.h"
#include "tensor/matrix.h"

/// The best rounding there is of one short row, to hold methods that only come near it against.
namespace quantlens::methods {

inline constexpr std::size_t kExhaustiveLimit = 12;
inline constexpr std::size_t kMostVisited = 50'000'000;  // a few seconds

struct BestRounding {
    std::vector<std::int16_t> codes;  // [features]
    double error = 0;                 // (w - q)^T H (w - q)
    std::size_t visited = 0;          // partial roundings that were looked at
};

/// The codes of `grid` that minimise (w - q)^T H (w - q), which is |X (w - q)|^2 for H = X^T X.
///
/// weights: [features], at most 12; hessian: [features x features], symmetric, positive semidefinite. Every combination
/// of codes is considered: a branch is left as soon as what is fixed already costs more than the best found, since with
/// H = R^T R the rest can only add to it.
/// Errors: kTooLarge beyond 12 weights, or where the search has not ended after `most_visited` partial roundings;
/// kBadShape where the shapes do not fit; kNotFinite. Source: Schnorr and Euchner 1994, "Lattice basis reduction",
/// section 6 (the search in order of distance).
Result<BestRounding> best_rounding(std::span<const float> weights, MatrixView<const float> hessian, const Grid& grid,
                                   std::size_t most_visited = kMostVisited);

}  // namespace quantlens::methods
