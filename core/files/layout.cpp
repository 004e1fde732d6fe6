#include "files/layout.h"

#include <algorithm>
#include <numeric>
#include <unordered_set>

namespace quantlens::files {
namespace {

std::string quoted(const std::string& name) { return "tensor '" + name + "'"; }

}  // namespace

Status check_layout(const Directory& directory, const std::vector<std::uint64_t>& named_at, std::uint64_t file_bytes,
                    Gaps gaps) {
    const auto& tensors = directory.tensors;
    std::unordered_set<std::string_view> names;
    for (std::size_t i = 0; i < tensors.size(); ++i) {
        const auto& tensor = tensors[i];
        if (!names.insert(tensor.name).second)
            return std::unexpected(bad_file(tensor.name, named_at[i], quoted(tensor.name) + " is listed twice"));
        if (tensor.offset > file_bytes || tensor.bytes > file_bytes - tensor.offset)
            return std::unexpected(bad_file(
                tensor.name, named_at[i],
                quoted(tensor.name) + " takes " + to_text(tensor.bytes) + " bytes from byte " + to_text(tensor.offset) +
                    ", but the file ends at byte " + to_text(file_bytes) + "; it is listed"));
    }
    std::vector<std::size_t> order(tensors.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::sort(order, {}, [&](std::size_t i) { return std::pair(tensors[i].offset, tensors[i].bytes); });
    std::uint64_t end = directory.data_start;
    const TensorInfo* before = nullptr;
    for (const auto i : order) {
        const auto& tensor = tensors[i];
        if (tensor.offset < end && tensor.bytes > 0)
            return std::unexpected(bad_file(tensor.name, named_at[i],
                                            quoted(tensor.name) + " begins at byte " + to_text(tensor.offset) +
                                                " inside " + (before ? quoted(before->name) : "the header") +
                                                ", which ends at byte " + to_text(end) + "; it is listed"));
        if (gaps == Gaps::kNone && tensor.offset != end)
            return std::unexpected(bad_file(tensor.name, named_at[i],
                                            quoted(tensor.name) + " begins at byte " + to_text(tensor.offset) +
                                                ", but the bytes before it end at byte " + to_text(end) +
                                                "; it is listed"));
        end = std::max(end, tensor.offset + tensor.bytes);
        if (tensor.bytes > 0) before = &tensor;
    }
    const auto last_allowed = gaps == Gaps::kNone ? end : aligned(end, directory.alignment);
    if (file_bytes > last_allowed)
        return std::unexpected(
            bad_file("data", end, to_text(file_bytes - end) + " bytes that belong to no tensor follow the last one"));
    return {};
}

Result<std::uint64_t> tensor_bytes(const ElementType& type, const std::vector<std::uint64_t>& shape,
                                   const std::string& name, std::uint64_t byte) {
    const auto elements = element_count(shape);
    if (!elements)
        return std::unexpected(
            bad_file(name, byte, quoted(name) + " of shape " + shape_text(shape) + " has more than 2^64 elements"));
    const std::uint64_t innermost = shape.empty() ? 1 : shape.back();
    // safetensors packs whole tensors of sub-byte numbers, ggml packs rows: both hold where the last axis fits.
    if (innermost % type.block_size != 0)
        return std::unexpected(bad_file(name, byte,
                                        quoted(name) + " has " + to_text(innermost) +
                                            " values in a row, no multiple of " + std::string{type.id} +
                                            "'s block of " + to_text(type.block_size)));
    const auto bytes = stored_bytes(type, *elements);
    if (!bytes)
        return std::unexpected(
            bad_file(name, byte, quoted(name) + " of shape " + shape_text(shape) + " takes more than 2^64 bytes"));
    return *bytes;
}

Status check_tensors_to_write(std::span<const TensorToWrite> tensors) {
    std::unordered_set<std::string_view> names;
    for (const auto& tensor : tensors) {
        if (tensor.name.empty()) return bad_parameter("name", "empty", "the name of a tensor");
        if (!names.insert(tensor.name).second) return bad_parameter("name", tensor.name, "unique; it is there twice");
        if (!tensor.type) return bad_parameter("type", "missing", "an element type of '" + tensor.name + "'");
        const auto bytes = tensor_bytes(*tensor.type, tensor.shape, tensor.name, 0);
        if (!bytes) return std::unexpected(bytes.error());
        if (tensor.bytes.size() != *bytes)
            return bad_parameter("bytes of '" + tensor.name + "'", tensor.bytes.size(),
                                 to_text(*bytes) + " for its shape");
    }
    return {};
}

}  // namespace quantlens::files
