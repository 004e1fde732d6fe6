#include "io/tensor_input.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
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

struct Rows {
    std::uint64_t first, end;
};

/// Takes "[FIRST:END]" off the end of a tensor's name; nothing where there is none.
std::optional<Rows> take_rows(std::string& name) {
    const auto open = name.rfind('[');
    if (open == std::string::npos || !name.ends_with(']')) return std::nullopt;
    Rows rows{};
    const char* const end = name.data() + name.size() - 1;
    const auto first = std::from_chars(name.data() + open + 1, end, rows.first);
    if (first.ec != std::errc{} || first.ptr == end || *first.ptr != ':') return std::nullopt;
    const auto last = std::from_chars(first.ptr + 1, end, rows.end);
    if (last.ec != std::errc{} || last.ptr != end || rows.end < rows.first) return std::nullopt;
    name.resize(open);
    return rows;
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
    auto argument = split(text);
    const auto file = InputFile::open(argument.file);
    if (!file) return std::unexpected(file.error());
    const auto directory = read_directory(*file);
    if (!directory) return std::unexpected(directory.error());

    const bool is_npy = directory->kind == "npy";
    // A tensor whose name ends like rows is that tensor.
    const auto rows = directory->tensor(argument.tensor) ? std::nullopt : take_rows(argument.tensor);
    if (is_npy && !argument.tensor.empty())
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
    auto wanted =
        rows ? files::slice_rows(**info, rows->first, rows->end - rows->first) : Result<files::TensorInfo>(**info);
    if (!wanted) return in_file(argument.file, std::move(wanted.error()));
    const auto bytes = file->read(wanted->offset, wanted->bytes);
    if (!bytes) return std::unexpected(bytes.error());
    auto values = files::decode_tensor(*wanted, *bytes);
    if (!values) return in_file(argument.file, std::move(values.error()));
    return TensorValues{{wanted->shape.begin(), wanted->shape.end()}, *std::move(values)};
}

}  // namespace quantlens::io
