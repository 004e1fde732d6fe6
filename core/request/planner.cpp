#include "planner/finetune.h"
#include "planner/speed.h"
#include "request/json.h"
#include "request/operation.h"
#include "request/plan_parameters.h"

namespace quantlens::request {
namespace {

using namespace planner;

struct FitParameters : MemoryParameters {
    static constexpr auto fields() {
        return std::tuple_cat(memory_fields(), std::tuple{real("fit", &FitParameters::fit, 0, 1e18, 1, "bytes",
                                                               "memory that all must fit into")});
    }
};

struct SpeedParameters : MemoryParameters {
    double bandwidth = 0, compute = 0;
    static constexpr auto fields() {
        using P = SpeedParameters;
        return std::tuple_cat(
            memory_fields(),
            std::tuple{
                real("bandwidth", &P::bandwidth, 0, 1e6, 0.1, "GB/s", "memory bandwidth, instead of a device's"),
                real("compute", &P::compute, 0, 1e6, 0.1, "TFLOP/s", "dense 16-bit peak, instead of a device's")});
    }
};

Json memory_json(const ModelShape& model, const Memory& memory) {
    Json weights = object({{"total", memory.weights_total}});
    for (std::size_t part = 0; part < kPartNames.size(); ++part) weights[kPartNames[part]] = memory.weights[part];
    const auto counts = count_parameters(model);
    return object({{"model", model.name},
                   {"parameters", counts.total()},
                   {"active_parameters", counts.active},
                   {"weights", weights},
                   {"kv_cache", {{"total", memory.kv_total}, {"per_token", memory.kv_per_token}}},
                   {"total", memory.total},
                   {"receipts",
                    {{"parameters", to_json(counts.receipt)},
                     {"weights", to_json(memory.weights_receipt)},
                     {"kv_cache", to_json(memory.kv_receipt)},
                     {"total", to_json(memory.total_receipt)}}}});
}

Result<Response> answer_memory(const FitParameters& p, Call&) {
    const auto model = model_of(p);
    if (!model) return std::unexpected(model.error());
    const auto storage = storage_of(p);
    const auto memory = plan_memory(*model, storage, load_of(p));
    if (!memory) return std::unexpected(memory.error());
    Response response{memory_json(*model, *memory), {}};
    const auto to_fit = memory_to_fit(p);
    if (!to_fit) return std::unexpected(to_fit.error());
    const double bytes = *to_fit;
    if (bytes > 0) {
        const auto fit = plan_fit(*model, storage, load_of(p), bytes);
        if (!fit) return std::unexpected(fit.error());
        set(response.body, "fit",
            object({{"bytes", bytes},
                    {"fits", memory->total <= bytes},
                    {"max_context", fit->max_context},
                    {"max_batch", fit->max_batch},
                    {"model_max_context", model->max_context}}));
    }
    return response;
}

Result<Response> answer_speed(const SpeedParameters& p, Call&) {
    const auto model = model_of(p);
    if (!model) return std::unexpected(model.error());
    const auto chosen = machine_of(p.device, p.bandwidth, p.compute);
    if (!chosen) return std::unexpected(chosen.error());
    const auto speed = plan_speed(*model, storage_of(p), load_of(p), chosen->machine);
    if (!speed) return std::unexpected(speed.error());
    Response response{
        object(
            {{"model", model->name},
             {"device", chosen->about},
             {"decode_tokens_per_second", speed->decode_tokens_per_second},
             {"prefill_seconds", speed->prefill_seconds ? Json(*speed->prefill_seconds) : Json(nullptr)},
             {"bound", speed->bound},
             {"assumptions", Json(speed->assumptions)},
             {"receipts", {{"decode", to_json(speed->decode_receipt)}, {"prefill", to_json(speed->prefill_receipt)}}}}),
        {}};
    if (!speed->prefill_seconds) set(response.body, "prefill_unknown_because", speed->prefill_unknown_because);
    // A device whose memory is too small has no speed; the estimate is then of one like it with more.
    const auto memory = plan_memory(*model, storage_of(p), load_of(p));
    if (!memory) return std::unexpected(memory.error());
    set(response.body, "total", memory->total);
    set(response.body, "fits", nullptr);
    if (const auto device = find_device(p.device); device && (*device)->memory_bytes) {
        set(response.body, "memory_bytes", *(*device)->memory_bytes);
        set(response.body, "fits", memory->total <= *(*device)->memory_bytes);
    }
    return response;
}

struct FinetuneParameters : MemoryParameters {
    bool whole = false, checkpointing = false;
    Adapted adapted = Adapted::kAll;
    int rank = 16, learnable_bits = 16;
    double optimizer_bytes = 8;
    FinetuneParameters() {
        weights = "nf4_dq";
        context = 512;
    }
    static constexpr auto fields() {
        using P = FinetuneParameters;
        return std::tuple{
            text("model", &P::model, "id of a model (quantlens models)"),
            text("config", &P::config, "a Hugging Face config.json instead of a model id"),
            flag("whole", &P::whole, "all weights learn, instead of adapters beside frozen ones"),
            text("weights", &P::weights, "format of the matrices; embedding, output and norms are in 16 bits"),
            choice("adapted", &P::adapted, kAdaptedNames, "which matrices of a layer have an adapter"),
            integer("rank", &P::rank, 1, 1 << 16, 1, "", "of an adapter: columns of B and rows of A"),
            integer("learnable_bits", &P::learnable_bits, 16, 32, 16, "bits",
                    "of a number that learns, and of its gradient: 16 or 32"),
            real("optimizer_bytes", &P::optimizer_bytes, 0, 64, 1, "bytes",
                 "of the optimizer for each number that learns: AdamW in 32 bits 8, in 8 bits 2"),
            integer("context", &P::context, 1, 1 << 30, 1, "tokens", "length of each sequence"),
            integer("batch", &P::batch, 1, 1 << 20, 1, "sequences", "sequences in one pass"),
            flag("checkpointing", &P::checkpointing,
                 "only the inputs of layers are kept, the rest is worked out again"),
        };
    }
};

Result<Response> answer_finetune(const FinetuneParameters& p, Call&) {
    const auto model = model_of(p);
    if (!model) return std::unexpected(model.error());
    FinetunePlan plan;
    plan.whole = p.whole;
    plan.base = p.weights;
    plan.adapted = p.adapted;
    plan.rank = std::uint64_t(p.rank);
    if (p.learnable_bits % 16 != 0) return bad_parameter("learnable_bits", p.learnable_bits, "16 or 32");
    plan.learnable_bytes = p.learnable_bits / 8.0;
    plan.optimizer_bytes = p.optimizer_bytes;
    plan.batch = std::uint64_t(p.batch);
    plan.sequence = std::uint64_t(p.context);
    plan.checkpointing = p.checkpointing;
    const auto memory = plan_finetune(*model, plan);
    if (!memory) return std::unexpected(memory.error());
    const double parameters = count_parameters(*model).total();
    return Response{object({{"model", model->name},
                            {"parameters", parameters},
                            {"learnable", memory->learnable},
                            {"learnable_share", memory->learnable / parameters},
                            {"base", memory->base},
                            {"adapters", memory->adapters},
                            {"gradients", memory->gradients},
                            {"optimizer", memory->optimizer},
                            {"activations", memory->activations},
                            {"total", memory->total},
                            {"assumptions", Json(memory->assumptions)},
                            {"receipts",
                             {{"learnable", to_json(memory->learnable_receipt)},
                              {"base", to_json(memory->base_receipt)},
                              {"activations", to_json(memory->activations_receipt)},
                              {"total", to_json(memory->total_receipt)}}}}),
                    {}};
}

Result<Response> list_models(const NoParameters&, Call&) {
    Json list = Json::array();
    for (const auto& m : models()) {
        const auto counts = count_parameters(m);
        Json row = object({{"id", m.id},
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
                           {"tied_embeddings", m.tied_embeddings}});
        if (m.window) set(row, "sliding_window", object({{"window", m.window->window}, {"layers", m.window->layers}}));
        if (m.experts)
            set(row, "experts",
                object({{"count", m.experts->count}, {"top_k", m.experts->top_k}, {"shared", m.experts->shared}}));
        if (m.latent)
            set(row, "latent_attention", object({{"kv_rank", m.latent->kv_rank}, {"rope_dim", m.latent->rope_dim}}));
        set(row, "source", m.source);
        list.push_back(std::move(row));
    }
    return Response{object({{"models", list}}), {}};
}

Result<Response> list_devices(const NoParameters&, Call&) {
    const auto or_null = [](const std::optional<double>& value) { return value ? Json(*value) : Json(nullptr); };
    Json list = Json::array();
    for (const auto& d : devices())
        list.push_back(object({{"id", d.id},
                               {"name", d.name},
                               {"memory_bytes", or_null(d.memory_bytes)},
                               {"bandwidth_gb_s", d.bandwidth_gb_s},
                               {"fp16_tflops", or_null(d.fp16_tflops)},
                               {"int8_tops", or_null(d.int8_tops)},
                               {"source", d.source},
                               {"evidence", d.evidence}}));
    return Response{object({{"devices", list}}), {}};
}

}  // namespace

std::vector<Operation> planner_operations() {
    return {operation<FitParameters>("memory", "bytes of a model: weights by part, KV cache, and what fits", {},
                                     answer_memory),
            operation<SpeedParameters>("speed", "the roofline's tokens a second and time to the first token", {},
                                       answer_speed),
            operation<FinetuneParameters>("finetune-memory", "bytes while a model is finetuned, by part", {},
                                          answer_finetune),
            operation<NoParameters>("models", "models with known shapes", {}, list_models),
            operation<NoParameters>("devices", "devices with known memory and bandwidth", {}, list_devices)};
}

}  // namespace quantlens::request
