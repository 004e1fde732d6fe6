#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "formats/float_codes.h"

/// What the block formats of this folder have in common: the shape of a codec, and numbers in little-endian bytes.
namespace quantlens::formats {

/// Base of a codec that stores `Count` values in `Size` bytes. A codec adds
///     static void encode(Values values, Bytes bytes);
///     static void decode(StoredBytes bytes, Restored values);
template <std::size_t Count, std::size_t Size>
struct BlockCodec {
    static constexpr std::size_t kValues = Count;
    static constexpr std::size_t kBytes = Size;
    using Values = std::span<const float, Count>;
    using Bytes = std::span<std::uint8_t, Size>;
    using StoredBytes = std::span<const std::uint8_t, Size>;
    using Restored = std::span<float, Count>;
};

template <class Codec>
void encode_blocks(std::span<const float> values, std::span<std::uint8_t> bytes) {
    for (std::size_t i = 0; (i + 1) * Codec::kValues <= values.size(); ++i)
        Codec::encode(values.subspan(i * Codec::kValues).template first<Codec::kValues>(),
                      bytes.subspan(i * Codec::kBytes).template first<Codec::kBytes>());
}

template <class Codec>
void decode_blocks(std::span<const std::uint8_t> bytes, std::span<float> values) {
    for (std::size_t i = 0; (i + 1) * Codec::kValues <= values.size(); ++i)
        Codec::decode(bytes.subspan(i * Codec::kBytes).template first<Codec::kBytes>(),
                      values.subspan(i * Codec::kValues).template first<Codec::kValues>());
}

static_assert(std::endian::native == std::endian::little, "stored numbers are little-endian");

inline void store_u16(std::uint8_t* at, std::uint16_t value) { std::memcpy(at, &value, sizeof value); }
inline void store_u32(std::uint8_t* at, std::uint32_t value) { std::memcpy(at, &value, sizeof value); }
inline void store_f32(std::uint8_t* at, float value) { std::memcpy(at, &value, sizeof value); }
inline void store_half(std::uint8_t* at, float value) { store_u16(at, float_to_half(value)); }

inline std::uint16_t load_u16(const std::uint8_t* at) {
    std::uint16_t value;
    std::memcpy(&value, at, sizeof value);
    return value;
}
inline std::uint32_t load_u32(const std::uint8_t* at) {
    std::uint32_t value;
    std::memcpy(&value, at, sizeof value);
    return value;
}
inline float load_f32(const std::uint8_t* at) {
    float value;
    std::memcpy(&value, at, sizeof value);
    return value;
}
inline float load_half(const std::uint8_t* at) { return half_to_float(load_u16(at)); }

}  // namespace quantlens::formats
