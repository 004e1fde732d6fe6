#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>

#include "cli/command.h"
#include "tensor/fields.h"

/// Flags made from the core's descriptions of parameters, so that names, ranges, units and defaults are written once.
namespace quantlens::cli {

/// "group_size" as "--group-size".
std::string flag_name(std::string_view key);

/// "1 to 8 bits (4)": range, unit and default of a parameter.
std::string range_and_default(const FieldInfo& field);

/// What was typed for a parameter as its value, checked against its range. An error names the flag.
Result<Value> typed_value(const FieldInfo& field, const std::string& text);

/// The same error with the flag's name where its message begins with the request's key.
Error with_flag_names(Error error);

Json to_json(const Value& value);

/// The flags of a set of parameters: those that were typed become keys of the request.
class FieldFlags {
public:
    /// Adds a flag for each field but those in `hidden`.
    void add(CLI::App& app, std::span<const FieldInfo> fields, std::span<const std::string_view> hidden = {});

    /// Puts the typed values into the request. An error names the flag, the value and what would be right.
    Status fill(Json& request) const;

    bool typed(std::string_view key) const;
    const std::string* text(std::string_view key) const;

private:
    struct Entry {
        FieldInfo field;
        CLI::Option* option = nullptr;
        std::string text;
        bool truth = false;
    };
    std::vector<std::unique_ptr<Entry>> entries_;  // CLI11 keeps references to the values
};

/// The flags of an operation of the door. `hidden`: those that the command sets itself.
std::span<const FieldInfo> operation_fields(std::string_view operation);

}  // namespace quantlens::cli
