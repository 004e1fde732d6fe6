#include "request/model_store.h"

#include <algorithm>
#include <bit>

#include "model/model_file.h"
#include "request/json.h"
#include "request/operation.h"
#include "request/state.h"

namespace quantlens::request {
namespace {

/// FNV-1a over the values' bytes.
template <class T>
std::uint64_t hash_of(std::span<const T> values) {
    std::uint64_t hash = 0xcbf29ce484222325u;
    for (const T value : values) hash = (hash ^ std::uint64_t(std::uint32_t(value))) * 0x100000001b3u;
    return hash ^ values.size();
}

bool has_field(const methods::Method& method, std::string_view key) {
    return std::ranges::any_of(method.fields, [&](const FieldInfo& f) { return f.key == key; });
}

/// The method's own settings. A setting that both the plan and the method have is the method's.
Settings settings_for(const methods::Method& method, const Call& call, model::QuantizationPlan& plan) {
    Settings settings = call.method_settings;
    for (const auto& item : call.own_settings)
        if (item.first == "activation_bits" && has_field(method, item.first)) {
            settings.push_back(item);
            plan.activation_bits = model::QuantizationPlan{}.activation_bits;
        }
    return settings;
}

std::string key_of(const CalibrationSource& source) {
    const std::string outliers = source.planted_outliers == 1
                                     ? "none"
                                     : to_text(source.planted_outliers) + "," + to_text(source.outlier_channels);
    return to_text(source.loaded.fingerprint) + "," + outliers + "," + to_text(source.tokens) + "," +
           to_text(source.text_fingerprint);
}

}  // namespace

std::uint64_t fingerprint(std::span<const model::Token> tokens) { return hash_of(tokens); }

Result<std::shared_ptr<const model::Calibration>> calibration_of(const CalibrationSource& source,
                                                                 const model::Model& original, Call& call) {
    auto& known = call.session.state().models.calibrations;
    const auto key = key_of(source);
    if (const auto* found = known.find(key)) return *found;
    auto captured = model::Calibration::capture(original, source.text, std::size_t(source.tokens), call.run.pool);
    if (!captured) return std::unexpected(captured.error());
    return known.add(key, std::make_shared<const model::Calibration>(*std::move(captured)));
}

Result<LoadedModel> model_of(Call& call) {
    auto& store = call.session.state().models;
    if (!has_array(call, "model")) {
        if (store.loaded.weights) return store.loaded;
        return fail(ErrorCode::kBadParameter, "model",
                    "no model is loaded; send its safetensors file as the array 'model'");
    }
    const auto bytes = find_bytes(call, "model");
    if (!bytes) return std::unexpected(bytes.error());
    std::uint64_t print = hash_of(std::span<const std::uint8_t>(**bytes));
    std::string config;
    if (has_array(call, "config")) {
        const auto text = find_bytes(call, "config");
        if (!text) return std::unexpected(text.error());
        config.assign((*text)->begin(), (*text)->end());
        print ^= std::rotl(hash_of(std::span<const std::uint8_t>(**text)), 1);  // another config, another model
    }
    if (store.loaded.weights && store.loaded.fingerprint == print) return store.loaded;
    auto weights = model::weights_from_safetensors(**bytes, config);
    if (!weights) return std::unexpected(weights.error());
    store.loaded = {std::make_shared<const model::Weights>(*std::move(weights)), print};
    return store.loaded;
}

Result<std::vector<model::Token>> tokens_of(Call& call, std::string_view name, bool needed) {
    if (!has_array(call, name)) {
        if (!needed) return std::vector<model::Token>{};
        return fail(ErrorCode::kBadParameter, std::string{name},
                    "no text came with the request; send array '" + std::string{name} + "' (its bytes)");
    }
    const auto bytes = find_bytes(call, name);
    if (!bytes) return std::unexpected(bytes.error());
    return std::vector<model::Token>((*bytes)->begin(), (*bytes)->end());
}

Result<QuantizedModel> quantized_model(const ModelParameters& p, Call& call, Budget& budget, double share) {
    auto& store = call.session.state().models;
    const auto loaded = model_of(call);
    if (!loaded) return std::unexpected(loaded.error());
    model::QuantizationPlan plan = p;
    const methods::Method* method = nullptr;
    Settings settings, parameters;
    if (p.method != "none") {
        const auto found = methods::find(p.method);
        if (!found) return std::unexpected(found.error());
        method = *found;
        settings = settings_for(*method, call, plan);
        auto effective = method->effective(settings);
        if (!effective) return std::unexpected(effective.error());
        parameters = *std::move(effective);
    } else if (!call.method_settings.empty()) {
        return std::unexpected(
            unknown_key(call.method_settings.front().first, "a model without a method", describe<ModelParameters>()));
    }
    const auto calibration = tokens_of(call, "calibration", false);
    if (!calibration) return std::unexpected(calibration.error());
    const std::uint64_t text = fingerprint(*calibration);
    const std::string key = to_text(loaded->fingerprint) + p.method + to_json(parameters).dump() +
                            to_json(settings_of(plan)).dump() + to_text(text) + "," + to_text(call.run.seed);
    const CalibrationSource source{
        *loaded, plan.plant_outliers, plan.outlier_channels, plan.calibration_tokens, *calibration, text};
    auto* known = store.quantizations.find(key);
    if (!known) {
        auto begun = model::Quantization::create(loaded->weights, method, settings, plan, *calibration);
        if (!begun) return std::unexpected(begun.error());
        known = &store.quantizations.add(key, std::make_shared<model::Quantization>(*std::move(begun)));
    }
    auto& work = **known;
    const Run quiet{call.run.pool, call.run.seed, {}};
    while (budget.open() && work.steps_done() < work.steps()) {
        if (work.needs_calibration()) {
            auto seen = calibration_of(source, *work.original(), call);
            if (!seen) return std::unexpected(seen.error());
            work.use(*std::move(seen));
        }
        if (const auto more = work.advance(quiet); !more) return std::unexpected(more.error());
        if (const auto status = budget.spend(share * double(work.steps_done()) / double(work.steps())); !status)
            return std::unexpected(status.error());
    }
    return QuantizedModel{*known, key, std::move(parameters)};
}

}  // namespace quantlens::request
