#include "cli/model_input.h"

#include <utility>

#include "io/input_file.h"

namespace quantlens::cli {

Result<request::Array> read_bytes(std::string_view name, const std::string& path) {
    auto bytes = io::read_file(path);
    if (!bytes) return std::unexpected(std::move(bytes.error()));
    const auto size = bytes->size();
    return request::Array{std::string{name}, {size}, *std::move(bytes)};
}

Status add_model(Json& request, std::vector<request::Array>& arrays) {
    if (!request.contains("model")) request["model"] = QUANTLENS_REFERENCE_MODEL;
    for (const auto* key : {"model", "calibration"}) {
        if (!request.contains(key)) continue;
        auto array = read_bytes(key, request[key].get<std::string>());
        if (!array) return std::unexpected(std::move(array.error()));
        arrays.push_back(*std::move(array));
        request.erase(key);
    }
    return {};
}

}  // namespace quantlens::cli
