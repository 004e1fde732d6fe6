#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/command.h"
#include "io/output.h"

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

/// A whole number with all its digits, another with six at most; a text on one line; a long list shortened.
std::string short_text(const Json& value);

/// "4.83 GB" for 4831838208: decimal units.
std::string bytes_text(double bytes);

/// `text` on one line, its control characters shown as \x1b: names from a file must not move a terminal's cursor.
std::string visible(std::string_view text);

/// Writes to standard output now. A reader that has closed its end (`| head -1`) has seen enough: no error.
Status print_text(std::string_view text);

/// Prints `body` as it is with --json, else as tables: single values, then objects, then lists of objects. Receipts are
/// left out without --explain.
Status print_report(const Json& body, const Common& common);

/// The same, and only then do the output's files get their names: a command that fails leaves none.
Status print_and_commit(const Json& body, io::Output& output, const Common& common);

}  // namespace quantlens::cli
