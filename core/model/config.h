#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "tensor/error.h"

namespace quantlens::model {

/// Which two values of a head turn together: (i, i + d/2) as Hugging Face does, or (2i, 2i + 1) as Meta and GGUF do.
enum class RopeStyle : std::uint8_t { kHalfSplit, kInterleaved };

/// The shape of a Llama-style decoder. The defaults are the reference model's.
struct Config {
    std::size_t vocabulary = 256;    // vocab_size; 256: a token is a byte
    std::size_t width = 256;         // hidden_size
    std::size_t layers = 4;          // num_hidden_layers
    std::size_t heads = 8;           // num_attention_heads
    std::size_t kv_heads = 2;        // num_key_value_heads; each serves heads / kv_heads query heads
    std::size_t head_width = 32;     // head_dim
    std::size_t feed_forward = 512;  // intermediate_size
    std::size_t context = 512;       // max_position_embeddings, in tokens
    double rope_theta = 10000.0;
    double norm_epsilon = 1e-5;   // rms_norm_eps
    bool tied_embeddings = true;  // the output head is the embedding
    RopeStyle rope = RopeStyle::kHalfSplit;

    std::size_t query_width() const { return heads * head_width; }
    std::size_t kv_width() const { return kv_heads * head_width; }
    /// Columns of the joint product of queries, keys and values.
    std::size_t qkv_width() const { return query_width() + 2 * kv_width(); }
    bool operator==(const Config&) const = default;
};

/// Fails with kBadShape, naming the key, where the numbers do not fit together or are out of any sensible range.
Status check(const Config& config);

/// Reads a Hugging Face config.json of a Llama-style model. What changes the arithmetic and is not known here (biases,
/// scaled RoPE, another activation) is kUnsupported and named; keys that do not are passed over. A value that is wrong
/// is kBadFile, with its key as the field.
Result<Config> config_from_json(std::string_view text);

/// A config.json that Hugging Face's LlamaForCausalLM reads.
std::string config_to_json(const Config& config);

}  // namespace quantlens::model
