#pragma once

#include <span>
#include <string_view>

#include "request/door.h"
#include "tensor/receipt.h"

/// Between the core's types and JSON.
namespace quantlens::request {

/// Parses text of at most 64 levels of nesting; an error says at which byte it stops being JSON.
Result<Json> parse_json(std::string_view text);

/// The members of an object as settings. A list becomes its items joined by commas, null is left out, an object stays
/// JSON text (a pasted config.json).
Result<Settings> settings_from(const Json& object);

Json to_json(const Value& value);
Json to_json(const Settings& settings);
Json to_json(std::span<const FieldInfo> fields);
Json to_json(const Receipt& receipt);

/// Infinity and NaN have no JSON; they become null.
Json number_or_null(double value);

}  // namespace quantlens::request
