#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/command.h"
#include "io/output.h"

namespace quantlens::cli {

/// The tensor that `argument` names, as an array of the request.
Result<request::Array> read_array(std::string_view name, const std::string& argument);

/// An array of the response as the bytes of an npy file.
Result<std::vector<std::uint8_t>> npy_of(const request::Array& array);

/// The arrays of a response as FOLDER/NAME.npy and its body as FOLDER/result.json, added to `output`.
Status add_results(io::Output& output, const std::string& folder, const request::Response& response);

}  // namespace quantlens::cli
