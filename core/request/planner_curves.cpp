// The planner over many values of one setting: caches against context, speed against batch, and the formats that fit.

#include <algorithm>
#include <charconv>
#include <cmath>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "formats/format.h"
#include "planner/memory.h"
#include "planner/speed.h"
#include "request/json.h"
#include "request/operation.h"
#include "request/plan_parameters.h"

namespace quantlens::request {
namespace {

using namespace planner;

constexpr std::size_t kMostPoints = 1024;

std::vector<std::string> words_of(std::string_view text) {
    std::vector<std::string> words;
    for (std::size_t at = 0; at <= text.size();) {
        const std::size_t end = std::min(text.find(',', at), text.size());
        std::string_view word = text.substr(at, end - at);
        while (word.starts_with(' ')) word.remove_prefix(1);
        while (word.ends_with(' ')) word.remove_suffix(1);
        if (!word.empty()) words.emplace_back(word);
        at = end + 1;
    }
    return words;
}

/// A list of whole numbers of 1 to `most`; an error names the one that is not.
Result<std::vector<std::uint64_t>> whole_numbers(const std::string& text, std::string_view field, std::uint64_t most) {
    const auto words = words_of(text);
    if (words.empty() || words.size() > kMostPoints)
        return bad_parameter(field, "'" + text + "'",
                             "1 to " + to_text(kMostPoints) + " whole numbers separated by commas");
    std::vector<std::uint64_t> numbers;
    for (const auto& word : words) {
        std::uint64_t number = 0;
        const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
        if (error != std::errc{} || end != word.data() + word.size() || number < 1 || number > most)
            return bad_parameter(field, "'" + word + "'", "a whole number from 1 to " + to_text(most));
        numbers.push_back(number);
    }
    return numbers;
}

/// How a model shares its keys and values among heads.
std::string_view attention_kind(const ModelShape& m) {
    if (m.latent) return "latent";
    if (m.window) return "sliding window";
    if (m.kv_heads == 1) return "multi-query";
    return m.kv_heads < m.heads ? "grouped-query" : "multi-head";
}

struct CacheCurveParameters {
    std::string models, contexts = "1024,2048,4096,8192,16384,32768";
    std::string kv_key = "f16", kv_value = "f16";
    int kv_group = 32, kv_residual = 0;
    static constexpr auto fields() {
        using P = CacheCurveParameters;
        return std::tuple{
            text("models", &P::models, "ids of models, separated by commas (quantlens models)"),
            text("contexts", &P::contexts, "lengths of the sequence: 1024,2048,..."),
            text("kv_key", &P::kv_key, "format of the cached keys"),
            text("kv_value", &P::kv_value, "format of the cached values"),
            integer("kv_group", &P::kv_group, 1, 65536, 1, "values", "cached values that share a scale and a minimum"),
            integer("kv_residual", &P::kv_residual, 0, 1 << 24, 1, "tokens", "newest tokens kept in 16 bits"),
        };
    }
};

Result<Response> cache_curve(const CacheCurveParameters& p, Call&) {
    const auto ids = words_of(p.models);
    if (ids.empty() || ids.size() > kMostPoints)
        return bad_parameter("models", ids.empty() ? "missing" : to_text(ids.size()) + " ids",
                             "1 to " + to_text(kMostPoints) + " ids of models, separated by commas");
    const auto contexts = whole_numbers(p.contexts, "contexts", std::uint64_t{1} << 30);
    if (!contexts) return std::unexpected(contexts.error());
    auto storage = Storage::all("f16");
    storage.kv_key = p.kv_key;
    storage.kv_value = p.kv_value;
    storage.kv_group = std::uint64_t(p.kv_group);
    storage.kv_residual = std::uint64_t(p.kv_residual);

    Json curves = Json::array();
    for (const auto& id : ids) {
        const auto found = find_model(id, "models");
        if (!found) return std::unexpected(found.error());
        const ModelShape& model = **found;
        // What the formula 2 x layers x width x tokens gives: every head with its own keys and values, all layers with
        // the whole context, and heads that together are as wide as the model.
        ModelShape plain = model;
        plain.latent.reset();
        plain.window.reset();
        plain.kv_heads = 1;
        plain.head_dim = model.hidden;
        Json bytes = Json::array(), by_formula = Json::array();
        Receipt receipt;
        double per_token = 0;
        for (const std::uint64_t context : *contexts) {
            const auto memory = plan_memory(model, storage, {context, 1, 0});
            if (!memory) return std::unexpected(memory.error());
            const auto formula = plan_memory(plain, Storage::all("f16"), {context, 1, 0});
            if (!formula) return std::unexpected(formula.error());
            bytes.push_back(memory->kv_total);
            by_formula.push_back(formula->kv_total);
            receipt = memory->kv_receipt;
            per_token = memory->kv_per_token;
        }
        curves.push_back(object({{"model", model.id},
                                 {"name", model.name},
                                 {"attention", attention_kind(model)},
                                 {"layers", model.layers},
                                 {"hidden", model.hidden},
                                 {"heads", model.heads},
                                 {"kv_heads", model.kv_heads},
                                 {"head_dim", model.head_dim},
                                 {"max_context", model.max_context},
                                 {"bytes", bytes},
                                 {"bytes_by_width_formula", by_formula},
                                 {"times_smaller_than_formula",
                                  number_or_null(by_formula.back().get<double>() / bytes.back().get<double>())},
                                 {"per_token", per_token},
                                 {"source", model.source},
                                 {"receipt", to_json(receipt)}}));
    }
    return Response{object({{"contexts", Json(*contexts)}, {"curves", std::move(curves)}}), {}};
}

struct RooflineParameters : MemoryParameters {
    double bandwidth = 0, compute = 0;
    std::string batches = "1,2,4,8,16,32,64,128,256,512";
    static constexpr auto fields() {
        using P = RooflineParameters;
        return std::tuple_cat(
            memory_fields(),
            std::tuple{real("bandwidth", &P::bandwidth, 0, 1e6, 0.1, "GB/s", "memory bandwidth, instead of a device's"),
                       real("compute", &P::compute, 0, 1e6, 0.1, "TFLOP/s", "dense 16-bit peak, instead of a device's"),
                       text("batches", &P::batches, "sequences at a time, one point of decoding each: 1,2,4,...")});
    }
};

/// Where a piece of work stands under the roof.
Json point(double bytes, double operations, double bandwidth, double peak) {
    const double intensity = operations / bytes;
    const double under_bandwidth = intensity * bandwidth / 1e3;  // GB/s times operations a byte, in TFLOP/s
    return object({{"bytes", bytes},
                   {"operations", operations},
                   {"intensity", intensity},
                   {"tflops", std::min(under_bandwidth, peak)},
                   {"bound", under_bandwidth < peak ? "memory" : "compute"}});
}

Result<Response> roofline(const RooflineParameters& p, Call&) {
    const auto model = model_of(p);
    if (!model) return std::unexpected(model.error());
    const auto chosen = machine_of(p.device, p.bandwidth, p.compute);
    if (!chosen) return std::unexpected(chosen.error());
    if (!chosen->machine.compute_tflops)
        return fail(ErrorCode::kUnsupported, "device",
                    "the dense peak of this device is not known; give it with compute");
    const auto batches = whole_numbers(p.batches, "batches", 1 << 20);
    if (!batches) return std::unexpected(batches.error());
    const double bandwidth = chosen->machine.bandwidth_gb_s, peak = *chosen->machine.compute_tflops;

    const auto storage = storage_of(p);
    Load load = load_of(p);
    const auto prompt = plan_speed(*model, storage, load, chosen->machine);
    if (!prompt) return std::unexpected(prompt.error());
    Json decode = Json::array();
    for (const std::uint64_t batch : *batches) {
        load.batch = batch;
        const auto speed = plan_speed(*model, storage, load, chosen->machine);
        if (!speed) return std::unexpected(speed.error());
        const auto plain = plan_speed(*model, Storage::all("f16"), load, chosen->machine);
        if (!plain) return std::unexpected(plain.error());
        const auto memory = plan_memory(*model, storage, load);
        if (!memory) return std::unexpected(memory.error());
        Json row = point(speed->decode_bytes, speed->decode_operations, bandwidth, peak);
        set(row, "batch", batch);
        set(row, "tokens_per_second", speed->decode_tokens_per_second);
        set(row, "f16_tokens_per_second", plain->decode_tokens_per_second);
        set(row, "times_faster_than_f16", speed->decode_tokens_per_second / plain->decode_tokens_per_second);
        set(row, "total_bytes", memory->total);
        decode.push_back(std::move(row));
    }
    Json prefill = point(prompt->prefill_bytes, prompt->prefill_operations, bandwidth, peak);
    set(prefill, "seconds", *prompt->prefill_seconds);
    const auto plain = plan_speed(*model, Storage::all("f16"), load_of(p), chosen->machine);
    if (!plain) return std::unexpected(plain.error());
    set(prefill, "f16_seconds", *plain->prefill_seconds);
    set(prefill, "times_faster_than_f16", *plain->prefill_seconds / *prompt->prefill_seconds);

    const double ridge = peak * 1e3 / bandwidth;
    double low = ridge / 10, high = ridge * 10;
    for (const auto& row : decode) {
        low = std::min(low, row["intensity"].get<double>());
        high = std::max(high, row["intensity"].get<double>());
    }
    low = std::min(low, prefill["intensity"].get<double>());
    high = std::max(high, prefill["intensity"].get<double>());
    low = std::pow(10, std::floor(std::log10(low)));
    high = std::pow(10, std::ceil(std::log10(high)));
    return Response{
        object({{"model", model->name},
                {"device", chosen->about},
                {"bandwidth_gb_s", bandwidth},
                {"peak_tflops", peak},
                {"ridge", ridge},
                {"roof",
                 {{"intensity", Json::array({low, ridge, high})},
                  {"tflops", Json::array({low * bandwidth / 1e3, peak, peak})}}},
                {"decode", std::move(decode)},
                {"prefill", std::move(prefill)},
                {"assumptions", Json(prompt->assumptions)},
                {"receipts",
                 {{"decode", to_json(prompt->decode_receipt)}, {"prefill", to_json(prompt->prefill_receipt)}}}}),
        {}};
}

struct FormatFitParameters : MemoryParameters {
    static constexpr auto fields() {
        return std::tuple_cat(memory_fields(), std::tuple{real("fit", &FormatFitParameters::fit, 0, 1e18, 1, "bytes",
                                                               "memory that all must fit into")});
    }
};

/// Every format of weights of at most 16 bits for all of them, the widest first, with what fits beside it.
Result<Response> formats_that_fit(const FormatFitParameters& p, Call&) {
    const auto model = model_of(p);
    if (!model) return std::unexpected(model.error());
    const auto bytes = memory_to_fit(p);
    if (!bytes) return std::unexpected(bytes.error());
    if (*bytes <= 0) return bad_parameter("fit", *bytes, "more than 0 bytes, or a device");
    const auto bits_of = [](const formats::Format* format) { return format->bits_per_weight; };
    std::vector<const formats::Format*> order;
    for (const auto& format : formats::all())
        if (format.for_weights && format.bits_per_weight <= 16)
            order.insert(std::ranges::upper_bound(order, format.bits_per_weight, std::ranges::greater{}, bits_of),
                         &format);
    const auto plain = plan_memory(*model, Storage::all("f16"), load_of(p));
    if (!plain) return std::unexpected(plain.error());
    Json rows = Json::array();
    Json best = nullptr;
    for (const auto* format : order) {
        MemoryParameters one = p;
        one.weights = std::string{format->id};
        one.weights_embedding = one.weights_attention = one.weights_feed_forward = one.weights_norms = "";
        const auto storage = storage_of(one);
        const auto memory = plan_memory(*model, storage, load_of(p));
        if (!memory) return std::unexpected(memory.error());
        const auto fit = plan_fit(*model, storage, load_of(p), *bytes);
        if (!fit) return std::unexpected(fit.error());
        const bool fits = memory->total <= *bytes;
        if (fits && best.is_null()) best = format->id;
        rows.push_back(object({{"format", format->id},
                               {"name", format->name},
                               {"bits_per_weight", format->bits_per_weight},
                               {"weights", memory->weights_total},
                               {"times_smaller_than_f16", plain->weights_total / memory->weights_total},
                               {"total", memory->total},
                               {"fits", fits},
                               {"max_context", fit->max_context},
                               {"max_batch", fit->max_batch}}));
    }
    return Response{object({{"model", model->name}, {"bytes", *bytes}, {"best", best}, {"formats", std::move(rows)}}),
                    {}};
}

}  // namespace

std::vector<Operation> planner_curve_operations() {
    return {operation<CacheCurveParameters>("cache-curve", "bytes of models' KV caches against the context", {},
                                            cache_curve),
            operation<RooflineParameters>("roofline", "where decoding and prefill stand under a device's roof", {},
                                          roofline),
            operation<FormatFitParameters>("formats-that-fit", "every format of the weights, and what fits beside it",
                                           {}, formats_that_fit)};
}

}  // namespace quantlens::request
