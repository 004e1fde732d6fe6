#include "cli/method_flags.h"

#include <algorithm>

#include "cli/method_list.h"

namespace quantlens::cli {
namespace {

constexpr const char* kListedBelow = "Options of methods";

/// Leaves out the flags that the footer lists for each method. CLI11's own way to hide a flag, a group without a name,
/// takes the flag's name out of errors too.
class HelpWithFooter : public CLI::Formatter {
public:
    std::string make_group(std::string group, bool is_positional,
                           std::vector<const CLI::Option*> options) const override {
        return group == kListedBelow ? "" : Formatter::make_group(std::move(group), is_positional, std::move(options));
    }
};

}  // namespace

void MethodFlags::add(CLI::App& app, bool required, std::span<const FieldInfo> taken) {
    auto* method = app.add_option("-m,--method", method_,
                                  required ? "How to quantize: a method below, or any id of `quantlens formats`"
                                           : "How to quantize: a method below, any id of `quantlens formats`, or none");
    method->type_name("NAME");
    if (required) method->required();
    may_be_none_ = !required;
    for (const auto& each : method_list())
        for (const auto& field : each.fields) {
            const bool has_flag = entries_.contains(std::string{field.key}) ||
                                  std::ranges::any_of(taken, [&](const auto& f) { return f.key == field.key; });
            if (has_flag) continue;
            auto entry = std::make_unique<Entry>();
            entry->is_flag = field.kind == FieldKind::kFlag;
            const auto name = flag_name(field.key);
            entry->option = entry->is_flag ? app.add_flag(name, entry->truth) : app.add_option(name, entry->text);
            entry->option->group(kListedBelow);
            entries_.emplace(std::string{field.key}, std::move(entry));
        }
    const auto width = app.get_formatter()->get_column_width();
    app.formatter(std::make_shared<HelpWithFooter>());
    app.get_formatter()->column_width(width);
    app.footer(methods_help);
}

Status MethodFlags::fill(Json& request) const {
    if (method_.empty() || (may_be_none_ && method_ == "none")) {
        for (const auto& [key, entry] : entries_)
            if (entry->option->count() > 0)
                return usage_error(flag_name(key) + " belongs to a method; name one with --method");
        return {};
    }
    const auto method = find_method(method_);
    if (!method) return std::unexpected(method.error());
    request["method"] = method_;
    for (const auto& [key, entry] : entries_) {
        if (entry->option->count() == 0) continue;
        const auto& fields = (*method)->fields;
        const auto field = std::ranges::find(fields, key, &FieldInfo::key);
        if (field == fields.end()) {
            std::string known;
            for (const auto& f : fields) known.append(known.empty() ? "" : ", ").append(flag_name(f.key));
            return usage_error(method_ + " does not take " + flag_name(key) + "; it takes " +
                               (known.empty() ? "no options" : known));
        }
        if (entry->is_flag) {
            request[key] = entry->truth;
            continue;
        }
        const auto value = typed_value(*field, entry->text);
        if (!value) return std::unexpected(value.error());
        request[key] = to_json(*value);
    }
    return {};
}

std::string methods_help() {
    std::string text = "Options of each method, with range, unit and (default):\n";
    std::string plain_formats;
    for (const auto& method : method_list()) {
        if (method.fields.empty() && method.is_format) {
            plain_formats.append(plain_formats.empty() ? "" : " ").append(method.id);
            continue;
        }
        text.append("  ").append(method.id).append(": ").append(method.title);
        text += method.needs_activations ? "; needs --activations\n" : "\n";
        for (const auto& field : method.fields) {
            auto line = "    " + flag_name(field.key) + " " + range_and_default(field);
            if (!field.meaning.empty()) {
                line.resize(std::max<std::size_t>(line.size() + 2, 50), ' ');
                line.append(field.meaning);
            }
            text += line + "\n";
        }
    }
    if (!plain_formats.empty()) text += "  formats, each with its own block layout: " + plain_formats + "\n";
    return text;
}

}  // namespace quantlens::cli
