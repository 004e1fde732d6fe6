// What a block of 16 or 32 inputs of packed codes adds to the sums of a tile. How layouts are made of blocks:
// packed_units.inl.h.
//
// The codes of a step of a tile are unpacked once and meet one broadcast word of activations for each token. Sums are
// exact integers over the inputs that share their scales, then float.

namespace quantlens::kernels {
namespace {

/// Vectors that hold one value for each of the 16 rows.
template <class Target>
constexpr size_t kRowVectors = kPackedRows / kLanes<Target>;

/// Some tokens x 16 rows of each of some groups: where there are registers for two groups, both meet the same broadcast
/// activations.
template <class TargetOf, size_t TokensOf, size_t GroupsOf>
struct Tile {
    using Target = TargetOf;
    static constexpr size_t kTokens = TokensOf, kGroups = GroupsOf;
    static constexpr size_t kVectors = kGroups * kRowVectors<Target>;
    using Ints = kernels::Ints<Target>[kTokens][kVectors];
    using Floats = kernels::Floats<Target>[kTokens][kVectors];
};

/// body(token, vector) for all of a tile.
template <class Tile, class Body>
[[gnu::always_inline]] inline void for_tile(Body&& body) {
    unroll<Tile::kTokens>([&](auto t) __attribute__((always_inline)) {
        unroll<Tile::kVectors>([&](auto r) __attribute__((always_inline)) { body(t, r); });
    });
}

/// The same place in each of a tile's groups, which lie `apart` bytes apart.
struct Place {
    const std::uint8_t* first;
    size_t apart;

    [[gnu::always_inline]] Place operator+(size_t bytes) const { return {first + bytes, apart}; }
    /// Where vector r of the tile's rows begins, of which a row has `bytes` bytes.
    template <class Target>
    [[gnu::always_inline]] const std::uint8_t* vector(size_t r, size_t bytes) const {
        return first + r / kRowVectors<Target> * apart + r % kRowVectors<Target> * kLanes<Target> * bytes;
    }
};

template <class Target>
[[gnu::always_inline]] inline Ints<Target> load_bytes(Place from, size_t r) {
    return Ints<Target>::load_unaligned(reinterpret_cast<const std::int32_t*>(from.vector<Target>(r, 4)));
}

// Vectors of the compiler, for the widening loads that xsimd lacks.
template <class Target>
using WideRow [[gnu::vector_size(4 * kLanes<Target>)]] = std::int32_t;

template <class Target, class Narrow>
[[gnu::always_inline]] inline Ints<Target> load_widened(const Narrow* from) {
    using Row [[gnu::vector_size(sizeof(Narrow) * kLanes<Target>)]] = Narrow;
    Row narrow;
    __builtin_memcpy(&narrow, from, sizeof narrow);
    const auto wide = __builtin_convertvector(narrow, WideRow<Target>);
    return Ints<Target>(__builtin_bit_cast(typename Ints<Target>::register_type, wide));
}

/// FP16 to float, exact for finite numbers. Without an instruction for it the exponent's bias is corrected by a
/// multiplication, which is slow for scales below 2^-14: they are denormal on the way.
template <class Target>
[[gnu::always_inline]] inline Floats<Target> load_halves(Place place, size_t r) {
    const std::uint8_t* from = place.vector<Target>(r, 2);
#if defined(__F16C__) && defined(__AVX512F__)
    return Floats<Target>(_mm512_cvtph_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(from))));
#elif defined(__F16C__)
    return Floats<Target>(_mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from))));
#else
    const auto half = load_widened<Target>(reinterpret_cast<const std::uint16_t*>(from));
    const auto magnitude = xsimd::bitwise_cast<float>((half & Ints<Target>(0x7fff)) << 13) * Floats<Target>(0x1p112f);
    const auto sign = (half & Ints<Target>(0x8000)) << 16;
    return xsimd::bitwise_cast<float>(xsimd::bitwise_cast<std::int32_t>(magnitude) | sign);
#endif
}

/// Bytes, signed or not as Narrow is, to float. g++ 12 widens a vector of bytes one by one where it is not told how.
template <class Target, class Narrow>
[[gnu::always_inline]] inline Floats<Target> load_small(Place place, size_t r) {
    const std::uint8_t* from = place.vector<Target>(r, 1);
    [[maybe_unused]] constexpr bool kSigned = Narrow(-1) < Narrow(0);
#if defined(__AVX512F__)
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
    return xsimd::to_float(Ints<Target>(kSigned ? _mm512_cvtepi8_epi32(bytes) : _mm512_cvtepu8_epi32(bytes)));
#elif defined(__AVX2__)
    const __m128i bytes = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(from));
    return xsimd::to_float(Ints<Target>(kSigned ? _mm256_cvtepi8_epi32(bytes) : _mm256_cvtepu8_epi32(bytes)));
