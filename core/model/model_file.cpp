#include "model/model_file.h"

#include <algorithm>
#include <cmath>
#include <unordered_map>

#include "files/safetensors.h"
#include "formats/format.h"

namespace quantlens::model {

namespace {

using Notes = std::vector<std::pair<std::string, std::string>>;

constexpr std::string_view kLearnable = "training.learnable", kFirst = "training.first_moments",
                           kSecond = "training.second_moments", kAverage = "training.average";

const std::string* note_of(const files::Directory& directory, std::string_view key) {
    const auto* value = directory.find(key);
    return value ? std::get_if<std::string>(value) : nullptr;
}

Result<files::Directory> directory_of(std::span<const std::uint8_t> file) {
    auto directory = files::parse_whole(file);
    if (!directory) return directory;
    if (directory->kind != "safetensors")
        return fail(ErrorCode::kBadFile, "model",
                    "a model is read from a safetensors file, not from " + directory->kind);
    return directory;
}

Result<std::vector<float>> values_of(const files::TensorInfo& info, std::span<const std::uint8_t> file) {
    auto values = files::decode_tensor(info, file.subspan(std::size_t(info.offset), std::size_t(info.bytes)));
    if (!values) return values;
    const auto bad = std::ranges::find_if(*values, [](float value) { return !std::isfinite(value); });
    if (bad != values->end())
        return fail(ErrorCode::kNotFinite, info.name,
                    info.name + " is not finite at element " + to_text(std::size_t(bad - values->begin())));
    return values;
}

Result<Config> config_of(const files::Directory& directory, std::string_view config_json) {
    const std::string* own = note_of(directory, "config");
    if (config_json.empty() && own) config_json = *own;
    if (config_json.empty())
        return fail(ErrorCode::kBadFile, "config.json",
                    "the file does not say its shape; a config.json is needed beside it");
    return config_from_json(config_json);
}

/// One tensor's bytes in `type`, kept until the file is built.
struct Encoded {
    std::string name;
    const files::ElementType* type;
    std::vector<std::uint64_t> shape;
    std::vector<std::uint8_t> bytes;
};

Result<Encoded> encoded(std::string name, std::vector<std::uint64_t> shape, std::span<const float> values,
                        std::string_view type) {
    const auto format = formats::find(type);
    if (!format) return std::unexpected(format.error());
    auto bytes = formats::encode(**format, values);
    if (!bytes) {
        Error error = bytes.error();
        error.message = name + ": " + error.message;
        return std::unexpected(std::move(error));
    }
    return Encoded{std::move(name), files::find_by_id(type), std::move(shape), std::move(*bytes)};
}

Status add_weights(const Weights& weights, std::string_view type, std::vector<Encoded>& into) {
    for (std::size_t i = 0; i < weights.specs().size(); ++i) {
        const auto& spec = weights.specs()[i];
        std::vector<std::uint64_t> shape{spec.rows, spec.columns};
        if (spec.is_norm) shape.erase(shape.begin());
        auto one = encoded(spec.name, std::move(shape), weights.tensor(i).values(), type);
        if (!one) return std::unexpected(one.error());
        into.push_back(std::move(*one));
    }
    return {};
}

Result<std::vector<std::uint8_t>> build(const std::vector<Encoded>& tensors, const Notes& notes) {
    std::vector<files::TensorToWrite> list;
    for (const auto& one : tensors) list.push_back({one.name, one.type, one.shape, one.bytes});
    return files::build_safetensors(list, notes);
}

Notes notes_for(const Weights& weights) {
    return {{"format", "pt"}, {"config", config_to_json(weights.config())}};  // "pt": what transformers asks for
}

}  // namespace

Result<Config> config_of_safetensors(std::span<const std::uint8_t> file, std::string_view config_json) {
    const auto directory = directory_of(file);
    if (!directory) return std::unexpected(directory.error());
    return config_of(*directory, config_json);
}

Result<Weights> weights_from_safetensors(std::span<const std::uint8_t> file, std::string_view config_json) {
    const auto directory = directory_of(file);
    if (!directory) return std::unexpected(directory.error());
    auto config = config_of(*directory, config_json);
    if (!config) return std::unexpected(config.error());
    std::unordered_map<std::string_view, const files::TensorInfo*> by_name;
    for (const auto& info : directory->tensors) by_name.emplace(info.name, &info);
    const auto find = [&](std::string_view name) -> const files::TensorInfo* {
        constexpr std::string_view kPrefix = "model.";
        auto found = by_name.find(name);
        if (found == by_name.end() && name.starts_with(kPrefix)) found = by_name.find(name.substr(kPrefix.size()));
        return found == by_name.end() ? nullptr : found->second;
    };
    // The file is held against the config before memory is taken for what the config says.
    std::vector<const files::TensorInfo*> infos;
    for (const auto& spec : tensor_specs(*config)) {
        const auto* info = find(spec.name);
        if (!info) return fail(ErrorCode::kBadFile, spec.name, "the file has no tensor " + spec.name);
        std::vector<std::uint64_t> shape{spec.rows, spec.columns};
        if (spec.is_norm) shape.erase(shape.begin());
        if (info->shape != shape)
            return fail(ErrorCode::kBadFile, spec.name,
                        spec.name + " is " + files::shape_text(info->shape) + ", by the config it must be " +
                            files::shape_text(shape));
        if (files::is_integer(*info->type))
            return fail(ErrorCode::kUnsupported, spec.name,
                        spec.name + " holds " + std::string{info->type->id} + ", must be of a float type");
        infos.push_back(info);
    }
    Weights weights(*config);
    for (std::size_t i = 0; i < infos.size(); ++i) {
        const auto values = values_of(*infos[i], file);
        if (!values) return std::unexpected(values.error());
        std::ranges::copy(*values, weights.tensor(i).values().begin());
    }
    // Some tied models store the head as well: the same values, which are passed over.
    std::size_t known = infos.size() + (config->tied_embeddings && find("lm_head.weight") ? 1 : 0);
    for (const auto& info : directory->tensors)
        if (info.name.ends_with("rotary_emb.inv_freq") || info.name.starts_with("training.")) ++known;
    if (known != directory->tensors.size())
        for (const auto& info : directory->tensors)
            if (!weights.find(info.name) && !weights.find("model." + info.name) && info.name != "lm_head.weight" &&
                !info.name.ends_with("rotary_emb.inv_freq") && !info.name.starts_with("training."))
                return fail(
                    ErrorCode::kUnsupported, info.name,
                    "the file has " + info.name + ", which a Llama-style model of this config has no place for");
    return weights;
}

Result<std::vector<std::uint8_t>> safetensors_of(const Weights& weights, std::string_view type,
                                                 std::span<const std::pair<std::string, std::string>> notes) {
    if (type != "f16" && type != "bf16" && type != "f32") return bad_parameter("format", type, "f16, bf16 or f32");
    std::vector<Encoded> tensors;
    if (const auto ok = add_weights(weights, type, tensors); !ok) return std::unexpected(ok.error());
    Notes all = notes_for(weights);
    all.insert(all.end(), notes.begin(), notes.end());
    return build(tensors, all);
}

Result<std::vector<std::uint8_t>> checkpoint_of(const Trainer& trainer, std::uint64_t seed) {
    std::vector<Encoded> tensors;
    if (const auto ok = add_weights(trainer.weights(), "f32", tensors); !ok) return std::unexpected(ok.error());
    const auto& state = trainer.state();
    const std::pair<std::string_view, const std::vector<float>*> arrays[] = {{kLearnable, &state.learnable},
                                                                             {kFirst, &state.first_moments},
                                                                             {kSecond, &state.second_moments},
                                                                             {kAverage, &state.average}};
    for (const auto& [name, values] : arrays) {
        if (values->empty()) continue;
        auto one = encoded(std::string{name}, {values->size()}, *values, "f32");
        if (!one) return std::unexpected(one.error());
        tensors.push_back(std::move(*one));
    }
    Notes notes = notes_for(trainer.weights());
    notes.emplace_back("training.step", to_text(state.step));
    notes.emplace_back("training.seed", to_text(seed));
    for (const auto& [key, value] : settings_of(trainer.parameters()))
        notes.emplace_back("training.parameter." + key, to_text(value));
    return build(tensors, notes);
}

Result<Checkpoint> checkpoint_from(std::span<const std::uint8_t> file) {
    const auto directory = directory_of(file);
    if (!directory) return std::unexpected(directory.error());
    const auto number_note = [&](const char* key) -> Result<std::uint64_t> {
        const std::string* text = note_of(*directory, key);
        std::uint64_t number = 0;
        if (!text || std::from_chars(text->data(), text->data() + text->size(), number).ec != std::errc{})
            return fail(ErrorCode::kBadFile, key,
                        std::string{"the file is no training checkpoint: its metadata has no "} + key);
        return number;
    };
    const auto step = number_note("training.step"), seed = number_note("training.seed");
    if (!step) return std::unexpected(step.error());
    if (!seed) return std::unexpected(seed.error());
    auto weights = weights_from_safetensors(file);
    if (!weights) return std::unexpected(weights.error());
    Checkpoint checkpoint{std::move(*weights), {}, {}, *seed};
    checkpoint.state.step = std::size_t(*step);
    const std::pair<std::string_view, std::vector<float>*> arrays[] = {{kLearnable, &checkpoint.state.learnable},
                                                                       {kFirst, &checkpoint.state.first_moments},
                                                                       {kSecond, &checkpoint.state.second_moments},
                                                                       {kAverage, &checkpoint.state.average}};
    for (const auto& [name, into] : arrays) {
        const auto info = directory->tensor(name);
        if (!info) {
            if (name == kAverage) continue;
            return fail(ErrorCode::kBadFile, std::string{name}, "the checkpoint has no " + std::string{name});
        }
        auto values = values_of(**info, file);
        if (!values) return std::unexpected(values.error());
        *into = std::move(*values);
    }
    Settings settings;
    for (const auto& info : describe<TrainingParameters>())
        if (const std::string* text = note_of(*directory, "training.parameter." + std::string{info.key})) {
            auto value = checked_text(info, *text);
            if (!value) return std::unexpected(value.error());
            settings.emplace_back(std::string{info.key}, std::move(*value));
        }
    const auto parameters = parameters_from<TrainingParameters>(settings, "the checkpoint");
    if (!parameters) return std::unexpected(parameters.error());
    checkpoint.parameters = *parameters;
    return checkpoint;
}

}  // namespace quantlens::model
