#include <algorithm>

#include "kernels/matmul.h"
#include "model/arithmetic.h"
#include "model/transformer.h"

namespace quantlens::model {

namespace {

void resize(Matrix& matrix, std::size_t rows, std::size_t columns) {
    if (matrix.rows() != rows || matrix.columns() != columns) matrix = Matrix(rows, columns);
}

/// With y = x * s * gain and s = 1 / rms(x): adds dx to `stream` (or writes it, where `replace`) and adds the gain's
/// gradient to `gain_gradient`. `gain_sums` is room for one row a piece.
void rms_norm_backward(MatrixView<const float> x, std::span<const float> scales, std::span<const float> gain,
                       MatrixView<const float> dy, MatrixView<float> stream, bool replace,
                       std::span<float> gain_gradient, Matrix& gain_sums, ThreadPool& pool) {
    const std::size_t width = x.columns();
    const std::size_t pieces = piece_count(x.rows());
    resize(gain_sums, pieces, width);
    for_rows(x.rows(), pool, [&](std::size_t piece, std::size_t first, std::size_t end) {
        const auto sums = gain_sums.row(piece);
        std::ranges::fill(sums, 0.0f);
        for (std::size_t r = first; r < end; ++r) {
            const auto value = x.row(r);
            const auto given = dy.row(r);
            const auto into = stream.row(r);
            const float s = scales[r];
            const float dot = sum_of(width, [&](std::size_t i) { return given[i] * gain[i] * value[i]; });
            const float pull = s * s * s * dot / float(width);
            if (replace) std::ranges::fill(into, 0.0f);
            for (std::size_t i = 0; i < width; ++i) {
                into[i] += s * given[i] * gain[i] - pull * value[i];
                sums[i] += given[i] * value[i] * s;
            }
        }
    });
    for (std::size_t piece = 0; piece < pieces; ++piece)
        for (std::size_t i = 0; i < width; ++i) gain_gradient[i] += gain_sums(piece, i);
}

/// From the gradient of hidden = silu(gate) * up the gradient of gate and up.
void swiglu_backward(MatrixView<const float> gate_up, MatrixView<const float> hidden_gradient,
                     MatrixView<float> gate_up_gradient, ThreadPool& pool) {
    const std::size_t width = hidden_gradient.columns();
    for_rows(gate_up.rows(), pool, [&](std::size_t, std::size_t first, std::size_t end) {
        for (std::size_t r = first; r < end; ++r) {
            const float* gate = gate_up.row(r).data();
            const float* up = gate + width;
            const float* given = hidden_gradient.row(r).data();
            float* gate_slope = gate_up_gradient.row(r).data();
            float* up_slope = gate_slope + width;
            sigmoids({gate, width}, {gate_slope, width});
            for (std::size_t i = 0; i < width; ++i) {
                const float sigmoid = gate_slope[i];
                up_slope[i] = given[i] * gate[i] * sigmoid;
                gate_slope[i] = given[i] * up[i] * sigmoid * (1.0f + gate[i] * (1.0f - sigmoid));
            }
        }
    });
}

}  // namespace

void backward(const Weights& weights, const Batch& batch, Activations& activations, Weights& gradient,
              BackwardBuffers& buffers, ThreadPool& pool) {
    const Config& config = weights.config();
    const std::size_t rows = batch.tokens.size();
    const AttentionShape shape{batch.sequences, batch.length(), config.heads, config.kv_heads, config.head_width};
    resize(buffers.stream, rows, config.width);
    resize(buffers.normed, rows, config.width);
    resize(buffers.branch, rows, config.query_width());
    resize(buffers.qkv, rows, config.qkv_width());
    resize(buffers.gate_up, rows, 2 * config.feed_forward);
    resize(buffers.hidden, rows, config.feed_forward);
    auto& stream = buffers.stream;  // the gradient of the residual stream, from the last layer to the first

    const auto head = weights.head_index();
    kernels::matmul_tn(activations.logits, activations.normed, gradient.tensor(head), true, pool);
    kernels::matmul_nn(activations.logits, weights.tensor(head), buffers.normed, pool);
    const auto norm_backward = [&](MatrixView<const float> x, std::span<const float> scales, std::size_t norm,
                                   bool replace) {
        rms_norm_backward(x, scales, weights.tensor(norm).row(0), buffers.normed, stream, replace,
                          gradient.tensor(norm).row(0), buffers.gain_sums, pool);
    };
    norm_backward(activations.output, activations.scales, weights.final_norm_index(), true);

    for (std::size_t l = config.layers; l-- > 0;) {
        auto& layer = activations.layer(l);
        kernels::matmul_tn(stream, layer.hidden, gradient.tensor(l, Part::kDown), true, pool);
        kernels::matmul_nn(stream, weights.tensor(l, Part::kDown), buffers.hidden, pool);
        swiglu_backward(layer.gate_up, buffers.hidden, buffers.gate_up, pool);
        kernels::matmul_tn(buffers.gate_up, layer.feed_forward_input, gradient.stacked(l, Part::kGate, 2), true, pool);
        kernels::matmul_nn(buffers.gate_up, weights.stacked(l, Part::kGate, 2), buffers.normed, pool);
        norm_backward(layer.middle, layer.feed_forward_scales, weights.index(l, Part::kFeedForwardNorm), false);

        kernels::matmul_tn(stream, layer.mixed, gradient.tensor(l, Part::kOutput), true, pool);
        kernels::matmul_nn(stream, weights.tensor(l, Part::kOutput), buffers.branch, pool);
        attention_backward(shape, layer.qkv, layer.log_sums, buffers.branch, buffers.qkv, pool);
        for_rows(rows, pool, [&](std::size_t, std::size_t first, std::size_t end) {
            for (std::size_t r = first; r < end; ++r)
                activations.rotary.rotate(buffers.qkv.row(r).first(config.query_width() + config.kv_width()),
                                          batch.first_position + r % batch.length(), true);
        });
        kernels::matmul_tn(buffers.qkv, layer.attention_input, gradient.stacked(l, Part::kQuery, 3), true, pool);
        kernels::matmul_nn(buffers.qkv, weights.stacked(l, Part::kQuery, 3), buffers.normed, pool);
        norm_backward(layer.input, layer.attention_scales, weights.index(l, Part::kAttentionNorm), false);
    }

    auto embedding = gradient.tensor(weights.embedding_index());
    for (std::size_t r = 0; r < rows; ++r) {  // one after the other: tokens repeat
        const auto into = embedding.row(std::size_t(batch.tokens[r]));
        const auto from = stream.row(r);
        for (std::size_t i = 0; i < into.size(); ++i) into[i] += from[i];
    }
}

}  // namespace quantlens::model
