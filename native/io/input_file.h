#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tensor/error.h"

namespace quantlens::io {

/// A regular file opened for reading by ranges, so that a tensor of a large model is read without the rest.
class InputFile {
public:
    /// Fails with kBadFile naming the path and the reason.
    static Result<InputFile> open(const std::string& path);
    InputFile(InputFile&& other) noexcept;
    InputFile& operator=(InputFile&&) = delete;
    ~InputFile();

    const std::string& path() const { return path_; }
    std::uint64_t size() const { return size_; }

    /// Bytes offset .. offset + count - 1. Fails with kBadFile where the file ends before (it may have changed since).
    Result<std::vector<std::uint8_t>> read(std::uint64_t offset, std::uint64_t count) const;

private:
    InputFile(std::string path, int descriptor, std::uint64_t size);

    std::string path_;
    int descriptor_ = -1;
    std::uint64_t size_ = 0;
};

/// The whole file.
Result<std::vector<std::uint8_t>> read_file(const std::string& path);
Result<std::string> read_text(const std::string& path);

}  // namespace quantlens::io
