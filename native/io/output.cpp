#include "io/output.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace quantlens::io {
namespace {

namespace fs = std::filesystem;

std::unexpected<Error> cannot_write(const std::string& path, const std::string& reason) {
    return fail(ErrorCode::kBadFile, path, "cannot write " + path + ": " + reason);
}

std::string folder_of(const std::string& path) {
    const auto parent = fs::path(path).parent_path().string();
    return parent.empty() ? "." : parent;
}

/// What a symbolic link leads to, so that the link stays a link; the path itself where it is none.
std::string behind_links(fs::path path) {
    constexpr int kMostLinks = 40;
    std::error_code error;
    for (int i = 0; i < kMostLinks && fs::is_symlink(fs::symlink_status(path, error)); ++i) {
        const auto target = fs::read_symlink(path, error);
        if (error) break;
        path = path.parent_path() / target;  // an absolute target replaces the folder
    }
    return path.string();
}

/// Whether a stream of ours is this very file, as with /dev/stdout: a rename would cut it off from its name.
bool is_open_as(int descriptor, const struct stat& file) {
    struct stat stream {};
    return ::fstat(descriptor, &stream) == 0 && stream.st_dev == file.st_dev && stream.st_ino == file.st_ino;
}

/// Writes everything or says why not.
std::string write_all(int descriptor, std::span<const std::uint8_t> bytes) {
    std::size_t done = 0;
    while (done < bytes.size()) {
        const auto put = ::write(descriptor, bytes.data() + done, bytes.size() - done);
        if (put < 0 && errno == EINTR) continue;
        if (put < 0) return std::strerror(errno);
        done += std::size_t(put);
    }
    return ::fsync(descriptor) == 0 || errno == EINVAL ? "" : std::strerror(errno);
}

}  // namespace

Output::~Output() {
    for (const auto& file : pending_) ::unlink(file.temporary.c_str());
    for (auto folder = created_folders_.rbegin(); folder != created_folders_.rend(); ++folder) ::rmdir(folder->c_str());
}

Status Output::can_write(const std::string& named) const {
    if (named.empty()) return cannot_write("''", "the name is empty");
    const auto path = behind_links(named);
    struct stat about {};
    const bool is_there = ::stat(path.c_str(), &about) == 0;
    if (!is_there && errno != ENOENT && errno != ENOTDIR) return cannot_write(path, std::strerror(errno));
    if (is_there && !S_ISREG(about.st_mode))
        return cannot_write(path, S_ISDIR(about.st_mode) ? "it is a directory" : "it is no regular file");
    if (is_there && (is_open_as(STDOUT_FILENO, about) || is_open_as(STDERR_FILENO, about)))
        return cannot_write(path, "what the program prints goes there");
    const auto folder = folder_of(path);
    if (::stat(folder.c_str(), &about) != 0) return cannot_write(path, folder + ": " + std::strerror(errno));
    if (!S_ISDIR(about.st_mode)) return cannot_write(path, folder + " is no directory");
    if (::access(folder.c_str(), W_OK | X_OK) != 0) return cannot_write(path, folder + ": " + std::strerror(errno));
    return {};
}

Status Output::open_folder(const std::string& path) {
    if (path.empty()) return cannot_write("''", "the name is empty");
    fs::path so_far;
    for (const auto& part : fs::path(path)) {
        so_far /= part;
        const auto name = so_far.string();
        if (::mkdir(name.c_str(), 0777) == 0) {
            created_folders_.push_back(name);
            continue;
        }
        const int reason = errno;
        std::error_code error;
        if (fs::is_directory(so_far, error)) continue;
        return cannot_write(path, reason == EEXIST ? name + " is no directory" : name + ": " + std::strerror(reason));
    }
    if (::access(path.c_str(), W_OK | X_OK) != 0) return cannot_write(path, std::strerror(errno));
    return {};
}

Status Output::add(const std::string& named, std::span<const std::uint8_t> bytes) {
    const auto path = behind_links(named);
    if (const auto status = can_write(path); !status) return status;
    const auto name = fs::path(path).filename().string();
    auto temporary = folder_of(path) + "/." + name + ".XXXXXX";
    const int descriptor = ::mkstemp(temporary.data());
    if (descriptor < 0) return cannot_write(path, std::strerror(errno));
    pending_.push_back({temporary, path});
    // mkstemp makes the file private; give it the mode that a new file would have, or that of the file it replaces.
    struct stat about {};
    const mode_t mask = ::umask(0);
    ::umask(mask);
    ::fchmod(descriptor, ::stat(path.c_str(), &about) == 0 ? about.st_mode & 07777 : 0666 & ~mask);
    auto reason = write_all(descriptor, bytes);
    if (::close(descriptor) != 0 && reason.empty()) reason = std::strerror(errno);
    return reason.empty() ? Status{} : cannot_write(path, reason);
}

Status Output::add(const std::string& path, std::string_view text) {
    return add(path, std::span(reinterpret_cast<const std::uint8_t*>(text.data()), text.size()));
}

Status Output::commit() {
    while (!pending_.empty()) {
        const auto& file = pending_.back();
        if (::rename(file.temporary.c_str(), file.target.c_str()) != 0)
            return cannot_write(file.target, std::strerror(errno));
        pending_.pop_back();
    }
    created_folders_.clear();
    return {};
}

Status write_file(const std::string& path, std::span<const std::uint8_t> bytes) {
    Output output;
    if (const auto status = output.add(path, bytes); !status) return status;
    return output.commit();
}

}  // namespace quantlens::io
