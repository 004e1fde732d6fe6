#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tensor/error.h"

namespace quantlens::io {

/// Files to be written all together or not at all. Contents go to temporary files beside their targets; commit() gives
/// them their names. Destroyed without commit(), nothing is left behind and nothing that existed has changed.
class Output {
public:
    Output() = default;
    Output(const Output&) = delete;
    Output& operator=(const Output&) = delete;
    ~Output();

    /// Whether files can be created beside `path` and nothing but a regular file has its name (a device stays a
    /// device); ask before long work.
    Status can_write(const std::string& path) const;

    /// The folder that later files go into; it is created where it is not there yet, its parents too.
    Status open_folder(const std::string& path);

    /// A symbolic link stays one: what it leads to is written.
    Status add(const std::string& path, std::span<const std::uint8_t> bytes);
    Status add(const std::string& path, std::string_view text);

    Status commit();

private:
    struct Pending {
        std::string temporary, target;
    };

    std::vector<Pending> pending_;
    std::vector<std::string> created_folders_;  // outermost first
};

/// Writes one file by a temporary beside it and a rename.
Status write_file(const std::string& path, std::span<const std::uint8_t> bytes);

}  // namespace quantlens::io