#else
    return xsimd::to_float(load_widened<Target>(reinterpret_cast<const Narrow*>(from)));
#endif
}

/// The activations of a tile's tokens at one block of 32 inputs.
template <size_t Tokens>
struct TileInput {
    const PackedInput& x;
    size_t first;  // token

    [[gnu::always_inline]] const std::int32_t* words(size_t t, size_t block) const {
        return x.words + ((first + t) * x.stride + block) * x.words_in_block;
    }
    [[gnu::always_inline]] float scale(size_t t, size_t block) const {
        return x.scales[(first + t) * x.stride + block];
    }
    [[gnu::always_inline]] float scaled_sum(size_t t, size_t block) const {
        return x.scaled_sums[(first + t) * x.stride + block];
    }
    /// What the sums of a block start from, or those of its half.
    [[gnu::always_inline]] std::int32_t start(size_t t, size_t block, size_t half = 0) const {
        return x.starts[((first + t) * x.stride + block) * 2 + half];
    }
};

/// The steps of a block: unrolled, but not in WebAssembly. There it is half the size as a loop, and no slower: engines
/// keep fewer of so many values in registers.
template <size_t Steps, class Body>
[[gnu::always_inline]] inline void for_steps(Body&& body) {
#if defined(__wasm__)
    for (size_t step = 0; step < Steps; ++step) body(step);
#else
    unroll<Steps>(body);
#endif
}

/// totals += 32 inputs of 4-bit codes, 4 x 64 bytes.
template <class Tile>
[[gnu::always_inline]] inline void add_nibbles(Place codes, const TileInput<Tile::kTokens>& x, size_t block,
                                               typename Tile::Ints& totals) {
    using Target = typename Tile::Target;
    using Dot = UnsignedDot<Target, 15>;
    static_assert(Dot::kSteps >= 8);
    using V = Ints<Target>;
    constexpr size_t kWords = Dot::kWords;
    const V mask(0x0f0f0f0f);
    typename Tile::Ints sums;
    for_tile<Tile>([&](auto t, auto r) __attribute__((always_inline)) { sums[t][r] = Dot::open(totals[t][r]); });
    for_steps<4>([&](auto step) __attribute__((always_inline)) {
        V low[Tile::kVectors], high[Tile::kVectors];
        unroll<Tile::kVectors>([&](auto r) __attribute__((always_inline)) {
            const V both = load_bytes<Target>(codes + step * 64, r);
            low[r] = both & mask;
            high[r] = (both >> 4) & mask;
        });
        unroll<Tile::kTokens>([&](auto t) __attribute__((always_inline)) {
            const std::int32_t* words = x.words(t, block);
            unroll<Tile::kVectors>([&](auto r) __attribute__((always_inline)) {
                sums[t][r] = Dot::add(sums[t][r], low[r], words + step * kWords);
                sums[t][r] = Dot::add(sums[t][r], high[r], words + (step + 4) * kWords);
            });
        });
    });
    for_tile<Tile>([&](auto t, auto r)
                       __attribute__((always_inline)) { totals[t][r] = Dot::close(sums[t][r], totals[t][r]); });
}

/// totals += 32 inputs of signed 8-bit codes, 8 x 64 bytes.
template <class Tile>
[[gnu::always_inline]] inline void add_bytes(Place codes, const TileInput<Tile::kTokens>& x, size_t block,
                                             typename Tile::Ints& totals) {
    using Target = typename Tile::Target;
    using Dot = SignedDot<Target>;
    for_steps<8>([&](auto step) __attribute__((always_inline)) {
        typename Dot::Codes prepared[Tile::kVectors];
        unroll<Tile::kVectors>([&](auto r) __attribute__((always_inline)) {
            prepared[r] = Dot::prepare(load_bytes<Target>(codes + step * 64, r));
        });
        for_tile<Tile>([&](auto t, auto r) __attribute__((always_inline)) {
            totals[t][r] = Dot::add(totals[t][r], prepared[r], x.words(t, block) + step * Dot::kWords);
        });
    });
}

