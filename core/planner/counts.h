#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "planner/model_shape.h"
#include "tensor/receipt.h"

namespace quantlens::planner {

/// The parts of a model that can be stored in different formats.
enum class Part : std::uint8_t { kEmbedding, kAttention, kFeedForward, kNorms };
inline constexpr std::array<std::string_view, 4> kPartNames{"embedding", "attention", "feed_forward", "norms"};

/// Parameters of each part, indexed by Part, with the derivation; the receipt's last row is the total.
struct Counts {
    std::array<double, 4> of_part{};
    /// Parameters that one token's pass multiplies with: the output matrix but not the embedding look-up, and of the
    /// experts those that are used.
    double active = 0;
    double total() const { return of_part[0] + of_part[1] + of_part[2] + of_part[3]; }
    Receipt receipt;
};
Counts count_parameters(const ModelShape& model);

/// Parameters of the matrix that turns the last layer's output into logits.
double output_parameters(const ModelShape& model);

/// Parameters of one expert; 0 for a model without experts.
double expert_parameters(const ModelShape& model);

}  // namespace quantlens::planner
