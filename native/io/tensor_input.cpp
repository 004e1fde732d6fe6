#include "io/tensor_input.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace quantlens::io {
namespace {

struct Argument {
    std::string file;
    std::string tensor;
    bool names_tensor = false;
};

/// Splits at the colon after the file's ending, as both file and tensor names may hold colons themselves.
Argument split(const std::string& argument) {
    for (const std::string_view ending : {".safetensors:", ".gguf:", ".npy:"}) {
        const auto at = argument.find(ending);
        if (at == std::string::npos) continue;
        const auto colon = at + ending.size() - 1;
        return {argument.substr(0, colon), argument.substr(colon + 1), true};
    }
    return {argument, "", false};
}

std::unexpected<Error> in_file(const std::string& path, Error error) {
    error.message = path + ": " + error.message;
    return std::unexpected(std::move(error));
}

bool is_float(std::string_view id) {
    constexpr std::array<std::string_view, 6> kFloats{"f16", "f32", "f64", "bf16", "fp8_e4m3", "fp8_e5m2"};
    return std::ranges::find(kFloats, id) != kFloats.end();
}

}  // namespace

Result<files::Directory> read_directory(const InputFile& file) {
    std::uint64_t wanted = std::min<std::uint64_t>(file.size(), 64 << 10);
    while (true) {
        const auto first = file.read(0, wanted);
        if (!first) return std::unexpected(first.error());
        auto parsed = files::parse(*first, file.size());
        if (!parsed) return in_file(file.path(), std::move(parsed.error()));
        if (auto* directory = std::get_if<files::Directory>(&*parsed)) return std::move(*directory);
        wanted = std::get<files::NeedsMore>(*parsed).bytes;
    }
}

Result<TensorValues> read_tensor(const std::string& text) {
    const auto argument = split(text);
    const auto file = InputFile::open(argument.file);
    if (!file) return std::unexpected(file.error());
    const auto directory = read_directory(*file);
    if (!directory) return std::unexpected(directory.error());

    const bool is_npy = directory->kind == "npy";
    if (is_npy && argument.names_tensor)
        return fail(ErrorCode::kBadFile, text, argument.file + " is an npy file: it holds one array without a name");
    if (!is_npy && !argument.names_tensor) {
        const auto first = directory->tensors.empty() ? std::string{"TENSOR"} : directory->tensors.front().name;
        return fail(ErrorCode::kBadFile, text,
                    argument.file + " holds " + to_text(directory->tensors.size()) + " tensors; name one, as in " +
                        argument.file + ":" + first);
    }
    const auto info = directory->tensor(argument.tensor);
    if (!info) return fail(ErrorCode::kBadFile, text, argument.file + ": " + info.error().message);
    if (directory->kind != "gguf" && !is_float((*info)->type->id))
        return fail(ErrorCode::kUnsupported, text,
                    text + " holds " + std::string{(*info)->type->id} + ", must be float16, float32 or float64" +
                        (is_npy ? "" : ", or bfloat16"));
    const auto bytes = file->read((*info)->offset, (*info)->bytes);
    if (!bytes) return std::unexpected(bytes.error());
    auto values = files::decode_tensor(**info, *bytes);
    if (!values) return in_file(argument.file, std::move(values.error()));
    return TensorValues{{(*info)->shape.begin(), (*info)->shape.end()}, *std::move(values)};
}

}  // namespace quantlens::io
