#include "model/model.h"

#include <algorithm>
#include <numeric>

#include "kernels/matmul.h"

namespace quantlens::model {

namespace {

/// Whether the layer computes anything but a product with `dequantized`.
bool transforms_inputs(const methods::QuantizedLayer& layer) {
    return layer.input.quantizer.active() || layer.input.splits_columns || !layer.input.float_columns.empty();
}

}  // namespace

Model::Model(std::shared_ptr<const Weights> weights) : weights_(std::move(weights)) {
    for (const auto& spec : weights_->specs()) stored_bits_.push_back(16 * spec.size());
}

Weights& Model::own_weights() {
    if (!owns_weights_ || weights_.use_count() > 1) {
        weights_ = std::make_shared<Weights>(*weights_);
        owns_weights_ = true;
    }
    return const_cast<Weights&>(*weights_);  // made here, not const, and nobody else's
}

Status Model::set_quantized(std::size_t tensor, methods::QuantizedLayer layer) {
    const auto& spec = weights_->specs()[tensor];
    if (layer.rows != spec.rows || layer.columns != spec.columns)
        return bad_shape(spec.name, spec.name + " is " + to_text(spec.rows) + " x " + to_text(spec.columns) +
                                        ", the quantized layer " + to_text(layer.rows) + " x " +
                                        to_text(layer.columns));
    layers_.erase(tensor);
    set_values(tensor, layer.dequantized);
    stored_bits_[tensor] = layer.stored_bits();
    if (transforms_inputs(layer)) layers_[tensor] = std::make_shared<const methods::QuantizedLayer>(std::move(layer));
    return {};
}

void Model::set_values(std::size_t tensor, MatrixView<const float> values) {
    const auto into = own_weights().tensor(tensor);
    for (std::size_t r = 0; r < values.rows(); ++r) std::ranges::copy(values.row(r), into.row(r).begin());
    if (const auto at = layers_.find(tensor); at != layers_.end()) {
        const auto quantizer = at->second->input.quantizer;
        layers_.erase(at);
        set_activation_quantizer(tensor, quantizer);
    }
}

void Model::set_activation_quantizer(std::size_t tensor, const methods::ActivationQuantizer& quantizer) {
    methods::QuantizedLayer layer;
    if (const auto at = layers_.find(tensor); at != layers_.end()) {
        layer = *at->second;
    } else {
        const auto& spec = weights_->specs()[tensor];
        layer.rows = spec.rows;
        layer.columns = spec.columns;
        layer.dequantized = Matrix(weights_->tensor(tensor));
    }
    layer.input.quantizer = quantizer;
    layers_.erase(tensor);
    if (transforms_inputs(layer)) layers_[tensor] = std::make_shared<const methods::QuantizedLayer>(std::move(layer));
}

Status Model::set_cache(const CacheSettings& settings) {
    if (const auto cache = KvCache::create(config(), settings); !cache) return std::unexpected(cache.error());
    cache_ = settings;
    return {};
}

KvCache Model::new_cache() const { return std::move(*KvCache::create(config(), cache_)); }

Status Model::run(const Batch& batch, Activations& activations, KvCache* cache, ThreadPool& pool) const {
    Batch placed = batch;
    if (cache) {
        if (batch.sequences != 1)
            return bad_shape("tokens", "a KV cache holds one sequence, the batch has " + to_text(batch.sequences));
        placed.first_position = cache->size();
    }
    if (const auto fits = check(config(), placed); !fits) return fits;

    Hooks hooks;
    Status status;
    if (!layers_.empty())
        hooks.product = [&](std::size_t layer, Product which, MatrixView<float> inputs, MatrixView<float> outputs) {
            const bool is_head = which == Product::kHead;
            const auto parts = is_head ? ProductParts{Part::kQuery, 1} : parts_of(which);
            const std::size_t first = is_head ? weights_->head_index() : weights_->index(layer, parts.first);
            std::size_t column = 0;
            for (std::size_t i = first; i < first + parts.count; ++i) {
                const auto weight = weights_->tensor(i);
                const auto out = outputs.block(0, column, outputs.rows(), weight.rows());
                column += weight.rows();
                const auto quantized = layers_.find(i);
                if (quantized == layers_.end()) {
                    kernels::matmul_nt(inputs, weight, out, pool);
                    continue;
                }
                const auto product = quantized->second->multiply(inputs, Run{pool, 0, {}});
                if (!product) {
                    if (status) status = std::unexpected(product.error());
                    continue;
                }
                for (std::size_t r = 0; r < out.rows(); ++r) std::ranges::copy(product->row(r), out.row(r).begin());
            }
        };
    if (cache)
        hooks.attention = [&](std::size_t layer, MatrixView<const float> qkv, MatrixView<float> out) {
            cache->attend(layer, qkv, out, pool);
        };
    forward(*weights_, placed, activations, hooks, pool);
    if (cache) cache->advance(batch.tokens.size());
    return status;
}

std::size_t Model::stored_bytes() const {
    std::size_t bytes = 0;
    for (const std::size_t bits : stored_bits_) bytes += (bits + 7) / 8;
    return bytes;
}

double Model::bits_per_weight() const { return 8.0 * double(stored_bytes()) / double(weights_->values().size()); }

double Model::quantized_bits_per_weight() const {
    std::size_t bits = 0, count = 0;
    for (std::size_t i = 0; i < stored_bits_.size(); ++i)
        if (is_quantized(i)) {
            bits += stored_bits_[i];
            count += weights_->specs()[i].size();
        }
    return count == 0 ? 16.0 : double(bits) / double(count);
}

}  // namespace quantlens::model
