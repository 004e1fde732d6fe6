#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <vector>

#include "methods/layer.h"
#include "model/kv_cache.h"
#include "model/transformer.h"

/// A model as it is run: unquantized, or with any of its matrices and its KV cache quantized.
namespace quantlens::model {

class Model {
public:
    /// The unquantized model; its weights count as FP16.
    explicit Model(std::shared_ptr<const Weights> weights);

    const Config& config() const { return weights_->config(); }
    /// The weights in effect, dequantized where they are quantized.
    const Weights& weights() const { return *weights_; }

    /// Puts a quantized layer in the place of the tensor with this index in specs().
    Status set_quantized(std::size_t tensor, methods::QuantizedLayer layer);
    /// Replaces a tensor's values without a change of how many bits it takes (a norm after tuning). A quantized layer's
    /// own transform of the inputs is dropped; its activation quantizer stays.
    void set_values(std::size_t tensor, MatrixView<const float> values);
    /// Stored bits of a tensor where they are known better here (adapters beside it, a merge into FP16).
    void set_stored_bits(std::size_t tensor, std::size_t bits) { stored_bits_[tensor] = bits; }
    void add_stored_bits(std::size_t tensor, std::size_t bits) { stored_bits_[tensor] += bits; }
    /// Rounds the inputs of these layers, beside what their quantized layers do themselves.
    void set_activation_quantizer(std::size_t tensor, const methods::ActivationQuantizer& quantizer);
    /// Fails where the formats do not fit the model.
    Status set_cache(const CacheSettings& settings);
    const CacheSettings& cache() const { return cache_; }

    /// A cache as this model keeps it.
    KvCache new_cache() const;

    /// One pass. With a cache, the batch is one sequence that goes on where the cache ends, and the cache grows by it;
    /// without, every sequence is whole. The logits are in `activations`. Fails as check() does and where a quantized
    /// layer cannot take its inputs.
    Status run(const Batch& batch, Activations& activations, KvCache* cache, ThreadPool& pool) const;

    /// Whether a matrix is quantized.
    bool is_quantized(std::size_t tensor) const {
        return stored_bits_[tensor] != 16 * weights_->specs()[tensor].size();
    }
    /// Stored bytes of all weights: quantized ones as their method counts them, the others in FP16.
    std::size_t stored_bytes() const;
    /// Over all weights of the model.
    double bits_per_weight() const;
    /// Over the quantized matrices alone; 16 where there are none.
    double quantized_bits_per_weight() const;

private:
    Weights& own_weights();  // a copy of its own before the first change

    std::shared_ptr<const Weights> weights_;
    bool owns_weights_ = false;
    std::vector<std::size_t> stored_bits_;  // of each tensor
    /// Layers whose product is more than one with `weights_`: they quantize their inputs.
    std::map<std::size_t, std::shared_ptr<const methods::QuantizedLayer>> layers_;
    CacheSettings cache_;
};

}  // namespace quantlens::model
