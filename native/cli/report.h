#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/command.h"

/// What a command prints: one JSON object, or aligned tables for people.
namespace quantlens::cli {

/// A table with aligned columns; numbers stand to the right.
class Table {
public:
    explicit Table(std::vector<std::string> heading) : rows_{std::move(heading)} {}
    void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
    std::string text() const;

private:
    std::vector<std::vector<std::string>> rows_;
};

/// A number with at most six digits; a text as it is; a long list shortened.
std::string short_text(const Json& value);

/// "4.83 GB" for 4831838208: decimal units.
std::string bytes_text(double bytes);

/// Prints `body` as it is with --json, else as tables: single values, then objects, then lists of objects. Receipts are
/// left out without --explain.
void print_report(const Json& body, const Common& common);

}  // namespace quantlens::cli
