#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "files/cursor.h"
#include "files/directory.h"

/// Checks that all kinds of files share.
namespace quantlens::files {

/// What may lie between the tensors' bytes, and after the last.
enum class Gaps : std::uint8_t {
    kNone,     // the tensors fill the data area exactly
    kPadding,  // fewer than the alignment's bytes after the last; anything between
};

/// Names are unique; every tensor lies in data_start .. file_bytes; no two overlap; gaps are as allowed.
/// `named_at[i]` is the byte of the header where tensor i is described, for the messages.
Status check_layout(const Directory& directory, const std::vector<std::uint64_t>& named_at, std::uint64_t file_bytes,
                    Gaps gaps);

/// The bytes that a tensor of this type and shape takes. Fails with kBadFile naming `name` where the element count or
/// the size exceeds 64 bits, or the innermost axis is no whole number of blocks.
Result<std::uint64_t> tensor_bytes(const ElementType& type, const std::vector<std::uint64_t>& shape,
                                   const std::string& name, std::uint64_t byte);

/// For the writers: names are unique and not empty, and the bytes fit type and shape.
Status check_tensors_to_write(std::span<const TensorToWrite> tensors);

/// `position` rounded up to a multiple of `alignment`, a power of two; positions stay below 2^63.
inline std::uint64_t aligned(std::uint64_t position, std::uint64_t alignment) {
    return (position + alignment - 1) & ~(alignment - 1);
}

}  // namespace quantlens::files
