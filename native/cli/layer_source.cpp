#include "cli/layer_source.h"

#include <algorithm>

#include "cli/tensors.h"

namespace quantlens::cli {
namespace {

constexpr std::string_view kSources[] = {"values", "synthetic", "layer"};

/// How the bytes of `weights` are stored: read_array() hands over numbers.
constexpr std::string_view kNotFlags[] = {"weights_type", "weights_by_columns"};

/// Settings of one source, which go with no other.
struct Companion {
    std::string_view key, source;
};
constexpr Companion kCompanions[] = {{"synthetic_tokens", "synthetic"}, {"synthetic_outliers", "synthetic"},
                                     {"layer_tokens", "layer"},         {"layer_rows", "layer"},
                                     {"layer_columns", "layer"},        {"plant_outliers", "layer"}};

}  // namespace

bool LayerSource::is_key(std::string_view key) {
    return std::ranges::find(kSources, key) != std::end(kSources) ||
           std::ranges::find(kNotFlags, key) != std::end(kNotFlags) ||
           std::ranges::find(kCompanions, key, &Companion::key) != std::end(kCompanions);
}

void LayerSource::add(CLI::App& app, std::span<const FieldInfo> fields) {
    app.add_option(
           "-w,--weights", weights_,
           "Weights, out_features x in_features: FILE.npy, FILE.safetensors:NAME or FILE.gguf:NAME; NAME[0:512]: "
           "only these rows")
        ->type_name("TENSOR");
    app.add_option("-x,--activations", activations_, "Activations, tokens x in_features")->type_name("TENSOR");
    std::vector<std::string_view> others(std::begin(kNotFlags), std::end(kNotFlags));
    for (const auto& field : fields)
        if (!is_key(field.key)) others.push_back(field.key);
    sources_.add(app, fields, others);
    const bool has_layer = std::ranges::find(fields, "layer", &FieldInfo::key) != fields.end();
    if (has_layer) model_.add(app);
}

Status LayerSource::fill(Json& request, std::vector<request::Array>& arrays) const {
    std::vector<std::string> given;
    if (!weights_.empty()) given.push_back("--weights");
    for (const auto key : kSources)
        if (sources_.typed(key)) given.push_back(flag_name(key));
    if (given.empty())
        return usage_error(
            "no layer is given; use --weights FILE.npy, --values 0.15,-0.32,..., --synthetic ROWSxCOLUMNS or --layer "
            "NAME");
    if (given.size() > 1) return usage_error(given[0] + " and " + given[1] + " both give the weights; use one of them");
    for (const auto key : kSources)
        if (const auto* text = sources_.text(key); text && text->empty())
            return usage_error(flag_name(key) + " is empty, must say which weights are meant");
    for (const auto& [key, source] : kCompanions)
        if (sources_.typed(key) && !sources_.typed(source))
            return usage_error(flag_name(key) + " goes with " + flag_name(source));
    if (!activations_.empty() && weights_.empty() && !sources_.typed("values"))
        return usage_error("--activations does not go with " + given[0] + ", which brings its own");
    if (!sources_.typed("layer") && model_.given()) return usage_error("--model and --calibration go with --layer");
    if (const auto status = sources_.fill(request); !status) return status;
    for (const auto& [name, argument] : {std::pair{"weights", &weights_}, {"activations", &activations_}}) {
        if (argument->empty()) continue;
        auto array = read_array(name, *argument);
        if (!array) return std::unexpected(array.error());
        arrays.push_back(*std::move(array));
    }
    return sources_.typed("layer") ? model_.read(arrays) : Status{};
}

}  // namespace quantlens::cli
