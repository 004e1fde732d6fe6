#include "cli/method_list.h"

#include <algorithm>
#include <array>

#include "request/door.h"

namespace quantlens::cli {
namespace {

using request::Json;

/// The schema, kept for the texts that the list points to.
const Json& schema() {
    static const Json body = [] {
        ThreadPool pool(1);
        request::Session session(pool, [] { return 0.0; });
        const auto response = session.answer({{"op", "schema"}});
        return response ? response->body : Json::object();
    }();
    return body;
}

std::string_view text_of(const Json& json, const char* key) {
    const auto found = json.find(key);
    return found != json.end() && found->is_string() ? std::string_view{found->get_ref<const std::string&>()}
                                                     : std::string_view{};
}

double number_of(const Json& json, const char* key) {
    const auto found = json.find(key);
    return found != json.end() && found->is_number() ? found->get<double>() : 0;
}

Value value_of(const Json& json) {
    if (json.is_boolean()) return json.get<bool>();
    if (json.is_number_integer()) return json.get<std::int64_t>();
    if (json.is_number()) return json.get<double>();
    return json.is_string() ? json.get<std::string>() : std::string{};
}

FieldInfo field_of(const Json& json) {
    constexpr std::array<std::string_view, 5> kKinds{"flag", "integer", "real", "choice", "text"};
    FieldInfo field;
    field.key = text_of(json, "key");
    field.kind = FieldKind(std::ranges::find(kKinds, text_of(json, "kind")) - kKinds.begin());
    field.minimum = number_of(json, "minimum");
    field.maximum = number_of(json, "maximum");
    field.step = number_of(json, "step");
    if (json.contains("choices"))
        for (const auto& choice : json["choices"]) field.choices.push_back(choice.get_ref<const std::string&>());
    field.standard = value_of(json.at("default"));
    field.unit = text_of(json, "unit");
    field.meaning = text_of(json, "meaning");
    return field;
}

}  // namespace

std::span<const MethodInfo> method_list() {
    static const std::vector<MethodInfo> list = [] {
        std::vector<MethodInfo> all;
        for (const auto& json : schema().at("methods")) {
            MethodInfo method{
                text_of(json, "id"), text_of(json, "title"), json.at("needs_activations").get<bool>(), false, {}};
            method.is_format = std::ranges::any_of(schema().at("formats"),
                                                   [&](const Json& f) { return text_of(f, "id") == method.id; });
            for (const auto& field : json.at("fields")) method.fields.push_back(field_of(field));
            all.push_back(std::move(method));
        }
        return all;
    }();
    return list;
}

Result<const MethodInfo*> find_method(std::string_view id, std::string_view flag) {
    std::string known;
    for (const auto& method : method_list()) {
        if (method.id == id) return &method;
        known.append(known.empty() ? "" : ", ").append(method.id);
    }
    return bad_parameter(flag, "'" + std::string{id} + "'", "one of " + known);
}

}  // namespace quantlens::cli
