// Activations, and packed weights of 16 rows, rounded to bfloat16: to the nearest, ties away from zero. For tiles of
// the processor (packed_tiles.inl.h); what is here of weights is for vectors of 16 floats.

namespace quantlens::kernels {
namespace {

/// Bfloat16 values of a step: of four inputs and 16 rows.
inline constexpr size_t kStepPairs = 4 * kPackedRows;

/// NaN stays one: the sum below could carry its bits into the sign.
inline void round_to_bfloat16(const float* x, size_t n, Bfloat16* to) {
    for (size_t i = 0; i < n; ++i) {
        const auto bits = __builtin_bit_cast(std::uint32_t, x[i]);
        to[i] = static_cast<Bfloat16>(x[i] == x[i] ? (bits + 0x8000u) >> 16 : 0x7fc0u);
    }
}

/// What a code stands for: number * scale + offset, for each of 16 rows. Offsets are exact with every format's scales
/// (of 11 to 18 bits), so that a value is rounded to float32 once, and then to bfloat16.
template <class Target>
struct Line {
    Floats<Target> scale, offset;
};

/// Lane r of the result: bfloat16 of lane r of `first`, and of `second` above it.
template <class Target>
[[gnu::always_inline]] inline void store_pairs(Floats<Target> first, Floats<Target> second, Bfloat16* to) {
    using V = xsimd::batch<std::uint32_t, typename Target::Arch>;
    const V half(0x8000u), low = (xsimd::bitwise_cast<std::uint32_t>(first) + half) >> 16;
    const V high = (xsimd::bitwise_cast<std::uint32_t>(second) + half) & V(0xffff0000u);
    (low | high).store_aligned(reinterpret_cast<std::uint32_t*>(to));
}

/// 0 .. 15: the numbers of codes that are numbers themselves.
template <class Target>
[[gnu::always_inline]] inline Floats<Target> counting() {
    alignas(64) static constexpr float kNumbers[16] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    return Floats<Target>::load_aligned(kNumbers);
}

/// 32 inputs of 4-bit codes, 4 x 64 bytes, which stand for 16 numbers.
template <class Target>
[[gnu::always_inline]] inline void round_nibbles(Place codes, Floats<Target> numbers, Line<Target> line, Bfloat16* to) {
    using V = xsimd::batch<std::uint32_t, typename Target::Arch>;
    static_assert(V::size == 16);
    unroll<4>([&](auto step) __attribute__((always_inline)) {
        const V both = xsimd::bitwise_cast<std::uint32_t>(load_bytes<Target>(codes + step * 64, 0));
        unroll<2>([&](auto half) __attribute__((always_inline)) {
            const auto value = [&](int input) __attribute__((always_inline)) {
                // A look-up among 16 lanes reads the lowest four bits of an index.
                const auto number = xsimd::swizzle(numbers, both >> (8 * input + 4 * static_cast<int>(half)));
                return xsimd::fma(number, line.scale, line.offset);
            };
            Bfloat16* const at = to + (half * 4 + step) * kStepPairs;
            store_pairs<Target>(value(0), value(1), at);
            store_pairs<Target>(value(2), value(3), at + kStepPairs / 2);
        });
    });
}

/// One step of codes 0 .. 255.
template <class Target>
[[gnu::always_inline]] inline void round_step(Ints<Target> codes, Line<Target> line, Bfloat16* to) {
    // A code as the first bits behind the point of a number from 1 on: 1 + code / 256.
    const Floats<Target> scale = line.scale * Floats<Target>(256.0f), offset = line.offset - scale;
    const auto value = [&](auto input) __attribute__((always_inline)) {
        constexpr int kUp = 15 - 8 * static_cast<int>(input);
        const Ints<Target> moved = kUp > 0 ? codes << (kUp > 0 ? kUp : 0) : codes >> (kUp > 0 ? 0 : -kUp);
        const Ints<Target> bits = (moved & Ints<Target>(0xff << 15)) | Ints<Target>(0x3f800000);
        return xsimd::fma(xsimd::bitwise_cast<float>(bits), scale, offset);
    };
    store_pairs<Target>(value(Index<0>{}), value(Index<1>{}), to);
    store_pairs<Target>(value(Index<2>{}), value(Index<3>{}), to + kStepPairs / 2);
}

/// 32 inputs of signed bytes, 8 x 64 bytes.
template <class Target>
[[gnu::always_inline]] inline void round_bytes(Place codes, Line<Target> line, Bfloat16* to) {
    const Line<Target> unsigned_line{line.scale, line.offset - line.scale * Floats<Target>(128.0f)};
    unroll<8>([&](auto step) __attribute__((always_inline)) {
        const auto codes_plus_128 =
            load_bytes<Target>(codes + step * 64, 0) ^ Ints<Target>(static_cast<std::int32_t>(0x80808080u));
        round_step<Target>(codes_plus_128, unsigned_line, to + step * kStepPairs);
    });
}

}  // namespace
}  // namespace quantlens::kernels
