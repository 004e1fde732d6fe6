#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "tensor/error.h"

/// How numbers become bits. A format stores a sequence of float32 values as blocks of equal size, some after a header.
namespace quantlens::formats {

/// What kind of number a format is; the page groups by it.
enum class Family : std::uint8_t {
    kFloat,         // one float a value: f32, f16, bf16, fp8
    kMicroscaling,  // small floats that share a scale: MX, NVFP4
    kCodebook,      // codes into a table, scaled by the block's largest magnitude: NF4, FP4
    kInteger,       // integer codes with a scale and a minimum a group
    kGguf,          // the block formats of GGUF files
};

/// One number format. All of them are in one table, `all()`; whatever lists formats reads that table.
struct Format {
    std::string_view id;    // as in the contract, for example "q4_K"
    std::string_view name;  // for people
    Family family;
    std::size_t block_size;   // values in a block
    std::size_t block_bytes;  // stored bytes of a block
    /// Long-run bits a weight: block bytes, and headers where their share does not vanish.
    double bits_per_weight;
    /// Stored bytes of `count` values, headers included (count is a multiple of block_size).
    std::size_t (*stored_bytes)(std::size_t count);
    /// Writes exactly stored_bytes(values.size()) bytes. Values are finite; their number a multiple of block_size.
    void (*encode)(std::span<const float> values, std::span<std::uint8_t> bytes);
    /// Reads stored_bytes(values.size()) bytes. NaN and infinity codes decode as such.
    void (*decode)(std::span<const std::uint8_t> bytes, std::span<float> values);
    /// Every number that a code can stand for, ascending, before any scale; empty where there is no fixed table (and
    /// for FP16 and wider, which have too many).
    std::span<const float> values;
    std::string_view source;  // paper and section, specification, or the code that defines it
    /// Of one float, where a code is one; else 0.
    int exponent_bits = 0;
    int mantissa_bits = 0;
    bool for_weights = true;  // false: of activations, inside a product only
};

std::span<const Format> all();

/// The format with this id, or an error that names the setting `key` and lists the ids.
Result<const Format*> find(std::string_view id, std::string_view key = "format");

/// Encodes any number of values; an error where there are none, the last block would be short, or a value is not
/// finite.
Result<std::vector<std::uint8_t>> encode(const Format& format, std::span<const float> values);

/// Decodes whole blocks; an error where there is none, or the bytes are no whole number of them.
Result<std::vector<float>> decode(const Format& format, std::span<const std::uint8_t> bytes);

}  // namespace quantlens::formats
