#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/command.h"

namespace quantlens::cli {

/// The tensor that `argument` names, as an array of the request.
Result<request::Array> read_array(std::string_view name, const std::string& argument);

/// An array of the response as the bytes of an npy file.
Result<std::vector<std::uint8_t>> npy_of(const request::Array& array);

/// Sends a request, prints its answer and keeps the arrays as FOLDER/NAME.npy and the body as FOLDER/result.json; keeps
/// nothing where `folder` is empty. Whether the folder can be written is known before the work begins.
Status answer_and_keep(const Json& request, std::vector<request::Array> arrays, const std::string& folder,
                       const Common& common);

}  // namespace quantlens::cli
