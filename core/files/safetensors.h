#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "files/directory.h"

/// safetensors: the length of a JSON header (8 bytes, little-endian, at most 100 000 000), the header
/// {"NAME": {"dtype", "shape", "data_offsets": [begin, end]}, ..., "__metadata__": {"KEY": "TEXT"}}, then the tensors'
/// bytes. Offsets count from the end of the header. The tensors must fill the rest of the file without overlaps or
/// holes; names are unique. F64, F32, F16, BF16, F8_E4M3, F8_E5M2, I8 and the other integers are decoded; the rest is
/// listed. Source: the format's README (github.com/huggingface/safetensors, "Format") and the checks of its Rust crate.
namespace quantlens::files {

Result<Parsed> parse_safetensors(std::span<const std::uint8_t> first_bytes, std::uint64_t file_bytes);

/// A whole file: tensors in the order given, the header padded with spaces to a multiple of 8 bytes.
/// Fails with kBadParameter on a duplicate name, a type that safetensors lacks, or bytes that do not fit type and
/// shape.
Result<std::vector<std::uint8_t>> build_safetensors(std::span<const TensorToWrite> tensors,
                                                    std::span<const std::pair<std::string, std::string>> metadata);

}  // namespace quantlens::files
