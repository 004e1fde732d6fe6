#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

/// The element types that files name, and how many bytes they take.
namespace quantlens::files {

/// One element type. `id` is that of formats::all() where the core decodes it as a format, "i8", "f64", ... otherwise.
struct ElementType {
    std::string_view id;
    std::uint32_t block_size;      // values in a block
    std::uint32_t block_bytes;     // bytes of a block
    int ggml;                      // number in GGUF; -1: not there
    std::string_view safetensors;  // dtype in safetensors; empty: not there
    std::string_view npy;          // NumPy's kind and size, such as "f4"; empty: not there

    double bits_per_weight() const { return 8.0 * block_bytes / block_size; }
};

/// Sources: `enum ggml_type` in ggml.h (commit d99724f2), the `Dtype` list of the safetensors crate 0.6, NumPy's
/// array-interface type codes. Types that the core cannot decode are listed too, so that a file holding one can be
/// inspected and its other tensors read.
std::span<const ElementType> element_types();

const ElementType* find_by_id(std::string_view id);
const ElementType* find_by_ggml(std::uint32_t number);
const ElementType* find_by_safetensors(std::string_view dtype);
const ElementType* find_by_npy(std::string_view kind_and_size);

/// Whole numbers and truth values: tensors of these hold no weights.
bool is_integer(const ElementType& type);

/// Bytes of `elements` values; nothing where they are no whole number of blocks or the product exceeds 64 bits.
std::optional<std::uint64_t> stored_bytes(const ElementType& type, std::uint64_t elements);

/// a * b, or nothing where it exceeds 64 bits.
std::optional<std::uint64_t> checked_product(std::uint64_t a, std::uint64_t b);

/// The product of a shape's axes (1 for no axis), or nothing where it exceeds 64 bits.
std::optional<std::uint64_t> element_count(std::span<const std::uint64_t> shape);

}  // namespace quantlens::files