/// Every byte of `codes`, 0 .. 15, replaced by NF4's level of that code.
template <class Target>
[[gnu::always_inline]] inline Ints<Target> nf4_levels(Ints<Target> codes) {
#if defined(__AVX512BW__)
    const __m128i levels = _mm_loadu_si128(reinterpret_cast<const __m128i*>(kNf4Levels));
    return Ints<Target>(_mm512_shuffle_epi8(_mm512_broadcast_i32x4(levels), codes));
#elif defined(__AVX2__)
    const __m128i levels = _mm_loadu_si128(reinterpret_cast<const __m128i*>(kNf4Levels));
    return Ints<Target>(_mm256_shuffle_epi8(_mm256_broadcastsi128_si256(levels), codes));
#elif defined(__wasm_simd128__)
    return Ints<Target>(wasm_i8x16_swizzle(wasm_v128_load(kNf4Levels), codes));
#elif defined(__aarch64__)
    return Ints<Target>(vreinterpretq_s32_s8(vqtbl1q_s8(vld1q_s8(kNf4Levels), vreinterpretq_u8_s32(codes))));
#else
    std::uint8_t bytes[sizeof codes];  // no byte shuffle here
    std::int8_t levels[sizeof codes];
    __builtin_memcpy(bytes, &codes, sizeof codes);
    for (size_t i = 0; i < sizeof codes; ++i) levels[i] = kNf4Levels[bytes[i]];
    __builtin_memcpy(&codes, levels, sizeof codes);
    return codes;
#endif
}

/// totals += 32 inputs of NF4 codes, 4 x 64 bytes.
template <class Tile>
[[gnu::always_inline]] inline void add_levels(Place codes, const TileInput<Tile::kTokens>& x, size_t block,
                                              typename Tile::Ints& totals) {
    using Target = typename Tile::Target;
    using Dot = SignedDot<Target>;
    using V = Ints<Target>;
    const V mask(0x0f0f0f0f);
    for (size_t step = 0; step < 8; ++step) {
        const int shift = step < 4 ? 0 : 4;
        typename Dot::Codes prepared[Tile::kVectors];
        unroll<Tile::kVectors>([&](auto r) __attribute__((always_inline)) {
            const V both = load_bytes<Target>(codes + step % 4 * 64, r);
            prepared[r] = Dot::prepare(nf4_levels<Target>((both >> shift) & mask));
        });
        for_tile<Tile>([&](auto t, auto r) __attribute__((always_inline)) {
            totals[t][r] = Dot::add(totals[t][r], prepared[r], x.words(t, block) + step * Dot::kWords);
        });
    }
}

/// Four steps of 6-bit codes.
template <class Target>
struct SixBits {
    using V = Ints<Target>;
    V of[4];

    [[gnu::always_inline]] SixBits(Place codes, size_t r) {
        const V low_mask(0x0f0f0f0f), high_mask(0x30303030);
        const V first = load_bytes<Target>(codes, r), second = load_bytes<Target>(codes + 64, r);
        const V high = load_bytes<Target>(codes + 128, r);
        of[0] = (first & low_mask) | ((high << 4) & high_mask);
        of[1] = (second & low_mask) | ((high << 2) & high_mask);
        of[2] = ((first >> 4) & low_mask) | (high & high_mask);
        of[3] = ((second >> 4) & low_mask) | ((high >> 2) & high_mask);
    }
};

/// totals += 16 inputs of 6-bit codes: 2 x 64 bytes of low halves, 64 bytes with two bits for each of four steps.
template <class Tile>
[[gnu::always_inline]] inline void add_six_bits(Place codes, const TileInput<Tile::kTokens>& x, size_t block,
                                                size_t half, typename Tile::Ints& totals) {
    using Target = typename Tile::Target;
    using Dot = UnsignedDot<Target, 63>;
    static_assert(Dot::kSteps >= 2);
    using V = Ints<Target>;
    V code[4][Tile::kVectors];
    unroll<Tile::kVectors>([&](auto r) __attribute__((always_inline)) {
        const SixBits<Target> steps(codes, r);
        unroll<4>([&](auto step) __attribute__((always_inline)) { code[step][r] = steps.of[step]; });
    });
    for_tile<Tile>([&](auto t, auto r) __attribute__((always_inline)) {
        const std::int32_t* words = x.words(t, block) + half * 4 * Dot::kWords;
        unroll<2>([&](auto part) __attribute__((always_inline)) {
            V sum = Dot::open(totals[t][r]);
            sum = Dot::add(sum, code[2 * part][r], words + 2 * part * Dot::kWords);
            sum = Dot::add(sum, code[2 * part + 1][r], words + (2 * part + 1) * Dot::kWords);
            totals[t][r] = Dot::close(sum, totals[t][r]);
        });
    });
}

/// The totals of a block, or of its half, start from what its activations give (PackedInput::starts), or from zero.
template <class Tile, bool FromZero = false>
[[gnu::always_inline]] inline void start(typename Tile::Ints& totals, const TileInput<Tile::kTokens>& x, size_t block,
                                         size_t half = 0) {
    for_tile<Tile>([&](auto t, auto r) __attribute__((always_inline)) {
        totals[t][r] = Ints<typename Tile::Target>(FromZero ? 0 : x.start(t, block, half));
    });
}

}  // namespace
}  // namespace quantlens::kernels
