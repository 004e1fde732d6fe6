#include "io/input_file.h"

#include <cerrno>
#include <cstring>
#include <limits>
#include <new>
#include <stdexcept>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace quantlens::io {
namespace {

std::unexpected<Error> cannot_read(const std::string& path, std::string reason) {
    return fail(ErrorCode::kBadFile, path, "cannot read " + path + ": " + std::move(reason));
}

}  // namespace

InputFile::InputFile(std::string path, int descriptor, std::uint64_t size)
    : path_(std::move(path)), descriptor_(descriptor), size_(size) {}

InputFile::InputFile(InputFile&& other) noexcept
    : path_(std::move(other.path_)), descriptor_(std::exchange(other.descriptor_, -1)), size_(other.size_) {}

InputFile::~InputFile() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

Result<InputFile> InputFile::open(const std::string& path) {
    if (path.empty()) return cannot_read("''", "the name is empty");
    // Non-blocking, so that a named pipe is refused instead of waited for.
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (descriptor < 0) return cannot_read(path, std::strerror(errno));
    struct stat about {};
    if (::fstat(descriptor, &about) != 0 || !S_ISREG(about.st_mode)) {
        ::close(descriptor);
        return cannot_read(path, S_ISDIR(about.st_mode) ? "it is a directory" : "it is no regular file");
    }
    return InputFile(path, descriptor, std::uint64_t(about.st_size));
}

Result<std::vector<std::uint8_t>> InputFile::read(std::uint64_t offset, std::uint64_t count) const {
    if (offset > size_ || count > size_ - offset)
        return cannot_read(path_, "bytes " + to_text(offset) + " to " + to_text(offset + count) +
                                      " are not all there; the file has " + to_text(size_) + " bytes");
    std::vector<std::uint8_t> bytes;
    try {
        bytes.resize(std::size_t(count));
    } catch (const std::bad_alloc&) {
        return fail(ErrorCode::kTooLarge, path_, to_text(count) + " bytes of " + path_ + " do not fit into memory");
    } catch (const std::length_error&) {
        return fail(ErrorCode::kTooLarge, path_, to_text(count) + " bytes of " + path_ + " do not fit into memory");
    }
    std::size_t done = 0;
    while (done < bytes.size()) {
        const auto got = ::pread(descriptor_, bytes.data() + done, bytes.size() - done, off_t(offset + done));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return cannot_read(path_, std::strerror(errno));
        if (got == 0) return cannot_read(path_, "it became shorter while it was read");
        done += std::size_t(got);
    }
    return bytes;
}

Result<std::vector<std::uint8_t>> read_file(const std::string& path) {
    const auto file = InputFile::open(path);
    if (!file) return std::unexpected(file.error());
    return file->read(0, file->size());
}

Result<std::string> read_text(const std::string& path) {
    const auto bytes = read_file(path);
    if (!bytes) return std::unexpected(bytes.error());
    return std::string(bytes->begin(), bytes->end());
}

}  // namespace quantlens::io
