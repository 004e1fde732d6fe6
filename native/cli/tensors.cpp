#include "cli/tensors.h"

#include <utility>

#include "cli/report.h"
#include "files/npy.h"
#include "io/output.h"
#include "io/tensor_input.h"

namespace quantlens::cli {

Result<request::Array> read_array(std::string_view name, const std::string& argument) {
    auto tensor = io::read_tensor(argument);
    if (!tensor) return std::unexpected(std::move(tensor.error()));
    return request::Array{std::string{name}, std::move(tensor->shape), std::move(tensor->values)};
}

Result<std::vector<std::uint8_t>> npy_of(const request::Array& array) {
    const std::vector<std::uint64_t> shape(array.shape.begin(), array.shape.end());
    return std::visit([&](const auto& values) { return files::build_npy(std::span(values), shape); }, array.values);
}

namespace {

Status add_results(io::Output& output, const std::string& folder, const request::Response& response) {
    for (const auto& array : response.arrays) {
        const auto npy = npy_of(array);
        if (!npy) return std::unexpected(npy.error());
        if (const auto status = output.add(folder + "/" + array.name + ".npy", *npy); !status) return status;
    }
    return output.add(folder + "/result.json",
                      response.body.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
}

}  // namespace

Status answer_and_keep(const Json& request, std::vector<request::Array> arrays, const std::string& folder,
                       const Common& common) {
    io::Output output;
    if (!folder.empty())
        if (const auto status = output.open_folder(folder); !status) return status;
    const auto response = send(request, std::move(arrays), common);
    if (!response) return std::unexpected(response.error());
    if (!folder.empty())
        if (const auto status = add_results(output, folder, *response); !status) return status;
    return print_and_commit(response->body, output, common);
}

}  // namespace quantlens::cli
