#include "cli/sweep_rows.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "cli/flags.h"

namespace quantlens::cli {
namespace {

using request::Json;
using Rows = std::vector<Json>;

constexpr std::array kWidths{8, 4, 3, 2};
constexpr std::array kGroupSizes{128, 32};
/// Bits of the weights and of the activations.
constexpr std::array<std::pair<int, int>, 3> kActivationWidths{{{8, 8}, {4, 8}, {4, 4}}};
/// Settings that make another algorithm of a method.
constexpr std::array<std::pair<const char*, const char*>, 4> kVariants{
    {{"double_quantization", "true"}, {"activation_order", "true"}, {"clip", "true"}, {"base", "\"gptq\""}}};
constexpr std::array<const char*, 5> kCacheFormats{"int8", "int4", "int3", "int2", "fp8_e4m3"};
/// Makes the inputs' max/rms about those that Dettmers et al. 2022 (arXiv 2208.07339) show for models of 6.7B and more.
constexpr double kPlantedOutliers = 20;

const FieldInfo* field_of(const MethodInfo& method, std::string_view key) {
    const auto found = std::ranges::find(method.fields, key, &FieldInfo::key);
    return found == method.fields.end() ? nullptr : &*found;
}

bool in_range(const FieldInfo& field, int value) { return value >= field.minimum && value <= field.maximum; }

void add(Rows& rows, Json row) {
    if (std::ranges::find(rows, row) == rows.end()) rows.push_back(std::move(row));
}

/// A method and what it rounds to, every key that decides the bits written out.
Json row_of(const MethodInfo& method, int width, int activation_width) {
    Json row{{"method", method.id}};
    if (field_of(method, "bits")) row["bits"] = width;
    if (const auto* field = field_of(method, "activation_bits"))
        row["activation_bits"] = activation_width > 0 ? Json(activation_width) : to_json(field->standard);
    return row;
}

/// The row with each way to divide a matrix that the method has.
Rows with_layouts(const MethodInfo& method, const Json& row) {
    Rows rows;
    const auto* size = field_of(method, "group_size");
    const auto add_groups = [&](Json grouped) {
        for (const int each : kGroupSizes) {
            grouped["group_size"] = each;
            rows.push_back(grouped);
        }
    };
    if (const auto* granularity = field_of(method, "granularity")) {
        for (const auto choice : granularity->choices) {
            Json divided = row;
            divided["granularity"] = choice;
            if (choice == "group")
                add_groups(divided);
            else
                rows.push_back(std::move(divided));
        }
    } else if (size) {
        add_groups(row);
    } else {
        rows.push_back(row);
    }
    return rows;
}

/// The row as the method divides a matrix if it is not told otherwise.
Json with_usual_layout(const MethodInfo& method, Json row) {
    const auto* granularity = field_of(method, "granularity");
    if (granularity) row["granularity"] = to_json(granularity->standard);
    const auto* size = field_of(method, "group_size");
    if (size && (!granularity || row["granularity"] == "group")) row["group_size"] = to_json(size->standard);
    return row;
}

std::vector<int> widths_of(const MethodInfo& method) {
    const auto* bits = field_of(method, "bits");
    if (!bits) return {0};
    std::vector<int> widths;
    for (const int width : kWidths)
        if (in_range(*bits, width)) widths.push_back(width);
    return widths;
}

void add_method(Rows& rows, const MethodInfo& method) {
    for (const int width : widths_of(method))
        for (auto& row : with_layouts(method, row_of(method, width, 0))) add(rows, std::move(row));
    for (const auto& [key, value] : kVariants) {
        if (!field_of(method, key)) continue;
        for (const int width : widths_of(method)) {
            auto row = with_usual_layout(method, row_of(method, width, 0));
            row[key] = Json::parse(value);
            add(rows, std::move(row));
        }
    }
}

/// Rows in which activations are rounded as well.
Rows activation_rows() {
    Rows rows;
    for (const auto& method : method_list()) {
        const auto* bits = field_of(method, "bits");
        const auto* activation_bits = field_of(method, "activation_bits");
        if (!bits || !activation_bits) continue;
        for (const auto& [width, activation_width] : kActivationWidths)
            if (in_range(*bits, width) && in_range(*activation_bits, activation_width))
                rows.push_back(with_usual_layout(method, row_of(method, width, activation_width)));
    }
    return rows;
}

Rows planted_rows() {
    Rows rows = activation_rows();
    for (const auto& method : method_list()) {
        if (method.is_format || !(method.needs_activations || method.id == "rtn")) continue;
        for (const int width : widths_of(method))
            if (width != 8 && width != 2) add(rows, with_usual_layout(method, row_of(method, width, 0)));
    }
    for (auto& row : rows) row["plant_outliers"] = kPlantedOutliers;
    rows.insert(rows.begin(), Json{{"plant_outliers", kPlantedOutliers}});
    return rows;
}

}  // namespace

std::vector<Json> sweep_rows() {
    Rows rows{Json::object()};
    for (const auto& method : method_list()) add_method(rows, method);
    for (auto& row : activation_rows()) add(rows, std::move(row));
    for (const auto* format : kCacheFormats) add(rows, {{"kv_key", format}, {"kv_value", format}});
    for (auto& row : planted_rows()) add(rows, std::move(row));
    return rows;
}

std::string row_text(const Json& settings) {
    if (settings.empty()) return "unquantized";
    std::string text;
    for (const auto& [key, value] : settings.items()) {
        if (!text.empty()) text += ", ";
        std::string words = key;
        std::ranges::replace(words, '_', ' ');
        const auto shown = value.is_string() ? value.get<std::string>() : value.dump();
        if (key == "method" || key == "granularity")
            text += shown;
        else if (key == "bits")
            text += shown + " bits";
        else
            text += words + " " + shown;
    }
    return text;
}

}  // namespace quantlens::cli
