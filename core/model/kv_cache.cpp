#include "model/kv_cache.h"

#include <algorithm>
#include <cmath>

#include "kernels/matmul.h"
#include "kernels/rows.h"
#include "model/arithmetic.h"

namespace quantlens::model {

namespace {

constexpr std::size_t kQueryBlock = 64;

/// Tokens of a run of keys that are quantized together: without a residual, as many as share a scale.
std::size_t key_run(const CacheSettings& settings) {
    if (settings.residual > 0) return std::size_t(settings.residual);
    return settings.key_granularity == methods::CacheGranularity::kChannel ? std::size_t(settings.group) : 1;
}

/// How many of the first keys and values are stored as codes when there are `tokens`.
std::size_t stored_keys(std::size_t tokens, const CacheCodec& codec, const CacheSettings& settings) {
    if (!codec.active) return 0;
    return tokens / key_run(settings) * key_run(settings);
}
std::size_t stored_values(std::size_t tokens, const CacheCodec& codec, const CacheSettings& settings) {
    return codec.active ? methods::quantized_value_tokens(tokens, settings.residual) : 0;
}

/// Some tokens of all heads through the codec.
void store(MatrixView<const float> exact, MatrixView<float> stored, const CacheCodec& codec, ThreadPool& pool) {
    const auto turn = [&](Matrix& head, bool back) {
        if (codec.rotate) (void)kernels::hadamard(head, back, pool);  // a width that create() has looked at
    };
    for (std::size_t column = 0; column < exact.columns(); column += codec.head_width) {
        Matrix head(exact.block(0, column, exact.rows(), codec.head_width));
        turn(head, false);
        if (codec.format) {
            std::vector<std::uint8_t> bytes(codec.format->stored_bytes(head.size()));
            codec.format->encode(head.values(), bytes);
            codec.format->decode(bytes, head.values());
        } else {
            methods::quantize_head(head, head.rows(), codec.granularity, codec.parameters);
        }
        turn(head, true);
        for (std::size_t r = 0; r < head.rows(); ++r)
            std::ranges::copy(head.row(r), stored.row(r).subspan(column, codec.head_width).begin());
    }
}

/// Fails with kBadParameter where there is no such format or its blocks do not fit a head.
Result<CacheCodec> codec_of(std::string_view key, const std::string& format, methods::CacheGranularity granularity,
                            const CacheSettings& settings, const Config& config) {
    CacheCodec codec;
    if (format == "f32") return codec;
    codec.active = true;
    codec.head_width = config.head_width;
    codec.rotate = settings.rotate;
    codec.granularity = granularity;
    codec.parameters.group_size = settings.group;
    const bool is_integer = format.size() == 4 && format.starts_with("int") && format[3] >= '1' && format[3] <= '8';
    if (is_integer || format == "fp8_e4m3" || format == "fp8_e5m2") {
        codec.parameters.bits = is_integer ? format[3] - '0' : 8;
        codec.parameters.format = is_integer             ? methods::CacheFormat::kInteger
                                  : format == "fp8_e4m3" ? methods::CacheFormat::kFp8E4m3
                                                         : methods::CacheFormat::kFp8E5m2;
        return codec;
    }
    const auto found = formats::find(format, key);
    if (!found) return std::unexpected(found.error());
    if (config.head_width % (*found)->block_size != 0)
        return bad_parameter(key, format,
                             "one whose block of " + to_text((*found)->block_size) + " values fits a head of " +
                                 to_text(config.head_width));
    codec.format = *found;
    return codec;
}

}  // namespace

Result<KvCache> KvCache::create(const Config& config, const CacheSettings& settings) {
    if (settings.group < 1) return bad_parameter("kv_group", settings.group, "at least 1");
    if (settings.residual < 0) return bad_parameter("kv_residual", settings.residual, "0 or more");
    if (settings.rotate && !kernels::hadamard_size_is_known(config.head_width))
        return bad_parameter(
            "kv_rotate", "true",
            "false for heads of " + to_text(config.head_width) + ": no Hadamard matrix of that order is known here");
    auto keys = codec_of("kv_key", settings.key_format, settings.key_granularity, settings, config);
    if (!keys) return std::unexpected(keys.error());
    auto values = codec_of("kv_value", settings.value_format, methods::CacheGranularity::kToken, settings, config);
    if (!values) return std::unexpected(values.error());
    return KvCache(config, settings, *keys, *values);
}

KvCache::KvCache(const Config& config, const CacheSettings& settings, CacheCodec keys, CacheCodec values)
    : config_(config), settings_(settings), keys_codec_(std::move(keys)), values_codec_(std::move(values)),
      layers_(config.layers) {
    const auto room = [&](Side& side, bool active) {
        side.exact = Matrix(config.context, config.kv_width());
        if (active) side.stored = Matrix(config.context, config.kv_width());
    };
    for (auto& layer : layers_) {
        room(layer.keys, keys_codec_.active);
        room(layer.values, values_codec_.active);
    }
}

void KvCache::append(std::size_t index, MatrixView<const float> qkv, ThreadPool& pool) {
    auto& layer = layers_[index];
    if (size_ == 0) layer.keys.done = layer.values.done = 0;
    const std::size_t first = size_, end = size_ + qkv.rows();
    for (std::size_t r = 0; r < qkv.rows(); ++r) {
        const auto row = qkv.row(r).subspan(config_.query_width());
        std::ranges::copy(row.first(config_.kv_width()), layer.keys.exact.row(first + r).begin());
        std::ranges::copy(row.last(config_.kv_width()), layer.values.exact.row(first + r).begin());
    }
    const auto store_until = [&](Side& side, std::size_t token, const CacheCodec& codec) {
        const std::size_t tokens = token - side.done, width = config_.kv_width();
        store(side.exact.view().block(side.done, 0, tokens, width),
              side.stored.view().block(side.done, 0, tokens, width), codec, pool);
        side.done = token;
    };
    if (keys_codec_.active)
        for (const std::size_t run = key_run(settings_); layer.keys.done + run <= end;)
            store_until(layer.keys, layer.keys.done + run, keys_codec_);
    if (values_codec_.active) store_until(layer.values, end, values_codec_);
}

void KvCache::attend(std::size_t index, MatrixView<const float> qkv, MatrixView<float> out, ThreadPool& pool) {
    append(index, qkv, pool);
    const auto& layer = layers_[index];
    const std::size_t width = config_.head_width, group = config_.heads / config_.kv_heads;
    const float scale = float(1.0 / std::sqrt(double(width)));
    const auto head_of = [&](const Matrix& side, std::size_t kv, std::size_t tokens) {
        return side.view().block(0, kv * width, tokens, width);
    };
    const std::size_t blocks = piece_count(qkv.rows(), kQueryBlock);
    pool.for_each(config_.heads * blocks, [&](std::size_t piece) {
        const std::size_t head = piece / blocks, kv = head / group;
        const std::size_t first = piece % blocks * kQueryBlock, rows = std::min(kQueryBlock, qkv.rows() - first);
        const std::size_t seen = size_ + first + rows;  // by the last query
        const auto queries = qkv.block(first, head * width, rows, width);
        const auto result = out.block(first, head * width, rows, width);
        Matrix scores(rows, seen), other;
        kernels::matmul_nt(queries, head_of(layer.keys.exact, kv, seen), scores, pool);
        if (keys_codec_.active) {
            other = Matrix(rows, seen);
            kernels::matmul_nt(queries, head_of(layer.keys.stored, kv, seen), other, pool);
        }
        for (std::size_t i = 0; i < rows; ++i) {
            const std::size_t own = size_ + first + i + 1;
            const auto line = scores.row(i);
            if (keys_codec_.active)
                std::copy_n(other.row(i).begin(), stored_keys(own, keys_codec_, settings_), line.begin());
            const float top = scale * largest(line.first(own));
            exponentials(line.first(own), scale, top);
            const float share = 1.0f / sum_of(own, [&](std::size_t j) { return line[j]; });
            for (std::size_t j = 0; j < own; ++j) line[j] *= share;
            std::fill(line.begin() + std::ptrdiff_t(own), line.end(), 0.0f);
        }
        if (!values_codec_.active) {
            kernels::matmul_nn(scores, head_of(layer.values.exact, kv, seen), result, pool);
            return;
        }
        // Each softmax row in two: over the stored values, and over those that are still exact.
        other = Matrix(rows, seen);
        for (std::size_t i = 0; i < rows; ++i) {
            const std::size_t stored = stored_values(size_ + first + i + 1, values_codec_, settings_);
            const auto line = scores.row(i);
            std::copy_n(line.begin(), stored, other.row(i).begin());
            std::fill_n(line.begin(), stored, 0.0f);
        }
        Matrix sum(rows, width);
        kernels::matmul_nn(other, head_of(layer.values.stored, kv, seen), sum, pool);
        kernels::matmul_nn(scores, head_of(layer.values.exact, kv, seen), result, pool);
        for (std::size_t i = 0; i < rows; ++i)
            for (std::size_t c = 0; c < width; ++c) result(i, c) += sum(i, c);
    });
}

}  // namespace quantlens::model
