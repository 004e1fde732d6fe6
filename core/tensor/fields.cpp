#include "tensor/fields.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <optional>

namespace quantlens {
namespace {

std::string joined(const std::vector<std::string_view>& words) {
    std::string text;
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (i > 0) text += i + 1 == words.size() ? " or " : ", ";
        text += words[i];
    }
    return text;
}

std::string range_text(const FieldInfo& info) {
    return (info.kind == FieldKind::kInteger ? "a whole number between " : "a number between ") + to_text(info.minimum) +
           " and " + to_text(info.maximum);
}

std::optional<double> as_number(const Value& value) {
    if (const auto* whole = std::get_if<std::int64_t>(&value)) return double(*whole);
    if (const auto* number = std::get_if<double>(&value)) return *number;
    return std::nullopt;
}

}  // namespace

std::string to_text(const Value& value) {
    if (const auto* truth = std::get_if<bool>(&value)) return *truth ? "true" : "false";
    if (const auto* whole = std::get_if<std::int64_t>(&value)) return to_text(*whole);
    if (const auto* number = std::get_if<double>(&value)) return to_text(*number);
    return std::get<std::string>(value);
}

Result<Value> checked(const FieldInfo& info, const Value& value) {
    const auto text = to_text(value);
    switch (info.kind) {
        case FieldKind::kFlag:
            if (std::holds_alternative<bool>(value)) return value;
            return bad_parameter(info.key, text, "true or false");
        case FieldKind::kChoice:
            if (const auto* name = std::get_if<std::string>(&value))
                if (std::ranges::find(info.choices, *name) != info.choices.end()) return value;
            return bad_parameter(info.key, text, joined(info.choices));
        case FieldKind::kText:
            // A list of one number ("0.15") reaches a text field as a number.
            return Value{text};
        case FieldKind::kInteger:
        case FieldKind::kReal: break;
    }
    const auto number = as_number(value);
    const bool whole = number && *number == std::floor(*number);
    if (!number || !(*number >= info.minimum && *number <= info.maximum) || (info.kind == FieldKind::kInteger && !whole))
        return bad_parameter(info.key, text, range_text(info));
    if (info.kind == FieldKind::kInteger) return Value{std::int64_t(*number)};
    return Value{*number};
}

Result<Value> checked_text(const FieldInfo& info, const std::string& text) {
    const char* const last = text.data() + text.size();
    if (info.kind == FieldKind::kFlag && (text == "true" || text == "false")) return Value{text == "true"};
    if (info.kind == FieldKind::kInteger) {
        std::int64_t number = 0;
        const auto [end, status] = std::from_chars(text.data(), last, number);
        if (status == std::errc{} && end == last) return checked(info, Value{number});
    }
    if (info.kind == FieldKind::kInteger || info.kind == FieldKind::kReal) {
        // strtod, as the standard library of the WebAssembly build has no from_chars for reals yet.
        char* end = nullptr;
        const double number = std::strtod(text.c_str(), &end);
        if (!text.empty() && end == last) return checked(info, Value{number});
    }
    return checked(info, Value{text});
}

Error unknown_key(std::string_view key, std::string_view owner, std::span<const FieldInfo> known) {
    std::string message = "unknown parameter '" + std::string{key} + "' for " + std::string{owner} + "; it takes ";
    if (known.empty()) message += "none";
    for (std::size_t i = 0; i < known.size(); ++i) message.append(i > 0 ? ", " : "").append(known[i].key);
    return {ErrorCode::kBadParameter, std::string{key}, std::move(message)};
}

}  // namespace quantlens
