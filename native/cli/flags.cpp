#include "cli/flags.h"

#include <algorithm>

namespace quantlens::cli {

std::string flag_name(std::string_view key) {
    std::string name = "--";
    for (const char letter : key) name += letter == '_' ? '-' : letter;
    return name;
}

std::string range_and_default(const FieldInfo& field) {
    std::string text;
    const auto standard = quantlens::to_text(field.standard);
    switch (field.kind) {
        case FieldKind::kFlag: return "(off)";
        case FieldKind::kText: return standard.empty() ? "" : "(" + standard + ")";
        case FieldKind::kChoice:
            for (const auto choice : field.choices) text.append(text.empty() ? "" : "|").append(choice);
            break;
        case FieldKind::kInteger:
        case FieldKind::kReal:
            text = to_text(field.minimum) + " to " + to_text(field.maximum);
            if (!field.unit.empty()) text.append(" ").append(field.unit);
            break;
    }
    return text + " (" + standard + ")";
}

Result<Value> typed_value(const FieldInfo& field, const std::string& text) {
    // A copy under the flag's name, so that the error is about what was typed.
    FieldInfo named = field;
    const auto name = flag_name(field.key);
    named.key = name;
    return checked_text(named, text);
}

Error with_flag_names(Error error) {
    const auto is = error.field + " is ";
    if (error.code == ErrorCode::kBadParameter && !error.field.empty() && error.message.starts_with(is))
        error.message.replace(0, error.field.size(), flag_name(error.field));
    return error;
}

Json to_json(const Value& value) {
    return std::visit([](const auto& plain) { return Json(plain); }, value);
}

void FieldFlags::add(CLI::App& app, std::span<const FieldInfo> fields, std::span<const std::string_view> hidden) {
    for (const auto& field : fields) {
        if (std::ranges::find(hidden, field.key) != hidden.end()) continue;
        auto entry = std::make_unique<Entry>();
        entry->field = field;
        std::string about{field.meaning};
        const auto range = range_and_default(field);
        if (!range.empty()) about.append(about.empty() ? "" : "; ").append(range);
        const auto name = flag_name(field.key);
        entry->option =
            field.kind == FieldKind::kFlag
                ? app.add_flag(name, entry->truth, about)
                : app.add_option(name, entry->text, about)->type_name(field.kind == FieldKind::kText ? "TEXT" : "N");
        if (field.kind == FieldKind::kChoice) entry->option->type_name("NAME");
        entries_.push_back(std::move(entry));
    }
}

Status FieldFlags::fill(Json& request) const {
    for (const auto& entry : entries_) {
        if (entry->option->count() == 0) continue;
        if (entry->field.kind == FieldKind::kFlag) {
            request[std::string{entry->field.key}] = entry->truth;
            continue;
        }
        const auto value = typed_value(entry->field, entry->text);
        if (!value) return std::unexpected(value.error());
        request[std::string{entry->field.key}] = to_json(*value);
    }
    return {};
}

bool FieldFlags::typed(std::string_view key) const {
    return std::ranges::any_of(entries_, [&](const auto& e) { return e->field.key == key && e->option->count() > 0; });
}

const std::string* FieldFlags::text(std::string_view key) const {
    for (const auto& entry : entries_)
        if (entry->field.key == key && entry->option->count() > 0) return &entry->text;
    return nullptr;
}

std::span<const FieldInfo> operation_fields(std::string_view operation) {
    const auto found = request::find_operation(operation);
    return found ? std::span<const FieldInfo>{(*found)->fields} : std::span<const FieldInfo>{};
}

}  // namespace quantlens::cli
