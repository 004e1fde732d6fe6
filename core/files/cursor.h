#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "files/directory.h"

namespace quantlens::files {

static_assert(std::endian::native == std::endian::little,
              "the readers and writers copy little-endian numbers as they are");

inline Error bad_file(std::string_view part, std::uint64_t byte, std::string message) {
    message.append(", at byte ").append(to_text(byte));
    return {ErrorCode::kBadFile, std::string{part}, std::move(message)};
}

/// Reads forward through the first bytes of a file. The first failure stays: later reads give zeros and move nothing,
/// so that a parser may check `failed()` once a step. Running off the given bytes, but not off the file, is no error
/// but a wish for more.
class Cursor {
public:
    Cursor(std::span<const std::uint8_t> bytes, std::uint64_t file_bytes)
        : bytes_(bytes.first(std::size_t(std::min<std::uint64_t>(bytes.size(), file_bytes)))), file_bytes_(file_bytes) {
    }

    std::uint64_t position() const { return position_; }
    /// Bytes of the file after the position.
    std::uint64_t remaining() const { return file_bytes_ - position_; }
    std::uint64_t file_bytes() const { return file_bytes_; }
    bool failed() const { return error_.has_value() || needed_ > 0; }

    void fail(std::string_view part, std::uint64_t byte, std::string message) {
        if (!failed()) error_ = bad_file(part, byte, std::move(message));
    }

    void fail(Error error) {
        if (!failed()) error_ = std::move(error);
    }

    template <class Number>
    Number number(std::string_view part) {
        Number value{};
        if (take(sizeof value, part)) std::memcpy(&value, bytes_.data() + position_ - sizeof value, sizeof value);
        return value;
    }

    std::span<const std::uint8_t> bytes(std::uint64_t count, std::string_view part) {
        if (!take(count, part)) return {};
        return bytes_.subspan(std::size_t(position_ - count), std::size_t(count));
    }

    std::string_view text(std::uint64_t length, std::string_view part) {
        const auto span = bytes(length, part);
        return {reinterpret_cast<const char*>(span.data()), span.size()};
    }

    /// What the parse came to: more bytes, the error, or the directory.
    Result<Parsed> outcome(Directory directory) {
        if (error_) return std::unexpected(std::move(*error_));
        // Twice the bytes at least, so that a long header is not parsed again for each of its entries.
        if (needed_ > 0) return NeedsMore{std::min(file_bytes_, std::max<std::uint64_t>(needed_, 2 * bytes_.size()))};
        return directory;
    }

private:
    bool take(std::uint64_t count, std::string_view part) {
        if (failed()) return false;
        if (count > remaining()) {
            fail(part, position_,
                 std::string{part} + " takes " + to_text(count) + " bytes, but the file ends at byte " +
                     to_text(file_bytes_));
            return false;
        }
        if (count > kMostHeaderBytes || position_ + count > kMostHeaderBytes) {
            fail(part, position_,
                 std::string{part} + " makes the header longer than " + to_text(kMostHeaderBytes) + " bytes");
            return false;
        }
        if (position_ + count > bytes_.size()) {
            needed_ = position_ + count;
            return false;
        }
        position_ += count;
        return true;
    }

    std::span<const std::uint8_t> bytes_;
    std::uint64_t file_bytes_;
    std::uint64_t position_ = 0;
    std::uint64_t needed_ = 0;
    std::optional<Error> error_;
};

}  // namespace quantlens::files
