#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "tensor/error.h"

/// Memory, KV cache and speed of real models, computed from their published shapes.
namespace quantlens::planner {

/// Attention that looks back only `window` tokens in `layers` of the layers; the others see everything.
struct SlidingWindow {
    std::uint64_t window = 0;
    std::uint64_t layers = 0;
};

/// Feed-forward layers made of experts, of which each token uses `top_k` (and all `shared` ones).
struct Experts {
    std::uint64_t count = 0, top_k = 0, shared = 0, ffn = 0;
    std::uint64_t dense_layers = 0;  // layers that have an ordinary feed-forward part
    std::uint64_t shared_ffn = 0;    // width of a shared expert
    bool router_bias = false, expert_bias = false, shared_gate = false;
};

/// Multi-head latent attention: keys and values are kept as one short vector a token.
/// Source: DeepSeek-AI 2024 (arXiv 2405.04434), section 2.1.
struct LatentAttention {
    std::uint64_t kv_rank = 0, rope_dim = 0, nope_dim = 0, value_dim = 0;
    std::uint64_t query_rank = 0;  // 0: queries are not compressed
};

enum class NormKind : std::uint8_t { kRms, kLayerWithBias };

/// What a model is made of, as far as its size, cache and speed depend on it.
struct ModelShape {
    std::string id, name, source;
    std::uint64_t layers = 0, hidden = 0, heads = 0, kv_heads = 0, head_dim = 0, ffn = 0, vocab = 0;
    std::uint64_t positions = 0;  // learned position vectors
    std::uint64_t max_context = 0;
    std::uint64_t norms_per_layer = 2;
    std::uint64_t embedding_width = 0;  // where it differs from hidden (OPT 350M)
    NormKind norm = NormKind::kRms;
    bool final_norm = true;
    bool tied_embeddings = false;
    bool gated = true;  // three feed-forward matrices rather than two
    bool qkv_bias = false, o_bias = false, mlp_bias = false;
    bool qk_norm = false, attention_sinks = false;
    std::optional<SlidingWindow> window;
    std::optional<Experts> experts;
    std::optional<LatentAttention> latent;
    std::uint64_t published_parameters = 0;  // 0: none known

    std::uint64_t windowed_layers() const { return window ? window->layers : 0; }
};

/// The models of data/models.json.
std::span<const ModelShape> models();
/// The model with this id, or an error that lists the ids; `field` is the request's key that named it.
Result<const ModelShape*> find_model(std::string_view id, std::string_view field = "model");

/// Reads a Hugging Face config.json of a Llama, Mistral, Mixtral, Qwen2, Qwen2-MoE, Qwen3, Qwen3-MoE, Gemma 2 or 3,
/// Phi-3, GPT-2, OPT, gpt-oss, DeepSeek V2 or V3 model. Another architecture is read by the same field names; where
/// some are missing the error lists them.
Result<ModelShape> model_from_config(std::string_view json);

/// A device's memory, bandwidth and dense peak, where known (data/devices.json).
struct Device {
    std::string id, name, source, evidence;
    std::optional<double> memory_bytes;
    double bandwidth_gb_s = 0;
    std::optional<double> fp16_tflops, int8_tops;
};
std::span<const Device> devices();
Result<const Device*> find_device(std::string_view id);

}  // namespace quantlens::planner
