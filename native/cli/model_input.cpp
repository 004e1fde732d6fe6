#include "cli/model_input.h"

#include <filesystem>
#include <utility>

#include "io/input_file.h"

namespace quantlens::cli {

Result<request::Array> read_bytes(std::string_view name, const std::string& path) {
    auto bytes = io::read_file(path);
    if (!bytes) return std::unexpected(std::move(bytes.error()));
    const auto size = bytes->size();
    return request::Array{std::string{name}, {size}, *std::move(bytes)};
}

Status read_model(const std::string& path, std::vector<request::Array>& arrays) {
    auto model = read_bytes("model", path);
    if (!model) return std::unexpected(std::move(model.error()));
    arrays.push_back(*std::move(model));
    const auto beside = std::filesystem::path(path).replace_filename("config.json");
    std::error_code error;
    if (!std::filesystem::is_regular_file(beside, error)) return {};
    auto config = read_bytes("config", beside.string());
    if (!config) return std::unexpected(std::move(config.error()));
    arrays.push_back(*std::move(config));
    return {};
}

std::string project_text(std::string_view name) {
    const auto data = std::filesystem::path(QUANTLENS_REFERENCE_MODEL).parent_path().parent_path();
    return (data / name).string();
}

void ModelFlags::add(CLI::App& app) {
    app.add_option("--model", model_, "A Llama-style safetensors file (the reference model)")->type_name("FILE");
    app.add_option("--calibration", calibration_,
                   "A text whose activations the methods may look at (the project's calibration.txt)")
        ->type_name("FILE");
}

Status ModelFlags::read(std::vector<request::Array>& arrays) const {
    if (const auto status = read_model(model_.empty() ? QUANTLENS_REFERENCE_MODEL : model_, arrays); !status)
        return status;
    auto path = calibration_;
    std::error_code error;
    if (path.empty()) path = project_text("calibration.txt");
    if (calibration_.empty() && !std::filesystem::exists(path, error)) return {};
    auto text = read_bytes("calibration", path);
    if (!text) return std::unexpected(std::move(text.error()));
    arrays.push_back(*std::move(text));
    return {};
}

}  // namespace quantlens::cli
