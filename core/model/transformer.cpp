#include "model/transformer.h"

#include <algorithm>
#include <cmath>

#include "kernels/matmul.h"
#include "model/arithmetic.h"

namespace quantlens::model {

ProductParts parts_of(Product product) {
    static constexpr ProductParts kTable[] = {
        {Part::kQuery, 3}, {Part::kOutput, 1}, {Part::kGate, 2}, {Part::kDown, 1}};
    return kTable[std::size_t(product)];
}

Activations::Activations(const Config& config, bool keep)
    : rotary(config), config_(config), keep_(keep), layers_(keep ? config.layers : 1) {}

void Activations::resize(std::size_t rows) {
    if (rows == rows_) return;
    rows_ = rows;
    for (auto& layer : layers_) {
        layer.input = Matrix(rows, config_.width);
        layer.attention_input = Matrix(rows, config_.width);
        layer.qkv = Matrix(rows, config_.qkv_width());
        layer.mixed = Matrix(rows, config_.query_width());
        layer.log_sums = Matrix(rows, config_.heads);
        layer.middle = Matrix(rows, config_.width);
        layer.feed_forward_input = Matrix(rows, config_.width);
        layer.gate_up = Matrix(rows, 2 * config_.feed_forward);
        layer.hidden = Matrix(rows, config_.feed_forward);
        layer.attention_scales.resize(rows);
        layer.feed_forward_scales.resize(rows);
    }
    output = Matrix(rows, config_.width);
    normed = Matrix(rows, config_.width);
    scales.resize(rows);
}

Status check(const Config& config, const Batch& batch) {
    if (batch.tokens.empty() || batch.sequences == 0 || batch.tokens.size() % batch.sequences != 0)
        return bad_shape("tokens", "a batch of " + to_text(batch.tokens.size()) + " tokens cannot be " +
                                       to_text(batch.sequences) + " sequences of equal length");
    if (batch.first_position + batch.length() > config.context)
        return bad_shape("tokens", "position " + to_text(batch.first_position + batch.length()) +
                                       " is beyond the model's context of " + to_text(config.context) + " tokens");
    for (const Token token : batch.tokens)
        if (token < 0 || std::size_t(token) >= config.vocabulary)
            return bad_parameter("token", token, "from 0 to " + to_text(config.vocabulary - 1));
    return {};
}

namespace {

/// out = in / rms(in) * gain, row by row. Source: Zhang and Sennrich 2019 (arXiv 1910.07467), equation 4.
void rms_norm(MatrixView<const float> in, std::span<const float> gain, double epsilon, MatrixView<float> out,
              std::span<float> scales, ThreadPool& pool) {
    for_rows(in.rows(), pool, [&](std::size_t, std::size_t first, std::size_t end) {
        for (std::size_t r = first; r < end; ++r) {
            const auto from = in.row(r);
            const auto to = out.row(r);
            const float square = sum_of(from.size(), [&](std::size_t i) { return from[i] * from[i]; });
            const float scale = float(1.0 / std::sqrt(double(square) / double(from.size()) + epsilon));
            for (std::size_t i = 0; i < from.size(); ++i) to[i] = from[i] * scale * gain[i];
            scales[r] = scale;
        }
    });
}

/// stream = residual + branch.
void add_residual(MatrixView<const float> residual, MatrixView<float> stream, ThreadPool& pool) {
    for_rows(stream.rows(), pool, [&](std::size_t, std::size_t first, std::size_t end) {
        for (std::size_t r = first; r < end; ++r) {
            const auto from = residual.row(r);
            const auto to = stream.row(r);
            for (std::size_t i = 0; i < to.size(); ++i) to[i] += from[i];
        }
    });
}

/// hidden = silu(gate) * up. Source: Shazeer 2020 (arXiv 2002.05202), equation 6.
void swiglu(MatrixView<const float> gate_up, MatrixView<float> hidden, ThreadPool& pool) {
    const std::size_t width = hidden.columns();
    for_rows(hidden.rows(), pool, [&](std::size_t, std::size_t first, std::size_t end) {
        for (std::size_t r = first; r < end; ++r) {
            const float* gate = gate_up.row(r).data();
            const float* up = gate + width;
            float* to = hidden.row(r).data();
            sigmoids({gate, width}, {to, width});
            for (std::size_t i = 0; i < width; ++i) to[i] *= gate[i] * up[i];
        }
    });
}

}  // namespace

void plain_product(const Weights& weights, std::size_t layer, Product product, MatrixView<const float> inputs,
                   MatrixView<float> outputs, ThreadPool& pool) {
    if (product == Product::kHead)
        return kernels::matmul_nt(inputs, weights.tensor(weights.head_index()), outputs, pool);
    const auto parts = parts_of(product);
    kernels::matmul_nt(inputs, weights.stacked(layer, parts.first, parts.count), outputs, pool);
}

void forward(const Weights& weights, const Batch& batch, Activations& activations, const Hooks& hooks,
             ThreadPool& pool) {
    const Config& config = weights.config();
    const std::size_t rows = batch.tokens.size();
    activations.resize(rows);
    const AttentionShape shape{batch.sequences, batch.length(), config.heads, config.kv_heads, config.head_width};
    const auto product = [&](std::size_t layer, Product which, MatrixView<float> in, MatrixView<float> out) {
        if (hooks.product) return hooks.product(layer, which, in, out);
        plain_product(weights, layer, which, in, out, pool);
    };

    const auto embedding = weights.tensor(weights.embedding_index());
    for (std::size_t r = 0; r < rows; ++r)
        std::ranges::copy(embedding.row(std::size_t(batch.tokens[r])), activations.layer(0).input.row(r).begin());

    for (std::size_t l = 0; l < config.layers; ++l) {
        auto& layer = activations.layer(l);
        rms_norm(layer.input, weights.tensor(l, Part::kAttentionNorm).row(0), config.norm_epsilon,
                 layer.attention_input, layer.attention_scales, pool);
        product(l, Product::kQueryKeyValue, layer.attention_input, layer.qkv);
        for_rows(rows, pool, [&](std::size_t, std::size_t first, std::size_t end) {
            for (std::size_t r = first; r < end; ++r)
                activations.rotary.rotate(layer.qkv.row(r).first(config.query_width() + config.kv_width()),
                                          batch.first_position + r % batch.length());
        });
        if (hooks.attention)
            hooks.attention(l, layer.qkv, layer.mixed);
        else
            attention_forward(shape, layer.qkv, layer.mixed, layer.log_sums, pool);
        product(l, Product::kOutput, layer.mixed, layer.middle);
        add_residual(layer.input, layer.middle, pool);

        rms_norm(layer.middle, weights.tensor(l, Part::kFeedForwardNorm).row(0), config.norm_epsilon,
                 layer.feed_forward_input, layer.feed_forward_scales, pool);
        product(l, Product::kGateUp, layer.feed_forward_input, layer.gate_up);
        swiglu(layer.gate_up, layer.hidden, pool);
        auto& after = activations.after(l);
        product(l, Product::kDown, layer.hidden, after);
        add_residual(layer.middle, after, pool);
        if (!activations.keeps() && l + 1 < config.layers) std::swap(layer.input, after);
    }

    rms_norm(activations.output, weights.tensor(weights.final_norm_index()).row(0), config.norm_epsilon,
             activations.normed, activations.scales, pool);
    const std::size_t scored = rows - batch.logits_from;
    if (activations.logits.rows() != scored || activations.logits.columns() != config.vocabulary)
        activations.logits = Matrix(scored, config.vocabulary);
    product(0, Product::kHead, activations.normed.view().block(batch.logits_from, 0, scored, config.width),
            activations.logits);
}

double cross_entropy(MatrixView<float> logits, std::span<const Token> targets, double weight, ThreadPool& pool,
                     std::span<double> losses) {
    std::vector<double> sums(piece_count(logits.rows()));
    for_rows(logits.rows(), pool, [&](std::size_t piece, std::size_t first, std::size_t end) {
        for (std::size_t r = first; r < end; ++r) {
            const auto row = logits.row(r);
            if (targets[r] < 0) {
                std::ranges::fill(row, 0.0f);
                if (!losses.empty()) losses[r] = 0;
                continue;
            }
            const std::size_t target = std::size_t(targets[r]);
            const float top = largest(row);
            const float wanted = row[target];
            exponentials(row, 1.0f, top);
            const double sum = double(sum_of(row.size(), [&](std::size_t i) { return row[i]; }));
            const double loss = std::log(sum) - (double(wanted) - double(top));
            const float scale = float(weight / sum);
            for (auto& value : row) value *= scale;
            row[target] -= float(weight);
            sums[piece] += loss;
            if (!losses.empty()) losses[r] = loss;
        }
    });
    double total = 0;
    for (const double sum : sums) total += sum;
    return total;
}

}  // namespace quantlens::model
