#include <array>

#include "planner/speed.h"
#include "request/json.h"
#include "request/operation.h"

namespace quantlens::request {
namespace {

using namespace planner;

struct MemoryParameters {
    std::string model, config;
    std::string weights = "f16", weights_embedding, weights_attention, weights_feed_forward, weights_norms;
    std::string kv_key = "f16", kv_value = "f16";
    int kv_group = 32, kv_residual = 0;
    int context = 4096, batch = 1;
    double overhead = 0, fit = 0;
    std::string device;
};

constexpr auto memory_fields() {
    using P = MemoryParameters;
    return std::tuple{
        text("model", &P::model, "id of a model (quantlens models)"),
        text("config", &P::config, "a Hugging Face config.json instead of a model id"),
        text("weights", &P::weights, "format of all weights"),
        text("weights_embedding", &P::weights_embedding, "format of the embedding; as weights where not given"),
        text("weights_attention", &P::weights_attention, "format of the attention matrices"),
        text("weights_feed_forward", &P::weights_feed_forward, "format of the feed-forward matrices and experts"),
        text("weights_norms", &P::weights_norms, "format of the norms"),
        text("kv_key", &P::kv_key, "format of the cached keys"),
        text("kv_value", &P::kv_value, "format of the cached values"),
        integer("kv_group", &P::kv_group, 1, 65536, 1, "values", "cached values that share a scale and a minimum"),
        integer("kv_residual", &P::kv_residual, 0, 1 << 24, 1, "tokens", "newest tokens kept in 16 bits"),
        integer("context", &P::context, 1, 1 << 30, 1, "tokens", "length of each sequence"),
        integer("batch", &P::batch, 1, 1 << 20, 1, "sequences", "sequences at a time"),
        real("overhead", &P::overhead, 0, 1e15, 1, "bytes", "activations, buffers and the runtime itself"),
        text("device", &P::device, "id of a device (quantlens devices)"),
    };
}

struct FitParameters : MemoryParameters {
    static constexpr auto fields() {
        return std::tuple_cat(memory_fields(),
                              std::tuple{real("fit", &FitParameters::fit, 0, 1e18, 1, "bytes",
                                                             "memory that all must fit into")});
    }
};

struct SpeedParameters : MemoryParameters {
    double bandwidth = 0, compute = 0;
    static constexpr auto fields() {
        using P = SpeedParameters;
        return std::tuple_cat(
            memory_fields(),
            std::tuple{real("bandwidth", &P::bandwidth, 0, 1e6, 0.1, "GB/s", "memory bandwidth, instead of a device's"),
                       real("compute", &P::compute, 0, 1e6, 0.1, "TFLOP/s", "dense 16-bit peak, instead of a device's")});
    }
};

Result<ModelShape> model_of(const MemoryParameters& p) {
    if (p.model.empty() == p.config.empty())
        return bad_parameter("model", p.model.empty() ? "missing" : "given together with config",
                             "either a model id or a config");
    if (!p.config.empty()) return model_from_config(p.config);
    const auto found = find_model(p.model);
    if (!found) return std::unexpected(found.error());
    return **found;
}

Storage storage_of(const MemoryParameters& p) {
    Storage storage = Storage::all(p.weights);
    const std::array parts{&p.weights_embedding, &p.weights_attention, &p.weights_feed_forward, &p.weights_norms};
    for (std::size_t part = 0; part < parts.size(); ++part)
        if (!parts[part]->empty()) storage.weights[part] = *parts[part];
    storage.kv_key = p.kv_key;
    storage.kv_value = p.kv_value;
    storage.kv_group = std::uint64_t(p.kv_group);
    storage.kv_residual = std::uint64_t(p.kv_residual);
    return storage;
}

Load load_of(const MemoryParameters& p) {
    return {std::uint64_t(p.context), std::uint64_t(p.batch), p.overhead};
}

Json memory_json(const ModelShape& model, const Memory& memory) {
    Json weights{{"total", memory.weights_total}};
    for (std::size_t part = 0; part < kPartNames.size(); ++part) weights[kPartNames[part]] = memory.weights[part];
    const auto counts = count_parameters(model);
    return {{"model", model.name},
            {"parameters", counts.total()},
            {"active_parameters", counts.active},
            {"weights", weights},
            {"kv_cache", {{"total", memory.kv_total}, {"per_token", memory.kv_per_token}}},
            {"total", memory.total},
            {"receipts",
             {{"parameters", to_json(counts.receipt)},
              {"weights", to_json(memory.weights_receipt)},
              {"kv_cache", to_json(memory.kv_receipt)},
              {"total", to_json(memory.total_receipt)}}}};
}

Result<Response> answer_memory(const FitParameters& p, Call&) {
    const auto model = model_of(p);
    if (!model) return std::unexpected(model.error());
    const auto storage = storage_of(p);
    const auto memory = plan_memory(*model, storage, load_of(p));
    if (!memory) return std::unexpected(memory.error());
    Response response{memory_json(*model, *memory), {}};
    double bytes = p.fit;
    if (!p.device.empty()) {
        const auto device = find_device(p.device);
        if (!device) return std::unexpected(device.error());
        if (!(*device)->memory_bytes)
            return fail(ErrorCode::kUnsupported, "device",
                        (*device)->name + " comes with different amounts of memory; give the bytes with fit");
        bytes = *(*device)->memory_bytes;
    }
    if (bytes > 0) {
        const auto fit = plan_fit(*model, storage, load_of(p), bytes);
        if (!fit) return std::unexpected(fit.error());
        response.body["fit"] = {{"bytes", bytes},
                                {"fits", memory->total <= bytes},
                                {"max_context", fit->max_context},
                                {"max_batch", fit->max_batch},
                                {"model_max_context", model->max_context}};
    }
    return response;
}

Result<Response> answer_speed(const SpeedParameters& p, Call&) {
    const auto model = model_of(p);
    if (!model) return std::unexpected(model.error());
    Machine machine{p.bandwidth, std::nullopt};
    if (p.compute > 0) machine.compute_tflops = p.compute;
    Json about = nullptr;
    if (!p.device.empty()) {
        const auto device = find_device(p.device);
        if (!device) return std::unexpected(device.error());
        if (p.bandwidth == 0) machine.bandwidth_gb_s = (*device)->bandwidth_gb_s;
        if (p.compute == 0) machine.compute_tflops = (*device)->fp16_tflops;
        about = {{"id", (*device)->id}, {"name", (*device)->name}, {"source", (*device)->source}};
    } else if (p.bandwidth == 0) {
        return bad_parameter("device", "missing", "a device id, or give bandwidth and compute");
    }
    const auto speed = plan_speed(*model, storage_of(p), load_of(p), machine);
    if (!speed) return std::unexpected(speed.error());
    Response response{{{"model", model->name},
                       {"device", about},
                       {"decode_tokens_per_second", speed->decode_tokens_per_second},
                       {"prefill_seconds", speed->prefill_seconds ? Json(*speed->prefill_seconds) : Json(nullptr)},
                       {"bound", speed->bound},
                       {"assumptions", speed->assumptions},
                       {"receipts",
                        {{"decode", to_json(speed->decode_receipt)}, {"prefill", to_json(speed->prefill_receipt)}}}},
                      {}};
    if (!speed->prefill_seconds) response.body["prefill_unknown_because"] = speed->prefill_unknown_because;
    return response;
}

Result<Response> list_models(const NoParameters&, Call&) {
    Json list = Json::array();
    for (const auto& m : models()) {
        const auto counts = count_parameters(m);
        Json row{{"id", m.id},
                 {"name", m.name},
                 {"parameters", counts.total()},
                 {"active_parameters", counts.active},
                 {"layers", m.layers},
                 {"hidden", m.hidden},
                 {"heads", m.heads},
                 {"kv_heads", m.kv_heads},
                 {"head_dim", m.head_dim},
                 {"ffn", m.ffn},
                 {"vocab", m.vocab},
                 {"max_context", m.max_context},
                 {"tied_embeddings", m.tied_embeddings}};
        if (m.window) row["sliding_window"] = {{"window", m.window->window}, {"layers", m.window->layers}};
        if (m.experts)
            row["experts"] = {{"count", m.experts->count}, {"top_k", m.experts->top_k}, {"shared", m.experts->shared}};
        if (m.latent) row["latent_attention"] = {{"kv_rank", m.latent->kv_rank}, {"rope_dim", m.latent->rope_dim}};
        row["source"] = m.source;
        list.push_back(std::move(row));
    }
    return Response{{{"models", list}}, {}};
}

Result<Response> list_devices(const NoParameters&, Call&) {
    const auto or_null = [](const std::optional<double>& value) { return value ? Json(*value) : Json(nullptr); };
    Json list = Json::array();
    for (const auto& d : devices())
        list.push_back({{"id", d.id},
                        {"name", d.name},
                        {"memory_bytes", or_null(d.memory_bytes)},
                        {"bandwidth_gb_s", d.bandwidth_gb_s},
                        {"fp16_tflops", or_null(d.fp16_tflops)},
                        {"int8_tops", or_null(d.int8_tops)},
                        {"source", d.source},
                        {"evidence", d.evidence}});
    return Response{{{"devices", list}}, {}};
}

}  // namespace

std::vector<Operation> planner_operations() {
    return {operation<FitParameters>("memory", "bytes of a model: weights by part, KV cache, and what fits", {}, answer_memory),
            operation<SpeedParameters>("speed", "the roofline's tokens a second and time to the first token", {}, answer_speed),
            operation<NoParameters>("models", "models with known shapes", {}, list_models),
            operation<NoParameters>("devices", "devices with known memory and bandwidth", {}, list_devices)};
}

}  // namespace quantlens::request
