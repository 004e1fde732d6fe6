#include <algorithm>
#include <concepts>
#include <unordered_set>

#include "files/cursor.h"
#include "files/gguf.h"
#include "files/layout.h"

namespace quantlens::files {
namespace {

class Writer {
public:
    std::vector<std::uint8_t> bytes;

    template <class Number>
    void number(Number value) {
        const auto* first = reinterpret_cast<const std::uint8_t*>(&value);
        bytes.insert(bytes.end(), first, first + sizeof value);
    }
    void string(std::string_view text) {
        number(std::uint64_t{text.size()});
        bytes.insert(bytes.end(), text.begin(), text.end());
    }
    void value(bool truth) { number(std::uint8_t(truth)); }
    void value(const std::string& text) { string(text); }
    void value(const MetadataArray& array) {
        number(std::uint32_t(array.values.index()));
        number(std::uint64_t{array.size()});
        std::visit(
            [&](const auto& list) {
                for (const auto& element : list) value(element);
            },
            array.values);
    }
    template <class Number>
    requires std::integral<Number> || std::floating_point<Number>
    void value(Number plain) { number(plain); }
    void pad(std::uint64_t alignment) { bytes.resize(std::size_t(aligned(bytes.size(), alignment)), 0); }
};

}  // namespace

Result<std::vector<std::uint8_t>> build_gguf(const Metadata& metadata, std::span<const TensorToWrite> tensors) {
    if (const auto status = check_tensors_to_write(tensors); !status) return std::unexpected(status.error());
    std::uint64_t alignment = 32;
    std::unordered_set<std::string_view> keys;
    for (const auto& [key, value] : metadata) {
        if (key.empty() || key.size() > 65535) return bad_parameter("key", "'" + key + "'", "1 to 65535 bytes long");
        if (!keys.insert(key).second) return bad_parameter("key", "'" + key + "'", "unique; it is there twice");
        if (key != "general.alignment") continue;
        const auto* number = std::get_if<std::uint32_t>(&value);
        if (!number || *number == 0 || (*number & (*number - 1)) != 0 || *number > (1u << 30))
            return bad_parameter("general.alignment", number ? to_text(*number) : "no uint32",
                                 "a power of two up to 2^30");
        alignment = *number;
    }

    Writer writer;
    for (const char letter : {'G', 'G', 'U', 'F'}) writer.number(letter);
    writer.number(std::uint32_t{3});
    writer.number(std::uint64_t{tensors.size()});
    writer.number(std::uint64_t{metadata.size()});
    for (const auto& [key, value] : metadata) {
        writer.string(key);
        writer.number(std::uint32_t(value.index()));
        std::visit([&](const auto& plain) { writer.value(plain); }, value);
    }
    std::uint64_t offset = 0;
    for (const auto& tensor : tensors) {
        if (tensor.type->ggml < 0) return bad_parameter("type", tensor.type->id, "a type that GGUF has");
        if (tensor.shape.size() > 4) return bad_shape(tensor.name, "tensor '" + tensor.name + "' has more than 4 axes");
        writer.string(tensor.name);
        writer.number(std::uint32_t(tensor.shape.size()));
        for (auto axis = tensor.shape.rbegin(); axis != tensor.shape.rend(); ++axis) writer.number(*axis);
        writer.number(std::uint32_t(tensor.type->ggml));
        writer.number(offset);
        offset = aligned(offset + tensor.bytes.size(), alignment);
    }
    writer.pad(alignment);
    writer.bytes.reserve(writer.bytes.size() + std::size_t(offset));
    for (const auto& tensor : tensors) {
        writer.bytes.insert(writer.bytes.end(), tensor.bytes.begin(), tensor.bytes.end());
        writer.pad(alignment);
    }
    return std::move(writer.bytes);
}

}  // namespace quantlens::files
