#include "files/directory.h"

#include <algorithm>
#include <array>

#include "files/cursor.h"
#include "files/gguf.h"
#include "files/npy.h"
#include "files/safetensors.h"

namespace quantlens::files {
namespace {

struct Kind {
    std::string_view magic;
    Result<Parsed> (*parse)(std::span<const std::uint8_t>, std::uint64_t);
};

constexpr std::array kKinds{Kind{"\x93NUMPY", parse_npy}, Kind{"GGUF", parse_gguf}};

}  // namespace

Result<Parsed> parse(std::span<const std::uint8_t> first_bytes, std::uint64_t file_bytes) {
    if (file_bytes == 0) return std::unexpected(bad_file("file", 0, "the file is empty"));
    // Sums of two positions in the file then stay below 2^64.
    if (file_bytes >> 62 != 0)
        return fail(ErrorCode::kTooLarge, "file", "the file has " + to_text(file_bytes) + " bytes");
    constexpr std::uint64_t kTold = 9;  // enough to tell all kinds apart
    if (first_bytes.size() < kTold && first_bytes.size() < file_bytes) return NeedsMore{std::min(kTold, file_bytes)};
    const std::string_view start{reinterpret_cast<const char*>(first_bytes.data()), first_bytes.size()};
    for (const auto& kind : kKinds)
        if (start.starts_with(kind.magic)) return kind.parse(first_bytes, file_bytes);
    // safetensors has no magic number, but its header is a JSON object.
    if (start.size() >= kTold && start[8] == '{') return parse_safetensors(first_bytes, file_bytes);
    return std::unexpected(
        bad_file("file", 0,
                 "this is no npy, GGUF or safetensors file: it begins neither with \\x93NUMPY nor with "
                 "GGUF, and byte 8 is not {"));
}

Result<Directory> parse_whole(std::span<const std::uint8_t> file) {
    auto parsed = parse(file, file.size());
    if (!parsed) return std::unexpected(std::move(parsed.error()));
    if (auto* directory = std::get_if<Directory>(&*parsed)) return std::move(*directory);
    return std::unexpected(bad_file("file", file.size(), "the header does not end"));
}

Result<const TensorInfo*> Directory::tensor(std::string_view name) const {
    for (const auto& tensor : tensors)
        if (tensor.name == name) return &tensor;
    std::string known;
    std::size_t shown = 0;
    // Names that share a part with the wanted one first; a model has hundreds of others.
    for (const bool alike : {true, false})
        for (const auto& tensor : tensors) {
            const bool is_alike =
                !name.empty() && (tensor.name.find(name) != std::string::npos ||
                                  (!tensor.name.empty() && name.find(tensor.name) != std::string_view::npos));
            if (is_alike != alike || shown >= 8) continue;
            known.append(shown++ > 0 ? ", " : "").append(tensor.name);
        }
    if (shown < tensors.size()) known += ", ... (" + to_text(tensors.size()) + " in all)";
    return bad_parameter("tensor", "'" + std::string{name} + "'",
                         tensors.empty() ? std::string{"another file: this one has no tensor"} : "one of " + known);
}

const MetadataValue* Directory::find(std::string_view key) const {
    for (const auto& [name, value] : metadata)
        if (name == key) return &value;
    return nullptr;
}

std::string shape_text(std::span<const std::uint64_t> shape) {
    if (shape.empty()) return "scalar";
    std::string text;
    for (std::size_t i = 0; i < shape.size(); ++i) text.append(i > 0 ? " x " : "").append(to_text(shape[i]));
    return text;
}

}  // namespace quantlens::files
