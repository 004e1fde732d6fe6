#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <fstream>
#include <iterator>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "files/directory.h"

namespace quantlens::files {

using Bytes = std::vector<std::uint8_t>;

inline Bytes file_bytes(const std::string& path_under_tests) {
    std::ifstream file(std::string{QUANTLENS_TEST_DATA} + "/" + path_under_tests, std::ios::binary);
    EXPECT_TRUE(file) << path_under_tests;
    return {std::istreambuf_iterator<char>(file), {}};
}

/// Puts a file together byte by byte, as a specification describes it.
class FileMaker {
public:
    Bytes bytes;

    template <class Number>
    FileMaker& number(Number value) {
        for (std::size_t i = 0; i < sizeof value; ++i)
            bytes.push_back(reinterpret_cast<const std::uint8_t*>(&value)[i]);
        return *this;
    }
    FileMaker& u8(std::uint8_t value) { return number(value); }
    FileMaker& u32(std::uint32_t value) { return number(value); }
    FileMaker& u64(std::uint64_t value) { return number(value); }
    FileMaker& text(std::string_view text) {
        bytes.insert(bytes.end(), text.begin(), text.end());
        return *this;
    }
    /// A GGUF string: its length, then its bytes.
    FileMaker& string(std::string_view value) { return u64(value.size()).text(value); }
    FileMaker& pad_to(std::size_t multiple) {
        while (bytes.size() % multiple != 0) bytes.push_back(0);
        return *this;
    }
    FileMaker& zeros(std::size_t count) {
        bytes.insert(bytes.end(), count, 0);
        return *this;
    }
};

inline Bytes safetensors_file(std::string_view header, std::size_t data_bytes) {
    return FileMaker{}.u64(header.size()).text(header).zeros(data_bytes).bytes;
}

inline Bytes npy_file(std::string_view dictionary, std::size_t data_bytes) {
    FileMaker maker;
    maker.text("\x93NUMPY").u8(1).u8(0).number(std::uint16_t(dictionary.size())).text(dictionary).zeros(data_bytes);
    return maker.bytes;
}

inline Result<std::vector<float>> values_of(const Bytes& file, std::string_view name) {
    const auto directory = parse_whole(file);
    if (!directory) return std::unexpected(directory.error());
    const auto tensor = directory->tensor(name);
    if (!tensor) return std::unexpected(tensor.error());
    return decode_tensor(**tensor,
                         std::span(file).subspan(std::size_t((*tensor)->offset), std::size_t((*tensor)->bytes)));
}

/// The error message of a file that must be refused; fails the test where it is accepted.
inline std::string refusal(const Bytes& file) {
    const auto directory = parse_whole(file);
    EXPECT_FALSE(directory.has_value()) << "was accepted";
    return directory ? "" : directory.error().message;
}

inline bool contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

/// Every tensor's bytes lie in the file: what a caller relies on when it reads ranges.
inline void expect_inside(const Directory& directory, std::uint64_t file_bytes) {
    for (const auto& tensor : directory.tensors) {
        ASSERT_LE(tensor.offset, file_bytes);
        ASSERT_LE(tensor.bytes, file_bytes - tensor.offset);
    }
}

/// The file cut at every byte is an error; its first n bytes of a whole file are the directory or a wish for more.
inline void expect_survives_every_cut(const Bytes& file) {
    ASSERT_TRUE(parse_whole(file).has_value()) << parse_whole(file).error().message;
    for (std::size_t n = 0; n < file.size(); ++n) {
        const Bytes first(file.begin(), file.begin() + std::ptrdiff_t(n));  // a copy, so that reading past it is seen
        const auto cut = parse(first, n);
        ASSERT_FALSE(cut.has_value()) << "a file of " << n << " of " << file.size() << " bytes was accepted";
        ASSERT_EQ(cut.error().code, ErrorCode::kBadFile);
        const auto part = parse(first, file.size());
        ASSERT_TRUE(part.has_value()) << "at " << n << ": " << part.error().message;
        if (const auto* more = std::get_if<NeedsMore>(&*part)) {
            ASSERT_GT(more->bytes, n);
            ASSERT_LE(more->bytes, file.size());
        }
    }
}

/// The file with any one byte of its first `count` changed is an error or a directory whose tensors lie in the file.
inline void expect_survives_every_change(const Bytes& file, std::size_t count) {
    for (std::size_t at = 0; at < std::min(count, file.size()); ++at)
        for (const unsigned change : {0x01u, 0x02u, 0x08u, 0x20u, 0x80u, 0xffu}) {
            Bytes changed = file;
            changed[at] = std::uint8_t(changed[at] ^ change);
            const auto directory = parse_whole(changed);
            if (directory) expect_inside(*directory, changed.size());
        }
}

}  // namespace quantlens::files
