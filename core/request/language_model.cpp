// Operations on the language model: what it is, how well it predicts, what it writes, and as a file.

#include <algorithm>

#include "model/model_file.h"
#include "request/json.h"
#include "request/state.h"

namespace quantlens::request {
namespace {

constexpr double kQuantizeShare = 0.3;  // of the progress of a request that also evaluates

Json estimate_json(const model::Estimate& e) { return Json::array({e.low, e.high}); }

Json progress_json(const model::Quantization& work, std::size_t windows_done, std::size_t windows) {
    return object({{"matrices_done", work.steps_done()},
                   {"matrices", work.steps()},
                   {"windows_done", windows_done},
                   {"windows", windows}});
}

Json about(const QuantizedModel& quantized, const ModelParameters& p) {
    const auto& model = quantized.work->model();
    return object({{"method", p.method},
                   {"parameters", to_json(quantized.parameters)},
                   {"bits_per_weight", model.bits_per_weight()},
                   {"quantized_bits_per_weight", model.quantized_bits_per_weight()},
                   {"bytes", model.stored_bytes()}});
}

Result<Response> describe_model(const NoParameters&, Call& call) {
    const auto loaded = model_of(call);
    if (!loaded) return std::unexpected(loaded.error());
    Json tensors = Json::array();
    std::size_t parameters = 0;
    for (const auto& spec : loaded->weights->specs()) {
        parameters += spec.size();
        tensors.push_back(
            object({{"name", spec.name}, {"rows", spec.rows}, {"columns", spec.columns}, {"is_norm", spec.is_norm}}));
    }
    return Response{object({{"config", *parse_json(model::config_to_json(loaded->weights->config()))},
                            {"parameters", parameters},
                            {"tensors", tensors}}),
                    {}};
}

struct EvalParameters : ModelParameters {
    int windows = 0, positions = 0;
    static constexpr auto fields() {
        using P = EvalParameters;
        return std::tuple_cat(
            ModelParameters::fields(),
            std::tuple{integer("windows", &P::windows, 0, 1 << 20, 1, "windows",
                               "scores only the first windows of the text; 0: all"),
                       integer("positions", &P::positions, 0, 1 << 20, 1, "bytes",
                               "adds the means of each so many positions from a window's start; 0: does not")});
    }
};

Json positions_json(const std::vector<model::PositionResult>& results) {
    Json rows = Json::array();
    for (const auto& row : results)
        rows.push_back(object({{"first", row.first},
                               {"tokens", row.tokens},
                               {"bits_per_byte", row.bits_per_byte},
                               {"bits_per_byte_increase", row.bits_per_byte_increase},
                               {"kl_divergence", row.kl_divergence}}));
    return rows;
}

Result<Response> evaluate(const EvalParameters& p, Call& call) {
    auto& store = call.session.state().models;
    const double start = call.session.now();
    Budget budget(call, p.step_limit);
    auto text = tokens_of(call, "text", true);
    if (!text) return std::unexpected(text.error());
    if (p.windows > 0) {
        const auto loaded = model_of(call);
        if (!loaded) return std::unexpected(loaded.error());
        const std::size_t window = model::Baseline::window_of(loaded->weights->config());
        text->resize(std::min(text->size(), std::size_t(p.windows) * window));
    }
    const std::string text_key = to_text(fingerprint(*text));
    const auto quantized = quantized_model(p, call, budget, kQuantizeShare);
    if (!quantized) return std::unexpected(quantized.error());
    Response response{about(*quantized, p), {}};
    if (!quantized->done()) {
        set(response.body, "done", false);
        set(response.body, "progress", progress_json(*quantized->work, 0, 0));
        return response;
    }

    auto* evaluation = store.evaluations.find(quantized->key + text_key);
    if (!evaluation) {
        // The original depends on the planted outliers alone, and these do not change what it computes.
        const std::string baseline_key =
            to_text(store.loaded.fingerprint) + "," + to_text(p.plant_outliers) + "," + text_key;
        auto* baseline = store.baselines.find(baseline_key);
        if (!baseline) {
            auto created = model::Baseline::create(quantized->work->original(), *std::move(text));
            if (!created) return std::unexpected(created.error());
            baseline = &store.baselines.add(baseline_key, *std::move(created));
        }
        auto model = std::make_shared<const model::Model>(quantized->work->model());
        evaluation = &store.evaluations.add(quantized->key + text_key,
                                            std::make_shared<model::Evaluation>(std::move(model), *baseline));
    }
    auto& work = **evaluation;
    while (budget.open() && work.windows_done() < work.windows()) {
        if (const auto more = work.advance(call.run.pool); !more) return std::unexpected(more.error());
        const double share = double(work.windows_done()) / double(work.windows());
        if (const auto status = budget.spend(kQuantizeShare + (1 - kQuantizeShare) * share); !status)
            return std::unexpected(status.error());
    }
    const bool done = work.windows_done() == work.windows();
    set(response.body, "done", done);
    set(response.body, "progress", progress_json(*quantized->work, work.windows_done(), work.windows()));
    if (work.windows_done() == 0) return response;
    const auto result = work.result(call.run.seed);
    set(response.body, "tokens", result.tokens);
    set(response.body, "bits_per_byte", result.bits_per_byte.value);
    set(response.body, "bits_per_byte_ci95", estimate_json(result.bits_per_byte));
    set(response.body, "bits_per_byte_increase", result.bits_per_byte_increase.value);
    set(response.body, "bits_per_byte_increase_ci95", estimate_json(result.bits_per_byte_increase));
    set(response.body, "perplexity", result.perplexity.value);
    set(response.body, "perplexity_ci95", estimate_json(result.perplexity));
    set(response.body, "kl_divergence", result.kl_divergence.value);
    set(response.body, "kl_divergence_ci95", estimate_json(result.kl_divergence));
    set(response.body, "top1_agreement", result.top1_agreement.value);
    set(response.body, "top1_agreement_ci95", estimate_json(result.top1_agreement));
    if (p.positions > 0) set(response.body, "by_position", positions_json(work.by_position(std::size_t(p.positions))));
    set(response.body, "seconds", call.session.now() - start);
    return response;
}

struct GenerateParameters : ModelParameters, model::Sampling {
    std::string prompt;
    int tokens = 200;
    static constexpr auto fields() {
        using P = GenerateParameters;
        return std::tuple_cat(std::tuple{text("prompt", &P::prompt, "what the text begins with"),
                                         integer("tokens", &P::tokens, 1, 1 << 20, 1, "bytes", "how much to write")},
                              model::Sampling::fields(), ModelParameters::fields());
    }
};

Result<Response> generate(const GenerateParameters& p, Call& call) {
    auto& store = call.session.state().models;
    const double start = call.session.now();
    Budget budget(call, p.step_limit);
    const auto quantized = quantized_model(p, call, budget, 0.2);
    if (!quantized) return std::unexpected(quantized.error());
    Response response{about(*quantized, p), {}};
    set(response.body, "done", false);
    if (!quantized->done()) return response;
    const model::Sampling& sampling = p;
    const std::string key = quantized->key + p.prompt + "\n" + to_json(settings_of(sampling)).dump();
    const auto prompt = model::tokens_of(p.prompt);
    auto* generator = store.generators.find(key);
    if (!generator) {
        auto model = std::make_shared<const model::Model>(quantized->work->model());
        auto created = model::Generator::create(std::move(model), prompt, sampling, call.run.seed);
        if (!created) return std::unexpected(created.error());
        generator = &store.generators.add(key, std::make_shared<model::Generator>(*std::move(created)));
    }
    auto& work = **generator;
    const std::size_t begun = std::max<std::size_t>(1, prompt.size());  // without a prompt there is a line break
    const std::size_t wanted = begun + std::size_t(p.tokens);
    Json probabilities = Json::array();
    while (budget.open() && work.tokens().size() < wanted) {
        const auto next = work.next(call.run.pool);
        if (!next) return std::unexpected(next.error());
        probabilities.push_back(next->probability);
        const double share = double(work.tokens().size()) / double(wanted);
        if (const auto status = budget.spend(share); !status) return std::unexpected(status.error());
    }
    const auto written = work.tokens().first(std::min(wanted, work.tokens().size())).subspan(begun);
    std::vector<std::uint8_t> bytes(written.begin(), written.end());
    set(response.body, "done", written.size() == std::size_t(p.tokens));
    set(response.body, "prompt", p.prompt);
    set(response.body, "new_probabilities", std::move(probabilities));
    set(response.body, "tokens", written.size());
    set(response.body, "seconds", call.session.now() - start);
    // Bytes, not text: a model over bytes may stop inside a UTF-8 sequence.
    const std::size_t count = bytes.size();
    response.arrays.push_back({"text", {count}, std::move(bytes)});
    return response;
}

struct ConvertParameters {
    std::string to = "gguf", format = "f16", name = "quantlens-reference";
    static constexpr auto fields() {
        using P = ConvertParameters;
        return std::tuple{
            text("to", &P::to, "safetensors or gguf"),
            text("format", &P::format, "format of the matrices: f32, f16, and for gguf any GGUF type of weights"),
            text("name", &P::name, "the model's name in the file")};
    }
};

Result<Response> convert(const ConvertParameters& p, Call& call) {
    const auto loaded = model_of(call);
    if (!loaded) return std::unexpected(loaded.error());
    if (p.to != "gguf" && p.to != "safetensors") return bad_parameter("to", p.to, "safetensors or gguf");
    auto file = p.to == "gguf" ? model::gguf_of(*loaded->weights, p.format, p.name)
                               : model::safetensors_of(*loaded->weights, p.format);
    if (!file) return std::unexpected(file.error());
    const std::size_t size = file->size();
    Response response{object({{"to", p.to}, {"format", p.format}, {"bytes", size}}), {}};
    response.arrays.push_back({"file", {size}, *std::move(file)});
    return response;
}

}  // namespace

std::vector<Operation> model_operations() {
    return {
        operation<NoParameters>("model", "the language model's shape and tensors", {"model", "config"}, describe_model),
        operation<EvalParameters>("eval", "how well the model predicts a text, quantized or not",
                                  {"model", "config", "text", "calibration"}, evaluate, true),
        operation<GenerateParameters>("generate", "text that the model writes, quantized or not",
                                      {"model", "config", "calibration"}, generate, true),
        operation<ConvertParameters>("convert", "the model as a safetensors or GGUF file", {"model", "config"},
                                     convert)};
}

}  // namespace quantlens::request
