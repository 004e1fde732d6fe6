#pragma once

#include <string>
#include <tuple>

#include "planner/memory.h"
#include "planner/model_shape.h"
#include "planner/speed.h"
#include "request/operation.h"

/// The settings that every operation about a real model has: which model, what is stored how, and the load.
namespace quantlens::request {

struct MemoryParameters {
    std::string model, config;
    std::string weights = "f16", weights_embedding, weights_attention, weights_feed_forward, weights_norms;
    std::string kv_key = "f16", kv_value = "f16";
    int kv_group = 32, kv_residual = 0;
    int context = 4096, batch = 1;
    double overhead = 0, fit = 0;
    std::string device;
};

constexpr auto memory_fields() {
    using P = MemoryParameters;
    return std::tuple{
        text("model", &P::model, "id of a model (quantlens models)"),
        text("config", &P::config, "a Hugging Face config.json instead of a model id"),
        text("weights", &P::weights, "format of all weights"),
        text("weights_embedding", &P::weights_embedding, "format of the embedding; as weights where not given"),
        text("weights_attention", &P::weights_attention, "format of the attention matrices"),
        text("weights_feed_forward", &P::weights_feed_forward, "format of the feed-forward matrices and experts"),
        text("weights_norms", &P::weights_norms, "format of the norms"),
        text("kv_key", &P::kv_key, "format of the cached keys"),
        text("kv_value", &P::kv_value, "format of the cached values"),
        integer("kv_group", &P::kv_group, 1, 65536, 1, "values", "cached values that share a scale and a minimum"),
        integer("kv_residual", &P::kv_residual, 0, 1 << 24, 1, "tokens", "newest tokens kept in 16 bits"),
        integer("context", &P::context, 1, 1 << 30, 1, "tokens", "length of each sequence"),
        integer("batch", &P::batch, 1, 1 << 20, 1, "sequences", "sequences at a time"),
        real("overhead", &P::overhead, 0, 1e15, 1, "bytes", "activations, buffers and the runtime itself"),
        text("device", &P::device, "id of a device (quantlens devices)"),
    };
}

/// The model that is named or pasted; an error where neither or both are given.
Result<planner::ModelShape> model_of(const MemoryParameters& p);
planner::Storage storage_of(const MemoryParameters& p);
planner::Load load_of(const MemoryParameters& p);

/// The memory that all must fit into: the device's, or the bytes that are given; 0 where neither is.
Result<double> memory_to_fit(const MemoryParameters& p);

/// The device's bandwidth and peak, or those that are given. `about` is what an answer says of the device, or null.
struct ChosenMachine {
    planner::Machine machine;
    Json about = nullptr;
};
Result<ChosenMachine> machine_of(const std::string& device, double bandwidth, double compute);

}  // namespace quantlens::request
