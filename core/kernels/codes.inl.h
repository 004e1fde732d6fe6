// Packing of int8 codes for the integer product. Meaning: int8.h; the product itself is matmul.inl.h's with
// CodeProduct.

namespace quantlens::kernels {
namespace {

/// k codes as words of kCodesInWord codes, 0 beyond them: 16-bit pairs, or bytes plus `offset`.
inline void widen_codes(const std::int8_t* from, size_t k, std::uint8_t offset, std::int32_t* to) {
    if constexpr (kCodesInWord == 4) {
        auto* bytes = reinterpret_cast<std::uint8_t*>(to);
        for (size_t i = 0; i < k; ++i) bytes[i] = static_cast<std::uint8_t>(from[i] + offset);
        for (size_t i = k; i % 4 != 0; ++i) bytes[i] = offset;
    } else {
        auto pair = [](std::int8_t low, std::int8_t high) {
            return static_cast<std::int32_t>(static_cast<std::uint32_t>(static_cast<std::uint16_t>(low)) |
                                             static_cast<std::uint32_t>(static_cast<std::uint16_t>(high)) << 16);
        };
        for (size_t i = 0; i + 2 <= k; i += 2) to[i / 2] = pair(from[i], from[i + 1]);
        if (k % 2 != 0) to[k / 2] = pair(from[k - 1], 0);
    }
}

constexpr size_t words_of(size_t k) { return (k + kCodesInWord - 1) / kCodesInWord; }

/// Rows of the left operand, kMostCodeWords apart.
inline void pack_left_codes(const std::int8_t* from, size_t stride, size_t k, size_t rows, std::int32_t* to) {
    for (size_t r = 0; r < rows; ++r)
        widen_codes(from + r * stride, k, kCodesInWord == 4 ? 128 : 0, to + r * kMostCodeWords);
}

/// Panels of the right operand. With unsigned codes on the left a panel starts with a row of -128 * the sum of each
/// column.
template <class Target>
void pack_right_codes(const std::int8_t* from, size_t stride, size_t k, size_t count, std::int32_t* to) {
    using V = Ints<Target>;
    constexpr size_t kWidth = Target::tile_vectors * V::size;
    const size_t words = words_of(k);
    alignas(64) std::int32_t lines[kWidth * kMostCodeWords];
    for (size_t j = 0; j < count; j += kWidth) {
        const size_t filled = count - j < kWidth ? count - j : kWidth;
        for (size_t i = 0; i < filled; ++i) widen_codes(from + (j + i) * stride, k, 0, lines + i * words);
        std::int32_t* start = to;
        if constexpr (kCodesInWord == 4) to += kWidth;
        pack_transposed<Target>(lines, words, words, filled, to, 0);
        if constexpr (kCodesInWord == 4) {
            const V all_128(static_cast<std::int32_t>(0x80808080u));
            for (size_t v = 0; v < kWidth; v += V::size) {
                V sum(0);
                for (size_t word = 0; word < words; ++word)
                    sum = add_dot_of_words<Target>(sum, all_128, V::load_aligned(to + word * kWidth + v));
                (V(0) - sum).store_aligned(start + v);
            }
        }
        to += words * kWidth;
    }
}

template <class Target>
void multiply_codes(const std::int32_t* a, const std::int32_t* b, size_t m, size_t n, size_t words,
                    const Sums<std::int32_t>& sums) {
    multiply_panels<Target, CodeProduct<Target>, true>(a, b, m, n, words, sums, {});
}

}  // namespace
}  // namespace quantlens::kernels
