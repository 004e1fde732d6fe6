#include "methods/kv.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

#include "formats/float_codes.h"

namespace quantlens::methods {
namespace {

/// One group: `count` values, `stride` apart.
struct Group {
    float* first;
    std::size_t count, stride;
    float& operator[](std::size_t i) const { return first[i * stride]; }
};

/// What a group is stored with; `minimum` is read by integer codes only.
struct GroupScale {
    float scale = 0, minimum = 0;
};

/// In float32 as KIVI's code does; in double where the range overflows float32.
GroupScale round_integer(Group group, int bits, std::span<std::uint8_t> codes, std::size_t code_stride) {
    float low = group[0], high = group[0];
    for (std::size_t i = 1; i < group.count; ++i) {
        low = std::min(low, group[i]);
        high = std::max(high, group[i]);
    }
    const auto largest = float((1 << bits) - 1);
    const bool overflows = !std::isfinite(high - low);
    const float scale = overflows ? float((double(high) - low) / largest) : (high - low) / largest;
    for (std::size_t i = 0; i < group.count; ++i) {
        float code = 0;
        if (scale > 0) code = overflows ? float((double(group[i]) - low) / scale) : (group[i] - low) / scale;
        code = std::nearbyint(std::clamp(code, 0.0f, largest));
        codes[i * code_stride] = std::uint8_t(code);
        group[i] = overflows ? float(double(code) * scale + low) : code * scale + low;
    }
    return {scale, low};
}

GroupScale round_fp8(Group group, formats::MiniFloat kind, std::span<std::uint8_t> codes, std::size_t code_stride) {
    float largest = 0;
    for (std::size_t i = 0; i < group.count; ++i) largest = std::max(largest, std::abs(group[i]));
    float scale = largest / formats::mini_float_value(kind, kind.maximum_code());
    if (!(scale > 0)) scale = 1;  // zeros, and denormals too small for a scale of their own
    for (std::size_t i = 0; i < group.count; ++i) {
        const std::uint8_t code = formats::mini_float_code(kind, group[i] / scale);
        codes[i * code_stride] = code;
        group[i] = formats::mini_float_value(kind, code) * scale;
    }
    return {scale, 0};
}

GroupScale round_group(Group group, const KvParameters& p, std::span<std::uint8_t> codes, std::size_t code_stride) {
    switch (p.format) {
        case CacheFormat::kInteger: break;
        case CacheFormat::kFp8E4m3: return round_fp8(group, formats::kE4M3, codes, code_stride);
        case CacheFormat::kFp8E5m2: return round_fp8(group, formats::kE5M2, codes, code_stride);
    }
    return round_integer(group, p.bits, codes, code_stride);
}

/// A tensor as heads of [tokens x head_dim], `heads` in each of `batches`.
struct Heads {
    std::size_t batches = 1, heads = 1, tokens = 0, head_dim = 0;
    std::size_t count() const { return batches * heads; }
    std::size_t head_size() const { return tokens * head_dim; }
};

std::string shape_text(const std::vector<std::size_t>& shape) {
    std::string text;
    for (std::size_t i = 0; i < shape.size(); ++i) text += (i > 0 ? " x " : "") + to_text(shape[i]);
    return text.empty() ? "a single number" : text;
}

Result<Heads> heads_of(const CacheTensor& tensor, std::string_view name) {
    const auto& shape = tensor.shape;
    if (shape.size() < 2)
        return bad_shape(name, std::string{name} + " is " + shape_text(shape) + ", must be ... x tokens x head_dim");
    std::size_t size = 1;
    for (const std::size_t extent : shape) size *= extent;
    if (size != tensor.values.size())
        return bad_shape(name, std::string{name} + " has " + to_text(tensor.values.size()) + " values, must have " +
                                   to_text(size) + " for its shape " + shape_text(shape));
    Heads h;
    h.head_dim = shape[shape.size() - 1];
    h.tokens = shape[shape.size() - 2];
    if (shape.size() > 2) h.heads = shape[shape.size() - 3];
    if (size == 0)
        return bad_shape(name,
                         std::string{name} + " is empty (" + shape_text(shape) + "), must have at least one value");
    h.batches = size / (h.heads * h.tokens * h.head_dim);
    if (const auto ok = check_finite({tensor.values.data(), size / h.head_dim, h.head_dim}, name); !ok)
        return std::unexpected(ok.error());
    return h;
}

struct Shapes {
    Heads keys, values, queries;
};

Result<Shapes> checked_shapes(const KvProblem& problem, const KvParameters& parameters) {
    const auto keys = heads_of(problem.keys, "keys");
    if (!keys) return std::unexpected(keys.error());
    const auto values = heads_of(problem.values, "values");
    if (!values) return std::unexpected(values.error());
    const auto queries = heads_of(problem.queries, "queries");
    if (!queries) return std::unexpected(queries.error());

    const auto misfit = [](std::string_view name, const CacheTensor& tensor, const std::string& right) {
        return bad_shape(name, std::string{name} + " is " + shape_text(tensor.shape) + ", must be " + right);
    };
    auto but_last = problem.values.shape;
    but_last.back() = keys->head_dim;
    if (but_last != problem.keys.shape)
        return misfit("values", problem.values,
                      shape_text(problem.keys.shape) + " as the keys are (only the last axis may differ)");
    if (problem.queries.shape.size() != problem.keys.shape.size() ||
        !std::equal(problem.queries.shape.begin(),
                    problem.queries.shape.end() - std::min<std::ptrdiff_t>(3, std::ssize(problem.queries.shape)),
                    problem.keys.shape.begin()))
        return misfit("queries", problem.queries,
                      "of the rank and batches of the keys, " + shape_text(problem.keys.shape));
    if (queries->head_dim != keys->head_dim)
        return misfit("queries", problem.queries, "of the keys' head_dim " + to_text(keys->head_dim));
    if (queries->heads % keys->heads != 0)
        return misfit("queries", problem.queries, "a multiple of the keys' " + to_text(keys->heads) + " heads");
    if (parameters.causal && queries->tokens > keys->tokens)
        return misfit("queries", problem.queries, "of at most the keys' " + to_text(keys->tokens) + " tokens");
    return Shapes{*keys, *values, *queries};
}

/// Quantizes every head in place and returns what was stored of each.
std::vector<QuantizedHead> quantize_heads(std::vector<float>& tensor, const Heads& shape, std::size_t quantized_tokens,
                                          CacheGranularity granularity, const KvParameters& parameters,
                                          const Run& run) {
    std::vector<QuantizedHead> stored(shape.count());
    run.pool.for_each(shape.count(), [&](std::size_t h) {
        const MatrixView<float> head{tensor.data() + h * shape.head_size(), shape.tokens, shape.head_dim};
        stored[h] = quantize_head(head, quantized_tokens, granularity, parameters);
    });
    return stored;
}

/// Mean squared error over the first `tokens` of each head.
double cache_mse(std::span<const float> wanted, std::span<const float> actual, const Heads& shape, std::size_t tokens) {
    const std::size_t quantized = tokens * shape.head_dim;
    if (quantized == 0) return 0;
    double sum = 0;
    for (std::size_t h = 0; h < shape.count(); ++h)
        for (std::size_t i = h * shape.head_size(); i < h * shape.head_size() + quantized; ++i) {
            const double error = double(actual[i]) - wanted[i];
            sum += error * error;
        }
    return sum / double(shape.count() * quantized);
}

/// softmax(q K^T / sqrt(head_dim)) V for one query over the first `visible` tokens, in double.
void attend(std::span<const float> query, std::span<const float> keys, std::span<const float> values,
            std::size_t visible, std::vector<double>& weights, std::span<double> out) {
    const std::size_t dim = query.size();
    const double root = std::sqrt(double(dim));
    weights.resize(visible);
    double largest = -std::numeric_limits<double>::infinity();
    for (std::size_t t = 0; t < visible; ++t) {
        double dot = 0;
        for (std::size_t d = 0; d < dim; ++d) dot += double(query[d]) * keys[t * dim + d];
        weights[t] = dot / root;
        largest = std::max(largest, weights[t]);
    }
    double sum = 0;
    for (double& w : weights) sum += w = std::exp(w - largest);
    std::ranges::fill(out, 0.0);
    for (std::size_t t = 0; t < visible; ++t) {
        const double weight = weights[t] / sum;
        for (std::size_t d = 0; d < out.size(); ++d) out[d] += weight * values[t * out.size() + d];
    }
}

struct Attention {
    std::vector<float> quantized, exact;
    double relative_error = 0;
};

Attention compare_attention(const KvProblem& problem, const Shapes& shapes, std::span<const float> keys,
                            std::span<const float> values, bool causal) {
    const Heads& q = shapes.queries;
    const Heads& k = shapes.keys;
    const std::size_t out_dim = shapes.values.head_dim;
    const std::size_t queries_a_key_head = q.heads / k.heads;
    Attention result;
    result.quantized.resize(q.count() * q.tokens * out_dim);
    result.exact.resize(result.quantized.size());
    std::vector<double> signal(q.count()), noise(q.count());  // summed in order afterwards, whatever the threads do
    problem.run.pool.for_each(q.count(), [&](std::size_t head) {
        const std::size_t key_head = head / q.heads * k.heads + head % q.heads / queries_a_key_head;
        const auto part = [&](std::span<const float> all, const Heads& shape) {
            return all.subspan(key_head * shape.head_size(), shape.head_size());
        };
        std::vector<double> weights, exact(out_dim), approximate(out_dim);
        for (std::size_t t = 0; t < q.tokens; ++t) {
            const auto query = problem.queries.values.subspan((head * q.tokens + t) * q.head_dim, q.head_dim);
            const std::size_t visible = causal ? k.tokens - q.tokens + t + 1 : k.tokens;
            attend(query, part(problem.keys.values, k), part(problem.values.values, shapes.values), visible, weights,
                   exact);
            attend(query, part(keys, k), part(values, shapes.values), visible, weights, approximate);
            for (std::size_t d = 0; d < out_dim; ++d) {
                const std::size_t at = (head * q.tokens + t) * out_dim + d;
                result.exact[at] = float(exact[d]);
                result.quantized[at] = float(approximate[d]);
                signal[head] += exact[d] * exact[d];
                noise[head] += (approximate[d] - exact[d]) * (approximate[d] - exact[d]);
            }
        }
    });
    double all_signal = 0, all_noise = 0;
    for (std::size_t head = 0; head < q.count(); ++head) {
        all_signal += signal[head];
        all_noise += noise[head];
    }
    if (all_noise > 0)
        result.relative_error =
            all_signal > 0 ? std::sqrt(all_noise / all_signal) : std::numeric_limits<double>::infinity();
    return result;
}

void count_storage(std::vector<StoredPart>& storage, std::string_view what, const std::vector<QuantizedHead>& heads,
                   const Heads& shape, int bits) {
    std::size_t codes = 0, scales = 0, minima = 0;
    for (const auto& head : heads) {
        codes += head.codes.size();
        scales += head.scales.size();
        minima += head.minima.size();
    }
    const std::string name{what};
    storage.push_back({name + " codes", codes, double(bits)});
    storage.push_back({name + " scales", scales, 16});
    if (minima > 0) storage.push_back({name + " minima", minima, 16});
    storage.push_back({"recent " + name + "s", shape.count() * shape.head_size() - codes, 16});
}

}  // namespace

std::size_t QuantizedKv::stored_bits() const {
    double bits = 0;
    for (const auto& part : storage) bits += double(part.count) * part.bits_each;
    return std::size_t(bits);
}

std::size_t quantized_key_tokens(std::size_t tokens, int residual) {
    return residual == 0 ? tokens : tokens / std::size_t(residual) * std::size_t(residual);
}

std::size_t quantized_value_tokens(std::size_t tokens, int residual) {
    return tokens - std::min(tokens, std::size_t(residual));
}

QuantizedHead quantize_head(MatrixView<float> head, std::size_t quantized_tokens, CacheGranularity granularity,
                            const KvParameters& parameters) {
    const std::size_t dim = head.columns();
    const auto size = std::size_t(parameters.group_size);
    QuantizedHead stored;
    stored.quantized_tokens = std::min(quantized_tokens, head.rows());
    stored.codes.resize(stored.quantized_tokens * dim);
    const std::span<std::uint8_t> codes = stored.codes;
    const auto store = [&](GroupScale group) {
        stored.scales.push_back(group.scale);
        if (parameters.format == CacheFormat::kInteger) stored.minima.push_back(group.minimum);
    };
    if (granularity == CacheGranularity::kChannel) {
        for (std::size_t t = 0; t < stored.quantized_tokens; t += size) {
            const std::size_t count = std::min(size, stored.quantized_tokens - t);
            for (std::size_t d = 0; d < dim; ++d)
                store(round_group({&head(t, d), count, head.stride()}, parameters, codes.subspan(t * dim + d), dim));
        }
    } else {
        for (std::size_t t = 0; t < stored.quantized_tokens; ++t)
            for (std::size_t d = 0; d < dim; d += size)
                store(
                    round_group({&head(t, d), std::min(size, dim - d), 1}, parameters, codes.subspan(t * dim + d), 1));
    }
    return stored;
}

Result<QuantizedKv> quantize_kv(const KvProblem& problem, const KvParameters& parameters) {
    if (const auto ok = check_ranges(parameters); !ok) return std::unexpected(ok.error());
    const auto shapes = checked_shapes(problem, parameters);
    if (!shapes) return std::unexpected(shapes.error());

    QuantizedKv result;
    result.keys.assign(problem.keys.values.begin(), problem.keys.values.end());
    result.values.assign(problem.values.values.begin(), problem.values.values.end());
    const std::size_t key_tokens = quantized_key_tokens(shapes->keys.tokens, parameters.residual);
    const std::size_t value_tokens = quantized_value_tokens(shapes->values.tokens, parameters.residual);
    result.key_heads =
        quantize_heads(result.keys, shapes->keys, key_tokens, parameters.key_granularity, parameters, problem.run);
    result.value_heads = quantize_heads(result.values, shapes->values, value_tokens, parameters.value_granularity,
                                        parameters, problem.run);
    result.key_mse = cache_mse(problem.keys.values, result.keys, shapes->keys, key_tokens);
    result.value_mse = cache_mse(problem.values.values, result.values, shapes->values, value_tokens);
    const int bits = parameters.format == CacheFormat::kInteger ? parameters.bits : 8;
    count_storage(result.storage, "key", result.key_heads, shapes->keys, bits);
    count_storage(result.storage, "value", result.value_heads, shapes->values, bits);

    if (problem.run.should_stop(0.5)) return fail(ErrorCode::kCancelled, "", "the computation was cancelled");
    auto attention = compare_attention(problem, *shapes, result.keys, result.values, parameters.causal);
    result.attention = std::move(attention.quantized);
    result.attention_exact = std::move(attention.exact);
    result.attention_relative_error = attention.relative_error;
    return result;
}

}  // namespace quantlens::methods
