#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "planner/model_shape.h"
#include "tensor/receipt.h"

/// What finetuning a model takes beside the model itself.
namespace quantlens::planner {

enum class Adapted : std::uint8_t { kAll, kAttention, kQueryValue };
inline constexpr std::array<std::string_view, 3> kAdaptedNames{"all", "attention", "query-value"};

struct FinetunePlan {
    /// All weights learn (full finetuning), or only adapters beside the frozen matrices do.
    bool whole = false;
    std::string base = "nf4_dq";  // format of the matrices; embedding, output and norms stay in 16 bits
    Adapted adapted = Adapted::kAll;
    std::uint64_t rank = 16;
    double learnable_bytes = 2;    // of a number that learns, and of its gradient
    double optimizer_bytes = 8;    // of a number that learns: AdamW's two means in 32 bits
    std::uint64_t batch = 1;       // sequences in one pass
    std::uint64_t sequence = 512;  // tokens of each
    bool checkpointing = false;    // a layer's activations are worked out again instead of kept
};

/// Bytes at the end of the forward pass, where most is held. Receipts end in the number that they explain.
struct FinetuneMemory {
    double learnable = 0;  // how many numbers learn
    double base = 0, adapters = 0, gradients = 0, optimizer = 0, activations = 0, total = 0;
    Receipt learnable_receipt, base_receipt, activations_receipt, total_receipt;
    std::vector<std::string> assumptions;
};

/// Errors: kBadParameter names an unknown format, a base of under 16 bits where it is to learn itself, or a size that is
/// zero. kUnsupported: a model with latent attention, whose implementations keep different things.
/// Source: Dettmers et al. 2023, QLoRA (arXiv 2305.14314), sections 2 and 3, for what is held; the activations are counted
/// from the layer (see the assumptions).
Result<FinetuneMemory> plan_finetune(const ModelShape& model, const FinetunePlan& plan);

}  // namespace quantlens::planner
