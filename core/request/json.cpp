#include "request/json.h"

#include <array>
#include <cmath>

namespace quantlens::request {
namespace {

constexpr int kMaxDepth = 64;
constexpr std::array<std::string_view, 5> kKindNames{"flag", "integer", "real", "choice", "text"};

/// Follows the parser without building anything: where it fails, and how deep it went.
class Checker : public nlohmann::json_sax<Json> {
public:
    std::size_t error_at = 0;
    std::string reason;

    bool null() override { return true; }
    bool boolean(bool) override { return true; }
    bool number_integer(number_integer_t) override { return true; }
    bool number_unsigned(number_unsigned_t) override { return true; }
    bool number_float(number_float_t, const string_t&) override { return true; }
    bool string(string_t&) override { return true; }
    bool binary(binary_t&) override { return true; }
    bool key(string_t&) override { return true; }
    bool start_object(std::size_t) override { return deeper(); }
    bool start_array(std::size_t) override { return deeper(); }
    bool end_object() override { return --depth_, true; }
    bool end_array() override { return --depth_, true; }
    bool parse_error(std::size_t position, const std::string& last, const nlohmann::detail::exception&) override {
        error_at = position;
        reason = "unexpected '" + last + "'";
        return false;
    }

private:
    bool deeper() {
        if (++depth_ <= kMaxDepth) return true;
        reason = "more than " + to_text(kMaxDepth) + " levels of nesting";
        return false;
    }
    int depth_ = 0;
};

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

}  // namespace

Result<Json> parse_json(std::string_view text) {
    Checker checker;
    if (!Json::sax_parse(text, &checker)) {
        std::string where = checker.error_at > 0 ? " at byte " + to_text(checker.error_at) : "";
        return fail(ErrorCode::kBadParameter, "", "not valid JSON" + where + ": " + checker.reason);
    }
    return Json::parse(text, nullptr, false);
}

Result<Settings> settings_from(const Json& object) {
    if (!object.is_object())
        return fail(ErrorCode::kBadParameter, "", std::string{"the request is "} + object.type_name() +
                                                      ", must be an object such as {\"op\": \"schema\"}");
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
        Json item{{"key", f.key}, {"kind", kKindNames[std::size_t(f.kind)]}};
        if (f.kind == FieldKind::kInteger || f.kind == FieldKind::kReal) {
            item["minimum"] = f.minimum;
            item["maximum"] = f.maximum;
            item["step"] = f.step;
        }
        if (f.kind == FieldKind::kChoice) item["choices"] = f.choices;
        item["default"] = to_json(f.standard);
        item["unit"] = f.unit;
        item["meaning"] = f.meaning;
        list.push_back(std::move(item));
    }
    return list;
}

Json to_json(const Receipt& receipt) {
    Json list = Json::array();
    for (const auto& row : receipt)
        list.push_back({{"symbol", row.symbol},
                        {"value", number_or_null(row.value)},
                        {"unit", row.unit},
                        {"expression", row.expression},
                        {"source", row.source}});
    return list;
}

Json number_or_null(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

}  // namespace quantlens::request
