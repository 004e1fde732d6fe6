#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/command.h"

/// The door reads no files: models and texts travel to it as arrays of bytes.
namespace quantlens::cli {

/// The file's bytes as an array of the request.
Result<request::Array> read_bytes(std::string_view name, const std::string& path);

/// The model file as the array "model"; where its folder has a config.json, that as the array "config".
Status read_model(const std::string& path, std::vector<request::Array>& arrays);

/// The path of one of the project's texts, which are in the folder above the reference model's.
std::string project_text(std::string_view name);

/// --model (default: the reference model) and --calibration (default: the project's calibration.txt, where that
/// exists).
class ModelFlags {
public:
    void add(CLI::App& app);
    Status read(std::vector<request::Array>& arrays) const;
    bool given() const { return !model_.empty() || !calibration_.empty(); }

private:
    std::string model_, calibration_;
};

}  // namespace quantlens::cli
