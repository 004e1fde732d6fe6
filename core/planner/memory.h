#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "planner/counts.h"
#include "planner/model_shape.h"
#include "tensor/receipt.h"

namespace quantlens::planner {

/// What is stored in which format; ids of the table of formats.
struct Storage {
    std::array<std::string, 4> weights{"f16", "f16", "f16", "f16"};  // indexed by Part
    std::string kv_key = "f16", kv_value = "f16";
    std::uint64_t kv_group = 32;    // values that share a scale and a minimum in an intN cache
    std::uint64_t kv_residual = 0;  // newest tokens that stay in 16 bits

    /// The same format for all parts.
    static Storage all(const std::string& format) { return {{format, format, format, format}, "f16", "f16", 32, 0}; }
};

struct Load {
    std::uint64_t context = 4096;  // tokens of each sequence
    std::uint64_t batch = 1;       // sequences
    double overhead_bytes = 0;     // activations, buffers, the runtime itself
};

/// Bytes of a model in memory while it runs. Receipts end in the number that they explain.
struct Memory {
    std::array<double, 4> weights{};  // indexed by Part
    double weights_total = 0;
    double kv_total = 0;
    double kv_per_token = 0;  // what one more token of one sequence adds at this context
    double total = 0;
    Receipt weights_receipt, kv_receipt, total_receipt;
};

/// Errors: kBadParameter names an unknown format, a zero context or batch, or a group that is zero.
Result<Memory> plan_memory(const ModelShape& model, const Storage& storage, const Load& load);

/// The longest context and the largest batch that fit `bytes`, each with the other as in `load`. 0: not even one.
/// A context without bound (every layer has a sliding window) is the model's own longest.
struct Fit {
    std::uint64_t max_context = 0, max_batch = 0;
};
Result<Fit> plan_fit(const ModelShape& model, const Storage& storage, const Load& load, double bytes);

/// Bits that one value of a KV cache takes in this format: intN adds a 16-bit scale and minimum for each group.
Result<double> cache_bits(const std::string& format, std::uint64_t group, std::string_view field);

}  // namespace quantlens::planner
