#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/command.h"

namespace quantlens::cli {

/// The file's bytes as an array of the request.
Result<request::Array> read_bytes(std::string_view name, const std::string& path);

/// The language model (the request's "model", a path; without it the reference model) and the text to calibrate on, as arrays
/// of bytes in place of their paths: the door reads no files.
Status add_model(Json& request, std::vector<request::Array>& arrays);

}  // namespace quantlens::cli
