#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <vector>

#include "files/directory.h"

/// What each of the three file fuzzers does with its input.
namespace quantlens::files {

using Parser = Result<Parsed> (*)(std::span<const std::uint8_t>, std::uint64_t);

inline void require(bool holds, const char* what) {
    if (holds) return;
    std::fprintf(stderr, "does not hold: %s\n", what);
    std::abort();
}

/// Parses the input as a whole file and as the first bytes of a longer one, reads every tensor and prints the
/// directory. Returns the directory of the whole file where it is one.
inline Result<Directory> fuzz_file(Parser parser, std::span<const std::uint8_t> file) {
    // Copies of exactly the bytes that the parser may read, so that the sanitizer sees a step beyond them.
    for (const std::uint64_t more : {std::uint64_t{0}, std::uint64_t{64}, std::uint64_t{1} << 33}) {
        const std::vector<std::uint8_t> half(file.begin(), file.begin() + std::ptrdiff_t(file.size() / 2));
        const auto part = parser(half, file.size() + more);
        if (part)
            if (const auto* wish = std::get_if<NeedsMore>(&*part))
                require(wish->bytes > half.size() && wish->bytes <= file.size() + more, "a wish for more is for more");
    }
    auto parsed = parser(file, file.size());
    if (!parsed) {
        require(!parsed.error().message.empty(), "an error says something");
        return std::unexpected(std::move(parsed.error()));
    }
    auto* directory = std::get_if<Directory>(&*parsed);
    require(directory, "a whole file needs no more bytes");
    for (const auto& tensor : directory->tensors) {
        require(tensor.offset <= file.size() && tensor.bytes <= file.size() - tensor.offset,
                "a tensor lies in the file");
        const auto values = decode_tensor(tensor, file.subspan(std::size_t(tensor.offset), std::size_t(tensor.bytes)));
        if (values) require(values->size() == tensor.elements(), "as many values as the shape says");
    }
    require(!directory_json(*directory, "file").empty(), "a directory has a text");
    return std::move(*directory);
}

/// The directory's tensors, to be written again.
inline std::vector<TensorToWrite> tensors_of(const Directory& directory, std::span<const std::uint8_t> file) {
    std::vector<TensorToWrite> tensors;
    for (const auto& info : directory.tensors)
        tensors.push_back(
            {info.name, info.type, info.shape, file.subspan(std::size_t(info.offset), std::size_t(info.bytes))});
    return tensors;
}

}  // namespace quantlens::files
