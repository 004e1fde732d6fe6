#include "planner/memory.h"

#include <algorithm>
#include <cmath>

#include "formats/format.h"
#include "planner/receipt_writer.h"

namespace quantlens::planner {
namespace {

constexpr std::uint64_t kMostTokens = std::uint64_t{1} << 31;
constexpr std::uint64_t kMostSequences = std::uint64_t{1} << 24;

/// N of an "intN" format, 0 for another.
int integer_bits(std::string_view format) {
    return format.size() == 4 && format.starts_with("int") && format[3] >= '2' && format[3] <= '8' ? format[3] - '0'
                                                                                                   : 0;
}

Result<double> weight_bits(const std::string& format, std::string_view field) {
    const auto found = formats::find(format, field);
    if (!found) return std::unexpected(found.error());
    return (*found)->bits_per_weight;
}

Result<double> plan_weights(const ModelShape& model, const Storage& storage, Memory& memory) {
    const auto counts = count_parameters(model);
    ReceiptWriter receipt;
    std::string sum;
    const bool all_alike = std::ranges::count(storage.weights, storage.weights[0]) == std::ssize(storage.weights);
    for (std::size_t part = 0; part < kPartNames.size(); ++part) {
        const std::string name{kPartNames[part]};
        const auto bits = weight_bits(storage.weights[part], all_alike ? "weights" : "weights_" + name);
        if (!bits) return std::unexpected(bits.error());
        receipt.given(name, counts.of_part[part], "parameters", "counted from the shape");
        receipt.given(name + "_bits", *bits, "bits a weight", "format " + storage.weights[part]);
        memory.weights[part] = receipt.derived(name + "_bytes", std::ceil(counts.of_part[part] * *bits / 8), "bytes",
                                               "ceil(" + name + " * " + name + "_bits / 8)");
        memory.weights_total += memory.weights[part];
        sum.append(sum.empty() ? "" : " + ").append(name).append("_bytes");
    }
    receipt.derived("weights", memory.weights_total, "bytes", sum);
    memory.weights_receipt = receipt.take();
    return memory.weights_total;
}

/// The cache of one sequence, in the order in which its receipt derives it.
class Cache {
public:
    Cache(const ModelShape& model, const Storage& storage, double key_bits, double value_bits, double context)
        : model_(model), storage_(storage), key_bits_(key_bits), value_bits_(value_bits), context_(context) {}

    /// Bytes of one sequence.
    double sequence(ReceiptWriter& receipt) const {
        const double values = token_values(receipt);
        const double context = receipt.given("context", context_, "tokens", "setting");
        const double residual = receipt.given("residual", double(storage_.kv_residual), "tokens", "setting");
        const double windowed =
            receipt.given("windowed_layers", double(model_.windowed_layers()), "layers", model_.source);
        const double full =
            receipt.derived("full_layers", double(model_.layers) - windowed, "layers", "layers - windowed_layers");
        const double full_bytes = layer_bytes(receipt, "full", values, context, "context", residual);
        if (!model_.window)
            return receipt.derived("sequence_bytes", full * full_bytes, "bytes", "full_layers * full_bytes");
        const double window = receipt.given("window", double(model_.window->window), "tokens", model_.source);
        const double kept =
            receipt.derived("window_tokens", std::min(context, window), "tokens", "min(context, window)");
        const double window_bytes = layer_bytes(receipt, "window", values, kept, "window_tokens", residual);
        return receipt.derived("sequence_bytes", full * full_bytes + windowed * window_bytes, "bytes",
                               "full_layers * full_bytes + windowed_layers * window_bytes");
    }

private:
    /// Values that one token keeps in one layer: those in the key format, and those in the value format.
    double token_values(ReceiptWriter& receipt) const {
        receipt.given("layers", double(model_.layers), "layers", model_.source);
        receipt.given("key_bits", key_bits_, "bits a value", "format " + storage_.kv_key);
        if (model_.latent) {
            const auto& l = *model_.latent;
            receipt.given("kv_rank", double(l.kv_rank), "values", model_.source);
            receipt.given("rope_dim", double(l.rope_dim), "values", model_.source);
            return receipt.derived("key_values", double(l.kv_rank + l.rope_dim), "values", "kv_rank + rope_dim");
        }
        receipt.given("value_bits", value_bits_, "bits a value", "format " + storage_.kv_value);
        receipt.given("kv_heads", double(model_.kv_heads), "heads", model_.source);
        receipt.given("head_dim", double(model_.head_dim), "values", model_.source);
        return receipt.derived("key_values", double(model_.kv_heads) * double(model_.head_dim), "values",
                               "kv_heads * head_dim");
    }

