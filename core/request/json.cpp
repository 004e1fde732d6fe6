#include "request/json.h"

#include <array>
#include <cmath>

namespace quantlens::request {
namespace {

constexpr std::array<std::string_view, 5> kKindNames{"flag", "integer", "real", "choice", "text"};

Result<std::string> joined(const Json& list, std::string_view key) {
    std::string text;
    for (const auto& item : list) {
        if (!text.empty()) text += ',';
        if (item.is_string())
            text += item.get<std::string>();
        else if (item.is_number())
            text += item.dump();
        else
            return bad_parameter(key, list.dump(), "a list of numbers or words");
    }
    return text;
}

Json object_of(std::span<const Member> members) {
    Json result = Json::object();
    for (const auto& [key, item] : members) set(result, key, item);
    return result;
}

}  // namespace

Json Item::json() const {
    switch (kind_) {
        case Kind::kNull: break;
        case Kind::kTruth: return of_.truth;
        case Kind::kReal: return of_.real;
        case Kind::kWhole: return of_.whole;
        case Kind::kNatural: return of_.natural;
        case Kind::kText: return std::string_view{of_.text.data, of_.text.size};
        case Kind::kMoved: return std::move(*of_.moved);
        case Kind::kCopied: return *of_.copied;
        case Kind::kObject: return object_of({of_.members.first, of_.members.count});
    }
    return nullptr;
}

Json object(std::initializer_list<Member> members) { return object_of(members); }

void set(Json& object, std::string_view key, const Item& item) { object[std::string{key}] = item.json(); }

Result<Settings> settings_from(const Json& object) {
    if (!object.is_object())
        return fail(
            ErrorCode::kBadParameter, "",
            std::string{"the request is "} + object.type_name() + ", must be an object such as {\"op\": \"schema\"}");
    Settings settings;
    for (const auto& [key, item] : object.items()) {
        if (item.is_null()) continue;
        if (item.is_boolean()) {
            settings.emplace_back(key, item.get<bool>());
        } else if (item.is_number_unsigned() && item.get<std::uint64_t>() > std::uint64_t(INT64_MAX)) {
            settings.emplace_back(key, item.get<double>());
        } else if (item.is_number_integer()) {
            settings.emplace_back(key, item.get<std::int64_t>());
        } else if (item.is_number()) {
            settings.emplace_back(key, item.get<double>());
        } else if (item.is_string()) {
            settings.emplace_back(key, item.get<std::string>());
        } else if (item.is_array()) {
            auto text = joined(item, key);
            if (!text) return std::unexpected(text.error());
            settings.emplace_back(key, *std::move(text));
        } else {
            settings.emplace_back(key, item.dump());
        }
    }
    return settings;
}

Json to_json(const Value& value) {
    return std::visit([](const auto& v) { return Json(v); }, value);
}

Json to_json(const Settings& settings) {
    Json object = Json::object();
    for (const auto& [key, value] : settings) object[key] = to_json(value);
    return object;
}

Json to_json(std::span<const FieldInfo> fields) {
    Json list = Json::array();
    for (const auto& f : fields) {
        Json item = object({{"key", f.key}, {"kind", kKindNames[std::size_t(f.kind)]}});
        if (f.kind == FieldKind::kInteger || f.kind == FieldKind::kReal) {
            set(item, "minimum", f.minimum);
            set(item, "maximum", f.maximum);
            set(item, "step", f.step);
        }
        if (f.kind == FieldKind::kChoice) set(item, "choices", Json(f.choices));
        set(item, "default", to_json(f.standard));
        set(item, "unit", f.unit);
        set(item, "meaning", f.meaning);
        list.push_back(std::move(item));
    }
    return list;
}

Json to_json(const Receipt& receipt) {
    Json list = Json::array();
    for (const auto& row : receipt)
        list.push_back(object({{"symbol", row.symbol},
                               {"value", number_or_null(row.value)},
                               {"unit", row.unit},
                               {"expression", row.expression},
                               {"source", row.source}}));
    return list;
}

Json number_or_null(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

}  // namespace quantlens::request
