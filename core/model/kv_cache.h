#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "formats/format.h"
#include "methods/kv.h"
#include "model/config.h"
#include "tensor/error.h"
#include "tensor/matrix.h"
#include "tensor/thread_pool.h"

/// Keys and values of the tokens so far, as they are or quantized, and attention over them.
namespace quantlens::model {

/// How keys and values are stored. "f32": as computed. intN and FP8: groups of `group` values, keys along the tokens of
/// a channel, unless `key_granularity` says otherwise, and values along the channels of a token, as KIVI does. Any
/// other format of formats::all(): block by block along the channels of a token. The last `residual` values, and the
/// keys past the last multiple of `residual`, stay as they are. Source: Liu et al. 2024, KIVI (arXiv 2402.02750),
/// section 3.
/// `rotate`: what is stored is each head's keys (after their turn by position) and values times a Hadamard matrix.
/// Queries turned alike, or what is stored turned back, give the same scores; so does the output matrix with values.
/// Source: Ashkboos et al. 2024, QuaRot (arXiv 2404.00456), section 4.
struct CacheSettings {
    std::string key_format = "f32";
    std::string value_format = "f32";
    int group = 32;
    int residual = 32;
    methods::CacheGranularity key_granularity = methods::CacheGranularity::kChannel;
    bool rotate = false;

    bool active() const { return key_format != "f32" || value_format != "f32"; }
};

/// How keys, or values, are stored: what CacheSettings say of them, looked up once.
struct CacheCodec {
    bool active = false;
    std::size_t head_width = 0;
    bool rotate = false;
    const formats::Format* format = nullptr;  // block by block, where it is not null
    methods::KvParameters parameters;         // else by groups
    methods::CacheGranularity granularity = methods::CacheGranularity::kToken;
};

class KvCache {
public:
    static Result<KvCache> create(const Config& config, const CacheSettings& settings);

    /// Tokens held. All layers hold the same number once a pass is through.
    std::size_t size() const { return size_; }
    std::size_t capacity() const { return config_.context; }
    void clear() { size_ = 0; }

    /// One layer's part of a pass over rows.rows() new tokens of one sequence, which begin at size(): takes their keys
    /// and values from qkv [new tokens x qkv_width] and writes attention's output [new tokens x query_width]. Each
    /// query sees the cache as it stands when its own token is the last one.
    void attend(std::size_t layer, MatrixView<const float> qkv, MatrixView<float> out, ThreadPool& pool);
    /// After the last layer: the new tokens are part of the cache.
    void advance(std::size_t tokens) { size_ += tokens; }

private:
    struct Side {
        Matrix exact, stored;  // [context x kv_width]: as computed, and as the codes give them back
        std::size_t done = 0;  // tokens whose stored form is there
    };
    struct Layer {
        Side keys, values;
    };

    KvCache(const Config& config, const CacheSettings& settings, CacheCodec keys, CacheCodec values);
    void append(std::size_t layer, MatrixView<const float> qkv, ThreadPool& pool);

    Config config_;
    CacheSettings settings_;
    CacheCodec keys_codec_, values_codec_;
    std::vector<Layer> layers_;
    std::size_t size_ = 0;
};

}  // namespace quantlens::model
