#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "files/directory.h"

/// NumPy's array file: "\x93NUMPY", a version (1.0, 2.0 or 3.0), the length of a Python dictionary with `descr`,
/// `fortran_order` and `shape`, padded to a multiple of 64 bytes, then the array's bytes.
///
/// Read: float16, float32, float64, signed and unsigned integers and bool, either byte order, C or Fortran order. The
/// one tensor is called "". Structured and object types are kUnsupported; bytes after the array are an error. Written:
/// version 1.0, little-endian, C order, as NumPy writes it. Source: NumPy Enhancement Proposal 1 and numpy.lib.format.
namespace quantlens::files {

Result<Parsed> parse_npy(std::span<const std::uint8_t> first_bytes, std::uint64_t file_bytes);

/// The bytes before the array's own. `type` must be one that NumPy has.
Result<std::vector<std::uint8_t>> npy_header(const ElementType& type, std::span<const std::uint64_t> shape);

/// A whole file. The product of `shape` must be values.size().
Result<std::vector<std::uint8_t>> build_npy(std::span<const float> values, std::span<const std::uint64_t> shape);
Result<std::vector<std::uint8_t>> build_npy(std::span<const std::int8_t> values, std::span<const std::uint64_t> shape);
Result<std::vector<std::uint8_t>> build_npy(std::span<const std::uint8_t> values, std::span<const std::uint64_t> shape);
Result<std::vector<std::uint8_t>> build_npy(std::span<const std::int32_t> values, std::span<const std::uint64_t> shape);

}  // namespace quantlens::files
