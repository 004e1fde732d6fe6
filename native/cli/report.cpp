#include "cli/report.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstring>

namespace quantlens::cli {
namespace {

std::string words(std::string_view key) {
    std::string text{key};
    std::ranges::replace(text, '_', ' ');
    return text;
}

bool looks_like_number(std::string_view text) {
    return !text.empty() && (std::isdigit(static_cast<unsigned char>(text[0])) || text[0] == '-' || text[0] == '.');
}

std::size_t columns_of(std::string_view text) {
    std::size_t count = 0;
    for (const char letter : text)
        count += (static_cast<unsigned char>(letter) & 0xc0u) != 0x80u;  // UTF-8: starts of letters
    return count;
}

bool is_list_of_objects(const Json& value) { return value.is_array() && !value.empty() && value[0].is_object(); }

bool is_receipt(std::string_view key) { return key == "receipt" || key == "receipts"; }

std::string list_of_objects(const Json& list) {
    std::vector<std::string> heading;
    for (const auto& [key, value] : list[0].items())
        if (!value.is_structured() || value.empty() || !value[0].is_structured()) heading.push_back(key);
    std::vector<std::string> titles;
    for (const auto& key : heading) titles.push_back(words(key));
    Table table(titles);
    for (const auto& item : list) {
        std::vector<std::string> row;
        for (const auto& key : heading) row.push_back(item.contains(key) ? short_text(item[key]) : "");
        table.add(std::move(row));
    }
    return table.text();
}

/// Single values first, each under its path: "weights total".
void collect(const Json& object, const std::string& prefix, bool explain, Table& table, std::string& lists) {
    for (const auto& [key, value] : object.items()) {
        if (!explain && is_receipt(key)) continue;
        const auto name = prefix.empty() ? words(key) : prefix + " " + words(key);
        if (value.is_object()) {
            collect(value, name, explain, table, lists);
        } else if (is_list_of_objects(value)) {
            lists.append("\n").append(name).append("\n").append(list_of_objects(value));
        } else {
            auto text = short_text(value);
            const bool is_bytes = value.is_number() && (key.ends_with("bytes") || prefix.starts_with("weights") ||
                                                        prefix.starts_with("kv cache") || name == "total");
            if (is_bytes && value.get<double>() >= 1e4)
                text = bytes_text(value.get<double>()) + " (" + text + " bytes)";
            table.add({name, std::move(text)});
        }
    }
}

}  // namespace

std::string Table::text() const {
    std::vector<std::size_t> widths;
    std::vector<bool> right;
    for (const auto& row : rows_)
        for (std::size_t c = 0; c < row.size(); ++c) {
            if (c >= widths.size()) {
                widths.push_back(0);
                right.push_back(true);
            }
            widths[c] = std::max(widths[c], columns_of(row[c]));
            if (&row != &rows_[0] && !row[c].empty() && !looks_like_number(row[c])) right[c] = false;
        }
    std::string text;
    for (const auto& row : rows_) {
        if (&row == &rows_[0] && std::ranges::all_of(row, [](const auto& cell) { return cell.empty(); })) continue;
        std::string line;
        for (std::size_t c = 0; c < row.size(); ++c) {
            const std::string padding(widths[c] - columns_of(row[c]), ' ');
            const bool to_the_right = right[c] && c > 0;
            line += to_the_right ? padding + row[c] : row[c] + padding;
            line += "  ";
        }
        line.erase(line.find_last_not_of(' ') + 1);
        text += line + "\n";
    }
    return text;
}

std::string short_text(const Json& value) {
    if (value.is_null()) return "not known";
    if (value.is_boolean()) return value.get<bool>() ? "yes" : "no";
    if (value.is_string()) return visible(value.get_ref<const std::string&>());
    if (value.is_number_float()) {
        const double number = value.get<double>();
        const bool is_count = std::abs(number) < 1e15 && number == std::trunc(number);  // of bytes, of parameters
        char buffer[32];
        std::snprintf(buffer, sizeof buffer, is_count ? "%.0f" : "%.6g", number);
        return buffer;
    }
    if (value.is_array()) {
        constexpr std::size_t kShown = 8;
        std::string text;
        for (std::size_t i = 0; i < std::min(kShown, value.size()); ++i)
            text.append(i > 0 ? ", " : "").append(short_text(value[i]));
        if (value.empty()) return "none";
        if (value.size() > kShown) text += ", ... (" + to_text(value.size()) + " in all)";
        return text;
    }
    return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string bytes_text(double bytes) {
    constexpr std::array<const char*, 6> kUnits{"bytes", "kB", "MB", "GB", "TB", "PB"};
    std::size_t unit = 0;
    while (std::abs(bytes) >= 1000 && unit + 1 < kUnits.size()) {
        bytes /= 1000;
        ++unit;
    }
    char buffer[40];
    std::snprintf(buffer, sizeof buffer, unit == 0 ? "%.0f %s" : "%.3g %s", bytes, kUnits[unit]);
    return buffer;
}

std::string visible(std::string_view text) {
    std::string shown;
    for (const char letter : text) {
        const auto code = static_cast<unsigned char>(letter);
        if (letter == '\n' || letter == '\t') {
            shown += ' ';
            continue;
        }
        if (code >= 0x20 && code != 0x7f) {
            shown += letter;
            continue;
        }
        char escaped[8];
        std::snprintf(escaped, sizeof escaped, "\\x%02x", code);
        shown += escaped;
    }
    return shown;
}

Status print_text(std::string_view text) {
    errno = 0;
    if (std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0) return {};
    if (errno == EPIPE) return {};
    return fail(ErrorCode::kBadFile, "stdout", std::string{"cannot write to standard output: "} + std::strerror(errno));
}

Status print_report(const Json& body, const Common& common) {
    std::string text;
    if (common.json) {
        text = body.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
    } else {
        Table table({"", ""});
        std::string lists;
        collect(body, "", common.explain, table, lists);
        text = table.text() + lists;
    }
    return print_text(text);
}

Status print_and_commit(const Json& body, io::Output& output, const Common& common) {
    if (const auto status = print_report(body, common); !status) return status;
    return output.commit();
}

}  // namespace quantlens::cli
