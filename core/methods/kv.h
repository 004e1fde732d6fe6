#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <tuple>
#include <vector>

#include "methods/layer.h"
#include "tensor/error.h"
#include "tensor/fields.h"
#include "tensor/run.h"

/// A quantized KV cache: keys and values of the older tokens as codes, the most recent ones as they are.
namespace quantlens::methods {

/// Along what a group runs. `kChannel`: consecutive tokens of one channel. `kToken`: consecutive channels of one token.
enum class CacheGranularity : std::uint8_t { kChannel, kToken };
inline constexpr std::array<std::string_view, 2> kCacheGranularityNames{"channel", "token"};

enum class CacheFormat : std::uint8_t { kInteger, kFp8E4m3, kFp8E5m2 };
inline constexpr std::array<std::string_view, 3> kCacheFormatNames{"integer", "fp8_e4m3", "fp8_e5m2"};

/// The defaults are KIVI's.
struct KvParameters {
    int bits = 2;
    int group_size = 32;
    int residual = 128;
    CacheGranularity key_granularity = CacheGranularity::kChannel;
    CacheGranularity value_granularity = CacheGranularity::kToken;
    CacheFormat format = CacheFormat::kInteger;
    bool causal = false;

    static constexpr auto fields() {
        using P = KvParameters;
        return std::tuple{
            integer("bits", &P::bits, 1, 8, 1, "bits", "Bits of a code; FP8 formats take 8 whatever this says"),
            integer("group_size", &P::group_size, 1, 1 << 20, 1, "values", "Values that share a scale and a minimum"),
            integer("residual", &P::residual, 0, 1 << 20, 1, "tokens",
                    "Recent tokens kept unquantized: values keep the last R, keys those past the last multiple of R"),
            choice("key_granularity", &P::key_granularity, kCacheGranularityNames,
                   "A group of keys: tokens of one channel, or channels of one token"),
            choice("value_granularity", &P::value_granularity, kCacheGranularityNames,
                   "A group of values: channels of one token, or tokens of one channel"),
            choice("format", &P::format, kCacheFormatNames, "How a value is stored"),
            flag("causal", &P::causal,
                 "The queries are those of the last tokens and see no later one; off: each sees the whole cache, as "
                 "in decoding"),
        };
    }
};

/// One head's keys or values after quantizing.
struct QuantizedHead {
    std::size_t quantized_tokens = 0;  // the first ones; the others are kept
    std::vector<std::uint8_t> codes;   // [quantized_tokens x head_dim], not packed
    std::vector<float> scales;         // one a group: [token groups x head_dim] or [tokens x channel groups]
    std::vector<float> minima;         // as scales; empty for FP8
};

/// Quantizes the first `quantized_tokens` rows of `head` [tokens x head_dim] in place, so that it holds what a reader
/// of the cache gets back. The last group of a run may be shorter.
///
/// Integer: scale = (max - min) / (2^bits - 1), code = round_half_even(clamp((x - min) / scale, 0, 2^bits - 1)), and
/// back code x scale + min; the minimum stays a real number. A constant group has scale 0 and comes back as it was.
/// FP8: scale = max|x| / largest, code = the nearest FP8 number to x / scale; a group of zeros has scale 1.
/// Source: Liu et al. 2024, KIVI (arXiv 2402.02750), section 3, and its code (quant/new_pack.py).
QuantizedHead quantize_head(MatrixView<float> head, std::size_t quantized_tokens, CacheGranularity granularity,
                            const KvParameters& parameters);

/// How many of the first tokens are quantized: keys in whole runs of `residual`, floor(T / R) x R; values all but the
/// last R. With residual 0 all of them.
std::size_t quantized_key_tokens(std::size_t tokens, int residual);
std::size_t quantized_value_tokens(std::size_t tokens, int residual);

/// An array of heads: [... x tokens x head_dim]; the last leading axis counts heads, those before it batches.
struct CacheTensor {
    std::span<const float> values;
    std::vector<std::size_t> shape;
};

struct KvProblem {
    CacheTensor keys, values, queries;
    const Run& run;
};

struct QuantizedKv {
    std::vector<float> keys, values;  // what the cache gives back, shapes as given
    std::vector<QuantizedHead> key_heads, value_heads;
    std::vector<float> attention;        // over the quantized cache: [... x query tokens x value head_dim]
    std::vector<float> attention_exact;  // over the given keys and values
    double key_mse = 0, value_mse = 0;   // means over the quantized tokens, 0 if there are none
    /// |attention - attention_exact| / |attention_exact|, Euclidean norms over everything.
    double attention_relative_error = 0;
    /// Codes, FP16 scales and minima, and the kept tokens in FP16.
    std::vector<StoredPart> storage;

    std::size_t stored_bits() const;
    std::size_t stored_bytes() const { return (stored_bits() + 7) / 8; }
    /// Over all values of the cache, the kept ones included.
    double bits_per_value() const { return double(stored_bits()) / double(keys.size() + values.size()); }
};

/// Quantizes keys and values and compares attention, softmax(Q K^T / sqrt(head_dim)) V, before and after; the products
/// are kept in double. There may be more query heads than key heads, a multiple: consecutive ones share a key head.
///
/// keys, values: the same leading axes and tokens; queries: the keys' rank, batches and head_dim.
/// Errors: kBadShape where shapes do not fit, kNotFinite at the first NaN or infinity, kBadParameter outside a range.
Result<QuantizedKv> quantize_kv(const KvProblem& problem, const KvParameters& parameters);

}  // namespace quantlens::methods
