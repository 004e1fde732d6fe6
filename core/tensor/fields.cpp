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
    return (info.kind == FieldKind::kInteger ? "a whole number between " : "a number between ") +
           to_text(info.minimum) + " and " + to_text(info.maximum);
}

std::optional<double> as_number(const Value& value) {
    if (const auto* whole = std::get_if<std::int64_t>(&value)) return double(*whole);
    if (const auto* number = std::get_if<double>(&value)) return *number;
    return std::nullopt;
}

Value value_of(const Field& field, const void* parameters) {
    const void* const member = field.member(const_cast<void*>(parameters));  // only read from here
    switch (field.kind) {
        case FieldKind::kFlag: return *static_cast<const bool*>(member);
        case FieldKind::kInteger: return std::int64_t{*static_cast<const int*>(member)};
        case FieldKind::kReal: return *static_cast<const double*>(member);
        case FieldKind::kChoice: return std::string{field.names[*static_cast<const std::uint8_t*>(member)]};
        case FieldKind::kText: break;
    }
    return *static_cast<const std::string*>(member);
}

/// `value` is of the field's own type and checked.
void set_value(const Field& field, void* parameters, const Value& value) {
    void* const member = field.member(parameters);
    switch (field.kind) {
        case FieldKind::kFlag: *static_cast<bool*>(member) = std::get<bool>(value); return;
        case FieldKind::kInteger: *static_cast<int*>(member) = int(std::get<std::int64_t>(value)); return;
        case FieldKind::kReal: *static_cast<double*>(member) = std::get<double>(value); return;
        case FieldKind::kChoice: {
            const auto chosen = std::ranges::find(field.names, std::get<std::string>(value));
            *static_cast<std::uint8_t*>(member) = std::uint8_t(chosen - field.names.begin());
            return;
        }
        case FieldKind::kText: *static_cast<std::string*>(member) = std::get<std::string>(value); return;
    }
}

}  // namespace

std::string to_text(const Value& value) {
    if (const auto* truth = std::get_if<bool>(&value)) return *truth ? "true" : "false";
    if (const auto* whole = std::get_if<std::int64_t>(&value)) return to_text(*whole);
    if (const auto* number = std::get_if<double>(&value)) return to_text(*number);
    return std::get<std::string>(value);
}

Result<Value> checked(const FieldInfo& info, const Value& value) {
    const auto must_be = [&](std::string_view right) {
        const auto text = to_text(value);
        return bad_parameter(info.key, text.empty() ? "''" : text, right);
    };
    switch (info.kind) {
        case FieldKind::kFlag:
            if (std::holds_alternative<bool>(value)) return value;
            return must_be("true or false");
        case FieldKind::kChoice:
            if (const auto* name = std::get_if<std::string>(&value))
                if (std::ranges::find(info.choices, *name) != info.choices.end()) return value;
            return must_be(joined(info.choices));
        case FieldKind::kText:
            // A list of one number ("0.15") reaches a text field as a number.
            return Value{to_text(value)};
        case FieldKind::kInteger:
        case FieldKind::kReal: break;
    }
    const auto number = as_number(value);
    const bool whole = number && *number == std::floor(*number);
    if (!number || !(*number >= info.minimum && *number <= info.maximum) ||
        (info.kind == FieldKind::kInteger && !whole))
        return must_be(range_text(info));
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

namespace detail {

std::vector<FieldInfo> describe(FieldTable table, const void* parameters) {
    std::vector<FieldInfo> infos;
    infos.reserve(table.size());
    for (const auto& f : table)
        infos.push_back({f.key,
                         f.kind,
                         f.minimum,
                         f.maximum,
                         f.step,
                         {f.names.begin(), f.names.end()},
                         value_of(f, parameters),
                         f.unit,
                         f.meaning});
    return infos;
}

Settings settings_of(FieldTable table, const void* parameters) {
    Settings settings;
    for (const auto& f : table) settings.emplace_back(std::string{f.key}, value_of(f, parameters));
    return settings;
}

Status assign(FieldTable table, void* parameters, const Settings& settings, std::string_view owner) {
    const auto infos = describe(table, parameters);
    for (const auto& [key, value] : settings) {
        const auto field = std::ranges::find(table, std::string_view{key}, &Field::key);
        if (field == table.end()) return std::unexpected(unknown_key(key, owner, infos));
        const auto right = checked(infos[std::size_t(field - table.begin())], value);
        if (!right) return std::unexpected(right.error());
        set_value(*field, parameters, *right);
    }
    return {};
}

Status check_ranges(FieldTable table, const void* parameters) {
    for (const auto& info : describe(table, parameters))
        if (const auto value = checked(info, info.standard); !value) return std::unexpected(value.error());
    return {};
}

}  // namespace detail

}  // namespace quantlens
