// Training of the language model: from scratch, QAT, scales after quantizing, LoRA and QLoRA, a few steps a request.

#include <algorithm>
#include <numbers>

#include "model/model_file.h"
#include "model/training_run.h"
#include "request/json.h"
#include "request/operation.h"
#include "request/state.h"

namespace quantlens::request {
namespace {

struct TrainParameters : model::TrainingRunParameters {
    bool from_scratch = false;
    bool save = false;
    bool keep = false;
    int validate_stride = 0;
    int step_limit = 0;

    static constexpr auto fields() {
        using P = TrainParameters;
        return std::tuple_cat(
            model::TrainingRunParameters::fields(),
            std::tuple{
                flag("from_scratch", &P::from_scratch, "begins with random weights of the reference model's shape"),
                flag("save", &P::save, "returns the array 'checkpoint', from which a later request can go on"),
                flag("keep", &P::keep, "makes the model as trained so far the session's model"),
                integer("validate_stride", &P::validate_stride, 0, 1 << 20, 1, "windows",
                        "scores every so many windows of the array 'held_out' after these steps; 0: none"),
                integer(
                    "step_limit", &P::step_limit, 0, 1 << 30, 1, "steps",
                    "takes so many steps and returns what there is; the same request again goes on. 0: all of them"),
            });
    }
};

/// The run of this request: one under way, one from a checkpoint, or a new one.
Result<std::shared_ptr<model::TrainingRun>> training_run(const TrainParameters& p, Call& call) {
    auto& store = call.session.state().models;
    auto text = tokens_of(call, "text", true);
    if (!text) return std::unexpected(text.error());
    std::shared_ptr<const model::Weights> weights;
    std::string key = to_text(call.run.seed) + "," + to_text(fingerprint(*text)) + ",";
    if (p.from_scratch) {
        weights = std::make_shared<const model::Weights>(model::initial_weights(model::Config{}, call.run.seed));
    } else {
        const auto loaded = model_of(call);
        if (!loaded) return std::unexpected(loaded.error());
        weights = loaded->weights;
        key += to_text(loaded->fingerprint);
    }
    const model::TrainingRunParameters& own = p;
    key += to_json(settings_of(own)).dump();
    const bool resumes = has_array(call, "checkpoint");
    if (!resumes)
        if (auto* known = store.trainings.find(key)) return *known;

    auto calibration = tokens_of(call, "calibration", false);
    if (!calibration) return std::unexpected(calibration.error());
    auto made = model::TrainingRun::create(std::move(weights), *std::move(text), own, *std::move(calibration),
                                           Run{call.run.pool, call.run.seed, {}});
    if (!made) return std::unexpected(made.error());
    auto run = std::make_shared<model::TrainingRun>(*std::move(made));
    if (resumes) {
        const auto bytes = find_bytes(call, "checkpoint");
        if (!bytes) return std::unexpected(bytes.error());
        auto checkpoint = model::checkpoint_from(**bytes);
        if (!checkpoint) return std::unexpected(checkpoint.error());
        if (const auto ok = run->restore(std::move(checkpoint->state), call.run.pool); !ok)
            return std::unexpected(ok.error());
    }
    return store.trainings.add(key, std::move(run));
}

Result<Response> train(const TrainParameters& p, Call& call) {
    auto& store = call.session.state().models;
    const double start = call.session.now();
    Budget budget(call, p.step_limit);
    const auto found = training_run(p, call);
    if (!found) return std::unexpected(found.error());
    auto& run = **found;
    Json steps = Json::array(), losses = Json::array(), rates = Json::array();
    std::size_t tokens = 0;
    while (budget.open() && !run.done()) {
        const auto report = run.step(call.run.pool);
        if (!report) return std::unexpected(report.error());
        steps.push_back(report->step);
        losses.push_back(report->loss / std::numbers::ln2);
        rates.push_back(report->learning_rate);
        tokens += report->tokens;
        if (const auto status = budget.spend(double(report->step) / double(p.steps)); !status)
            return std::unexpected(status.error());
    }
    const double seconds = call.session.now() - start;
    Response response{object({{"step", run.trainer().state().step},
                              {"steps", p.steps},
                              {"done", run.done()},
                              {"new_steps", std::move(steps)},
                              {"new_bits_per_byte", std::move(losses)},
                              {"new_learning_rates", std::move(rates)},
                              {"learnable", run.trainer().parametrization().size()},
                              {"tokens", tokens},
                              {"tokens_per_second", seconds > 0 ? double(tokens) / seconds : 0.0}}),
                      {}};
    if (p.validate_stride > 0) {
        const auto held_out = tokens_of(call, "held_out", true);
        if (!held_out) return std::unexpected(held_out.error());
        const auto weights = run.trainer().averaged_weights(call.run.pool);
        const auto bits = model::bits_per_token(weights, *held_out, std::size_t(p.validate_stride), call.run.pool);
        if (!bits) return std::unexpected(bits.error());
        set(response.body, "held_out_bits_per_byte", *bits);
    }
    if (p.save) {
        auto file = model::checkpoint_of(run.trainer(), call.run.seed);
        if (!file) return std::unexpected(file.error());
        const std::size_t size = file->size();
        response.arrays.push_back({"checkpoint", {size}, *std::move(file)});
    }
    if (p.save || p.keep || run.done()) {
        const auto model = run.model(false, Run{call.run.pool, call.run.seed, {}});
        if (!model) return std::unexpected(model.error());
        set(response.body, "bits_per_weight", (*model)->bits_per_weight());
        set(response.body, "bytes", (*model)->stored_bytes());
        auto file = model::safetensors_of((*model)->weights(), "f16");
        if (!file) return std::unexpected(file.error());
        const std::size_t size = file->size();
        if (p.keep) {
            store.loaded.weights = std::make_shared<const model::Weights>((*model)->weights());
            store.loaded.fingerprint = fingerprint(std::vector<model::Token>(file->begin(), file->end()));
        }
        response.arrays.push_back({"model", {size}, *std::move(file)});
    }
    set(response.body, "seconds", call.session.now() - start);
    return response;
}

}  // namespace

std::vector<Operation> training_operations() {
    return {operation<TrainParameters>("train",
                                       "training in steps: from scratch, QAT, scales after quantizing, LoRA, QLoRA",
                                       {"model", "config", "text", "held_out", "calibration", "checkpoint"}, train)};
}

}  // namespace quantlens::request
