#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "model/attention.h"
#include "model/weights.h"

/// The forward and the backward pass of a Llama-style decoder: RMSNorm, rotary positions, grouped-query attention,
/// SwiGLU, residual connections. Source: Touvron et al. 2023 (arXiv 2302.13971), section 2.2.
namespace quantlens::model {

using Token = std::int32_t;

/// A position whose prediction is not scored.
inline constexpr Token kIgnored = -100;

/// The products of a pass, with the inputs that they share. The index of the first tensor of each is part_of.
enum class Product : std::uint8_t { kQueryKeyValue, kOutput, kGateUp, kDown, kHead };

struct ProductParts {
    Part first;
    std::size_t count;
};
/// Which tensors of the layer a product multiplies with; not for kHead.
ProductParts parts_of(Product product);

/// Several sequences of equal length, one behind the other.
struct Batch {
    std::span<const Token> tokens;  // sequences x length, each 0 .. vocabulary - 1
    std::size_t sequences = 1;
    std::size_t first_position = 0;  // of each sequence's first token; more than 0 with a KV cache
    std::size_t logits_from = 0;     // rows before this one get no logits

    std::size_t length() const { return tokens.size() / sequences; }
};

/// What stands in for a part of the pass. Empty functions mean the plain one.
struct Hooks {
    /// outputs = inputs times the transpose of the product's weights. May change the inputs in place (quantized
    /// activations): the backward pass then uses what it left there. `layer` is 0 for kHead.
    std::function<void(std::size_t layer, Product, MatrixView<float> inputs, MatrixView<float> outputs)> product;
    /// out from qkv, as attention_forward; queries and keys are already turned.
    std::function<void(std::size_t layer, MatrixView<const float> qkv, MatrixView<float> out)> attention;
};

/// The intermediate results of a pass; reused from pass to pass. All matrices have a row for each token.
class Activations {
public:
    struct Layer {
        Matrix input;               // [rows x width], the residual stream before the layer
        Matrix attention_input;     // after the norm
        Matrix qkv;                 // [rows x qkv_width], turned
        Matrix mixed, log_sums;     // attention's output [rows x query_width]; [rows x heads]
        Matrix middle;              // the residual stream after attention
        Matrix feed_forward_input;  // after the norm
        Matrix gate_up;             // [rows x 2 feed_forward]
        Matrix hidden;              // silu(gate) * up
        std::vector<float> attention_scales, feed_forward_scales;  // 1 / rms of each row
    };

    /// `keep` holds on to every layer, which the backward pass needs; else all layers share one set of matrices.
    Activations(const Config& config, bool keep);

    /// Makes room for this many rows; what was there is lost where that changes.
    void resize(std::size_t rows);

    std::size_t rows() const { return rows_; }
    Layer& layer(std::size_t index) { return layers_[keep_ ? index : 0]; }
    /// Where layer `index` writes the residual stream: the next layer's input, or `output`.
    Matrix& after(std::size_t index) { return keep_ && index + 1 < config_.layers ? layers_[index + 1].input : output; }
    bool keeps() const { return keep_; }

    Matrix output, normed;      // [rows x width], before and after the last norm
    std::vector<float> scales;  // 1 / rms of each row of output
    Matrix logits;              // [rows from Batch::logits_from on x vocabulary]
    RotaryTable rotary;

private:
    Config config_;
    bool keep_;
    std::size_t rows_ = 0;
    std::vector<Layer> layers_;
};

/// Fails with kBadParameter at a token outside the vocabulary, and with kBadShape where the batch is empty or a
/// sequence would go beyond the context.
Status check(const Config& config, const Batch& batch);

/// outputs = inputs times the transpose of the product's weights: what Hooks::product stands in for.
void plain_product(const Weights& weights, std::size_t layer, Product product, MatrixView<const float> inputs,
                   MatrixView<float> outputs, ThreadPool& pool);

/// Fills `activations`, its logits among them. The batch must pass check().
void forward(const Weights& weights, const Batch& batch, Activations& activations, const Hooks& hooks,
             ThreadPool& pool);

/// Replaces logits by weight * (softmax - one-hot), the gradient of weight * (sum of the losses), and returns the sum
/// of the losses in nats; a target of kIgnored counts nothing. `losses`, where not empty, gets each row's loss.
double cross_entropy(MatrixView<float> logits, std::span<const Token> targets, double weight, ThreadPool& pool,
                     std::span<double> losses = {});

/// Room for the backward pass; reused from pass to pass.
struct BackwardBuffers {
    Matrix stream, normed, branch, qkv, gate_up, hidden, gain_sums;
};

/// Adds to `gradient` what follows from the gradient of the logits, which stands in activations.logits. `activations`
/// must come from a forward pass over the same batch that kept all layers.
void backward(const Weights& weights, const Batch& batch, Activations& activations, Weights& gradient,
              BackwardBuffers& buffers, ThreadPool& pool);

}  // namespace quantlens::model
