#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "files/directory.h"

/// GGUF, versions 2 and 3 (version 3 added big-endian files, which are not read): "GGUF", version, number of tensors,
/// number of metadata entries; each entry a key, a type and a value; each tensor a name, its axes (innermost first), a
/// type and an offset; then, from the next multiple of `general.alignment` (32), the tensors' bytes, each at a multiple
/// of it.
///
/// All value types are read, arrays of arrays up to 4 deep. A key or name is at most 65535 bytes, a tensor has at most
/// 4 axes, and its innermost axis is a whole number of blocks. Shapes come out outermost axis first, as everywhere
/// here. Source: docs/gguf.md of github.com/ggml-org/ggml, and the checks of its gguf.cpp.
namespace quantlens::files {

Result<Parsed> parse_gguf(std::span<const std::uint8_t> first_bytes, std::uint64_t file_bytes);

/// A whole version 3 file. `general.alignment` is taken from the metadata where it is there, else 32.
/// Fails with kBadParameter on a duplicate key or name, a type that GGUF lacks, or bytes that do not fit type and
/// shape.
Result<std::vector<std::uint8_t>> build_gguf(const Metadata& metadata, std::span<const TensorToWrite> tensors);

}  // namespace quantlens::files
