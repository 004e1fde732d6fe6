#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "files/element_types.h"
#include "tensor/error.h"
#include "tensor/matrix.h"

/// Tensor files as byte spans: npy, safetensors, GGUF. Nothing here opens a file: a caller gives the first bytes, gets
/// the list of tensors, and then reads only the ranges that it wants.
namespace quantlens::files {

/// A list in a file's metadata: all elements of one type. The index in the variant is GGUF's type number.
struct MetadataArray {
    std::variant<std::vector<std::uint8_t>, std::vector<std::int8_t>, std::vector<std::uint16_t>,
                 std::vector<std::int16_t>, std::vector<std::uint32_t>, std::vector<std::int32_t>, std::vector<float>,
                 std::vector<bool>, std::vector<std::string>, std::vector<MetadataArray>, std::vector<std::uint64_t>,
                 std::vector<std::int64_t>, std::vector<double>>
        values;

    std::size_t size() const {
        return std::visit([](const auto& list) { return list.size(); }, values);
    }
};

/// One value of a file's metadata. The index in the variant is GGUF's type number.
using MetadataValue = std::variant<std::uint8_t, std::int8_t, std::uint16_t, std::int16_t, std::uint32_t, std::int32_t,
                                   float, bool, std::string, MetadataArray, std::uint64_t, std::int64_t, double>;

using Metadata = std::vector<std::pair<std::string, MetadataValue>>;

/// One tensor as its file's header describes it.
struct TensorInfo {
    std::string name;
    const ElementType* type = nullptr;
    std::vector<std::uint64_t> shape;  // outermost axis first; empty: a single number
    std::uint64_t offset = 0;          // of the first byte, from the start of the file
    std::uint64_t bytes = 0;
    bool fortran_order = false;  // the first axis runs fastest (npy)
    bool big_endian = false;     // npy

    std::uint64_t elements() const { return element_count(shape).value_or(0); }
};

/// What a header says, checked: every tensor lies inside the file, and no two overlap.
struct Directory {
    std::string kind;  // "npy", "safetensors" or "gguf"
    std::string version;
    std::vector<TensorInfo> tensors;
    Metadata metadata;
    std::uint64_t data_start = 0;  // where the tensors' bytes begin
    std::uint64_t alignment = 1;

    /// The tensor of this name; kBadParameter, with names that come near, where there is none.
    Result<const TensorInfo*> tensor(std::string_view name) const;
    /// The metadata value of this key; null where there is none.
    const MetadataValue* find(std::string_view key) const;
};

/// The header goes on: call again with at least this many of the file's first bytes.
struct NeedsMore {
    std::uint64_t bytes;
};

using Parsed = std::variant<Directory, NeedsMore>;

/// Largest header that is read. Real GGUF headers with a vocabulary of 256 k tokens take about 20 MB.
inline constexpr std::uint64_t kMostHeaderBytes = std::uint64_t{256} << 20;

/// Reads the header from `first_bytes`, the first bytes of a file of `file_bytes` bytes; the kind is told by how it
/// begins. Never reads outside the span and never trusts a length. Fails with kBadFile: what is wrong and at which
/// byte.
Result<Parsed> parse(std::span<const std::uint8_t> first_bytes, std::uint64_t file_bytes);

/// The header of a file that is wholly in memory.
Result<Directory> parse_whole(std::span<const std::uint8_t> file);

/// The tensor's values in row-major order. `bytes` are the file's bytes offset .. offset + bytes.
/// kBadFile where their number is wrong; kUnsupported where the element type cannot be decoded or a float64 is beyond
/// float32's range. NaN and infinity are passed on.
Result<std::vector<float>> decode_tensor(const TensorInfo& info, std::span<const std::uint8_t> bytes);

/// The same as a matrix: one axis is one row, no axis is 1 x 1, more than two axes are kBadShape.
Result<Matrix> decode_matrix(const TensorInfo& info, std::span<const std::uint8_t> bytes);

/// Rows first .. first + count - 1 of a row-major matrix, as a tensor of its own, so that only their bytes need be
/// read.
Result<TensorInfo> slice_rows(const TensorInfo& info, std::uint64_t first, std::uint64_t count);

/// Whether decode_tensor knows the type.
bool can_decode(const ElementType& type);

/// "3 x 4", "5", "scalar".
std::string shape_text(std::span<const std::uint64_t> shape);

/// {"file", "kind", "tensors": [{name, type, shape, bytes, bits_per_weight}], "metadata"} as JSON text. Arrays of more
/// than 256 elements are shown by their type, length and first elements.
std::string directory_json(const Directory& directory, std::string_view file);

/// A tensor to be written: its bytes are already in the type's layout, row-major, little-endian.
struct TensorToWrite {
    std::string name;
    const ElementType* type = nullptr;
    std::vector<std::uint64_t> shape;
    std::span<const std::uint8_t> bytes;
};

}  // namespace quantlens::files
