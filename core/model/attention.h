#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "model/config.h"
#include "tensor/matrix.h"
#include "tensor/thread_pool.h"

/// Rotary positions and causal grouped-query attention over whole sequences.
namespace quantlens::model {

/// Cosines and sines of the rotary angles: position p turns pair i by p * theta^(-2i / head_width).
/// Source: Su et al. 2021 (arXiv 2104.09864), section 3.2.2.
class RotaryTable {
public:
    RotaryTable() = default;
    explicit RotaryTable(const Config& config);

    /// Turns each head of `values` (heads of head_width one behind the other) as at `position`; `inverse` turns back.
    void rotate(std::span<float> values, std::size_t position, bool inverse = false) const;

private:
    std::size_t head_width_ = 0;
    RopeStyle style_ = RopeStyle::kHalfSplit;
    std::vector<float> cosines_, sines_;  // [context x head_width / 2]
};

/// Several sequences of `tokens` rows each, one behind the other. A row of qkv holds the query heads, then the key
/// heads, then the value heads; queries and keys are already turned.
struct AttentionShape {
    std::size_t sequences, tokens;
    std::size_t heads, kv_heads, head_width;
};

/// out [rows x heads * head_width] = softmax(q k^T / sqrt(head_width)) v over this and earlier tokens of the sequence.
/// log_sums [rows x heads] gets the logarithm of each softmax's denominator, which the backward pass needs.
void attention_forward(const AttentionShape& shape, MatrixView<const float> qkv, MatrixView<float> out,
                       MatrixView<float> log_sums, ThreadPool& pool);

/// From the gradient of `out` the gradient of qkv, written over `qkv_gradient`. The softmax is computed again, in
/// blocks, instead of being stored. Source: Dao et al. 2022 (arXiv 2205.14135), algorithm 4.
void attention_backward(const AttentionShape& shape, MatrixView<const float> qkv, MatrixView<const float> log_sums,
                        MatrixView<const float> out_gradient, MatrixView<float> qkv_gradient, ThreadPool& pool);

}  // namespace quantlens::model
