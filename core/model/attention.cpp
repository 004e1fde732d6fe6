#include "model/attention.h"

#include <algorithm>
#include <cmath>

#include "kernels/matmul.h"
#include "model/arithmetic.h"

namespace quantlens::model {

RotaryTable::RotaryTable(const Config& config) : head_width_(config.head_width), style_(config.rope) {
    const std::size_t pairs = head_width_ / 2;
    cosines_.resize(config.context * pairs);
    sines_.resize(config.context * pairs);
    for (std::size_t pair = 0; pair < pairs; ++pair) {
        const double frequency = std::pow(config.rope_theta, -2.0 * double(pair) / double(head_width_));
        for (std::size_t position = 0; position < config.context; ++position) {
            const double angle = double(position) * frequency;
            cosines_[position * pairs + pair] = float(std::cos(angle));
            sines_[position * pairs + pair] = float(std::sin(angle));
        }
    }
}

void RotaryTable::rotate(std::span<float> values, std::size_t position, bool inverse) const {
    const std::size_t pairs = head_width_ / 2;
    const float* cosine = &cosines_[position * pairs];
    const float* sine = &sines_[position * pairs];
    const float sign = inverse ? -1.0f : 1.0f;
    const std::size_t step = style_ == RopeStyle::kHalfSplit ? 1 : 2;          // from a pair to the next
    const std::size_t distance = style_ == RopeStyle::kHalfSplit ? pairs : 1;  // within a pair
    for (std::size_t head = 0; head + head_width_ <= values.size(); head += head_width_)
        for (std::size_t i = 0; i < pairs; ++i) {
            float& a = values[head + i * step];
            float& b = values[head + i * step + distance];
            const float turned_a = a * cosine[i] - sign * b * sine[i];
            const float turned_b = b * cosine[i] + sign * a * sine[i];
            a = turned_a;
            b = turned_b;
        }
}

namespace {

constexpr std::size_t kQueryBlock = 64;  // query rows whose scores are held at once

/// The rows of one sequence and the columns of one key-value head.
struct HeadViews {
    MatrixView<const float> keys, values;  // [tokens x head_width]
    std::size_t first_row;
    std::size_t key_column, value_column;
};

HeadViews head_views(const AttentionShape& shape, MatrixView<const float> qkv, std::size_t sequence, std::size_t kv) {
    HeadViews views;
    views.first_row = sequence * shape.tokens;
    views.key_column = (shape.heads + kv) * shape.head_width;
    views.value_column = views.key_column + shape.kv_heads * shape.head_width;
    views.keys = qkv.block(views.first_row, views.key_column, shape.tokens, shape.head_width);
    views.values = qkv.block(views.first_row, views.value_column, shape.tokens, shape.head_width);
    return views;
}

/// Calls body(query head, first query row, rows, keys seen by the last of them) for each block of a key-value head.
template <class Body>
void for_query_blocks(const AttentionShape& shape, std::size_t kv, const Body& body) {
    const std::size_t group = shape.heads / shape.kv_heads;
    for (std::size_t head = kv * group; head < (kv + 1) * group; ++head)
        for (std::size_t first = 0; first < shape.tokens; first += kQueryBlock) {
            const std::size_t rows = std::min(kQueryBlock, shape.tokens - first);
            body(head, first, rows, first + rows);
        }
}

}  // namespace

void attention_forward(const AttentionShape& shape, MatrixView<const float> qkv, MatrixView<float> out,
                       MatrixView<float> log_sums, ThreadPool& pool) {
    const float scale = float(1.0 / std::sqrt(double(shape.head_width)));
    pool.for_each(shape.sequences * shape.kv_heads, [&](std::size_t piece) {
        const std::size_t kv = piece % shape.kv_heads;
        const auto views = head_views(shape, qkv, piece / shape.kv_heads, kv);
        Matrix scores(kQueryBlock, shape.tokens);
        for_query_blocks(shape, kv, [&](std::size_t head, std::size_t first, std::size_t rows, std::size_t seen) {
            const std::size_t row = views.first_row + first;
            const std::size_t column = head * shape.head_width;
            const auto block = scores.view().block(0, 0, rows, seen);
            kernels::matmul_nt(qkv.block(row, column, rows, shape.head_width),
                               views.keys.block(0, 0, seen, shape.head_width), block, pool);
            for (std::size_t i = 0; i < rows; ++i) {
                const auto line = block.row(i);
                const std::size_t own = first + i + 1;  // a token sees itself and what came before
                const float top = scale * largest(line.first(own));
                exponentials(line.first(own), scale, top);
                const float sum = sum_of(own, [&](std::size_t j) { return line[j]; });
                const float share = 1.0f / sum;
                for (std::size_t j = 0; j < own; ++j) line[j] *= share;
                std::fill(line.begin() + std::ptrdiff_t(own), line.end(), 0.0f);
                log_sums(row + i, head) = top + std::log(sum);
            }
            kernels::matmul_nn(block, views.values.block(0, 0, seen, shape.head_width),
                               out.block(row, column, rows, shape.head_width), pool);
        });
    });
}

void attention_backward(const AttentionShape& shape, MatrixView<const float> qkv, MatrixView<const float> log_sums,
                        MatrixView<const float> out_gradient, MatrixView<float> qkv_gradient, ThreadPool& pool) {
    const float scale = float(1.0 / std::sqrt(double(shape.head_width)));
    pool.for_each(shape.sequences * shape.kv_heads, [&](std::size_t piece) {
        const std::size_t kv = piece % shape.kv_heads;
        const auto views = head_views(shape, qkv, piece / shape.kv_heads, kv);
        const auto gradient_of = [&](std::size_t column, std::size_t tokens) {
            return qkv_gradient.block(views.first_row, column, tokens, shape.head_width);
        };
        for (std::size_t t = 0; t < shape.tokens; ++t) {
            std::ranges::fill(gradient_of(views.key_column, shape.tokens).row(t), 0.0f);
            std::ranges::fill(gradient_of(views.value_column, shape.tokens).row(t), 0.0f);
        }
        Matrix share_buffer(kQueryBlock, shape.tokens), slope_buffer(kQueryBlock, shape.tokens);
        for_query_blocks(shape, kv, [&](std::size_t head, std::size_t first, std::size_t rows, std::size_t seen) {
            const std::size_t row = views.first_row + first;
            const std::size_t column = head * shape.head_width;
            const auto queries = qkv.block(row, column, rows, shape.head_width);
            const auto keys = views.keys.block(0, 0, seen, shape.head_width);
            const auto values = views.values.block(0, 0, seen, shape.head_width);
            const auto given = out_gradient.block(row, column, rows, shape.head_width);
            const auto shares = share_buffer.view().block(0, 0, rows, seen);  // the softmax
            const auto slopes = slope_buffer.view().block(0, 0, rows, seen);  // gradient of the softmax, then of scores
            kernels::matmul_nt(queries, keys, shares, pool);
            kernels::matmul_nt(given, values, slopes, pool);
            for (std::size_t i = 0; i < rows; ++i) {
                const auto share = shares.row(i);
                const auto slope = slopes.row(i);
                const std::size_t own = first + i + 1;
                const float log_sum = log_sums(row + i, head);
                exponentials(share.first(own), scale, log_sum);
                const float mean = sum_of(own, [&](std::size_t j) { return share[j] * slope[j]; });
                for (std::size_t j = 0; j < own; ++j) slope[j] = scale * share[j] * (slope[j] - mean);
                std::fill(share.begin() + std::ptrdiff_t(own), share.end(), 0.0f);
                std::fill(slope.begin() + std::ptrdiff_t(own), slope.end(), 0.0f);
            }
            kernels::matmul_nn(slopes, keys, qkv_gradient.block(row, column, rows, shape.head_width), pool);
            kernels::matmul_tn(slopes, queries, gradient_of(views.key_column, seen), true, pool);
            kernels::matmul_tn(shares, given, gradient_of(views.value_column, seen), true, pool);
        });
    });
}

}  // namespace quantlens::model