    double layer_bytes(ReceiptWriter& receipt, const std::string& name, double values, double tokens,
                       const std::string& tokens_name, double residual) const {
        const double plain = receipt.derived(name + "_plain_tokens", std::min(tokens, residual), "tokens",
                                             "min(" + tokens_name + ", residual)");
        const double sides = model_.latent ? 1 : 2;
        const double bits = model_.latent ? key_bits_ : key_bits_ + value_bits_;
        const std::string bits_name = model_.latent ? "key_bits" : "(key_bits + value_bits)";
        return receipt.derived(name + "_bytes", values * ((tokens - plain) * bits + plain * sides * 16) / 8, "bytes",
                               "key_values * ((" + tokens_name + " - " + name + "_plain_tokens) * " + bits_name +
                                   " + " + name + "_plain_tokens * " + to_text(sides) + " * 16) / 8");
    }

    const ModelShape& model_;
    const Storage& storage_;
    double key_bits_, value_bits_, context_;
};

}  // namespace

Result<double> cache_bits(const std::string& format, std::uint64_t group, std::string_view field) {
    const int bits = integer_bits(format);
    if (bits == 0) return weight_bits(format, field);
    if (group == 0) return bad_parameter("kv_group", group, "at least 1");
    return bits + 32.0 / double(group);
}

Result<Memory> plan_memory(const ModelShape& model, const Storage& storage, const Load& load) {
    if (load.context == 0) return bad_parameter("context", load.context, "at least 1 token");
    if (load.batch == 0) return bad_parameter("batch", load.batch, "at least 1 sequence");
    if (!(load.overhead_bytes >= 0)) return bad_parameter("overhead", load.overhead_bytes, "at least 0 bytes");
    Memory memory;
    const auto weights = plan_weights(model, storage, memory);
    if (!weights) return std::unexpected(weights.error());
    const auto key_bits = cache_bits(storage.kv_key, storage.kv_group, "kv_key");
    if (!key_bits) return std::unexpected(key_bits.error());
    const auto value_bits = cache_bits(storage.kv_value, storage.kv_group, "kv_value");
    if (!value_bits) return std::unexpected(value_bits.error());

    ReceiptWriter receipt, next;
    const double sequence = Cache(model, storage, *key_bits, *value_bits, double(load.context)).sequence(receipt);
    memory.kv_per_token =
        Cache(model, storage, *key_bits, *value_bits, double(load.context) + 1).sequence(next) - sequence;
    const double batch = receipt.given("batch", double(load.batch), "sequences", "setting");
    memory.kv_total = receipt.derived("kv_cache", batch * sequence, "bytes", "batch * sequence_bytes");
    memory.kv_receipt = receipt.take();

    ReceiptWriter total;
    total.given("weights", memory.weights_total, "bytes", "see the weights' receipt");
    total.given("kv_cache", memory.kv_total, "bytes", "see the cache's receipt");
    total.given("overhead", load.overhead_bytes, "bytes", "setting");
    memory.total = total.derived("total", memory.weights_total + memory.kv_total + load.overhead_bytes, "bytes",
                                 "weights + kv_cache + overhead");
    memory.total_receipt = total.take();
    return memory;
}

Result<Fit> plan_fit(const ModelShape& model, const Storage& storage, const Load& load, double bytes) {
    if (!(bytes > 0)) return bad_parameter("fit", bytes, "more than 0 bytes");
    if (const auto check = plan_memory(model, storage, load); !check) return std::unexpected(check.error());
    const auto fits = [&](std::uint64_t context, std::uint64_t batch) {
        return plan_memory(model, storage, {context, batch, load.overhead_bytes})->total <= bytes;
    };
    // The largest n in 0 .. most for which ok(n) holds; ok(0) is taken to hold and ok falls from true to false once.
    const auto largest = [](std::uint64_t most, const auto& ok) {
        std::uint64_t low = 0, high = most;
        while (low < high) {
            const std::uint64_t middle = low + (high - low + 1) / 2;
            if (ok(middle))
                low = middle;
            else
                high = middle - 1;
        }
        return low;
    };
    Fit fit;
    fit.max_context = largest(kMostTokens, [&](std::uint64_t n) { return fits(n, load.batch); });
    if (fit.max_context == kMostTokens && model.max_context > 0) fit.max_context = model.max_context;
    fit.max_batch = largest(kMostSequences, [&](std::uint64_t n) { return fits(load.context, n); });
    return fit;
}

}  // namespace quantlens::planner
