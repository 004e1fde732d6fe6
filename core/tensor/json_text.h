#pragma once

#include <string_view>

#include <nlohmann/json.hpp>

#include "tensor/error.h"

/// JSON text: one parser for everything that the core reads, since the page downloads each one that there is.
namespace quantlens {

/// Members stay in the order in which they were written.
using Json = nlohmann::ordered_json;

/// Parses text of at most 64 levels of nesting; an error says at which byte it stops being JSON.
Result<Json> parse_json(std::string_view text);

/// Hands the text to `events` piece by piece, without building anything. `furthest` is where the parser is, at any
/// time. Returns false where the text is no JSON or `events` did.
bool walk_json(std::string_view text, nlohmann::json_sax<Json>& events, const char*& furthest);

}  // namespace quantlens
