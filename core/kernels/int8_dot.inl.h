// The dot products of small integers, the one place where the kernels name instructions: xsimd has none of them.
#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#elif defined(__wasm__)
#include <wasm_simd128.h>
#endif

namespace quantlens::kernels {
namespace {

/// The same value, as one that no pass of the compiler may move a sum across. g++ 12 computes all products of an
/// unrolled loop before it adds the first, and so keeps dozens of them on the stack.
template <class V>
[[gnu::always_inline]] inline V added_here(V sum) {
#if defined(__x86_64__) && !defined(__clang__)
    typename V::register_type bits = sum;
    asm("" : "+v"(bits));
    return V(bits);
#else
    return sum;
#endif
}

/// Each lane: sum + a0 * b0 + a1 * b1 over the two signed 16-bit halves of the lanes of a and b.
template <class Target>
[[gnu::always_inline]] inline Ints<Target> add_dot_of_pairs(Ints<Target> sum, Ints<Target> a, Ints<Target> b) {
#if defined(__AVX512VNNI__)
    return added_here(Ints<Target>(_mm512_dpwssd_epi32(sum, a, b)));
#elif defined(__AVX512BW__)
    return added_here(sum + Ints<Target>(_mm512_madd_epi16(a, b)));
#elif defined(__AVX2__)
    return added_here(sum + Ints<Target>(_mm256_madd_epi16(a, b)));
#elif defined(__SSE2__)
    return added_here(sum + Ints<Target>(_mm_madd_epi16(a, b)));
#elif defined(__aarch64__)
    const int16x8_t left = vreinterpretq_s16_s32(a), right = vreinterpretq_s16_s32(b);
    const int32x4_t low = vmull_s16(vget_low_s16(left), vget_low_s16(right));
    return Ints<Target>(vaddq_s32(sum, vpaddq_s32(low, vmull_high_s16(left, right))));
#else
    return sum + Ints<Target>(wasm_i32x4_dot_i16x8(a, b));
#endif
}

/// How many codes a 32-bit word of the int8 matrix product holds: 4 where there is an 8-bit dot product, else 2 of 16
/// bits.
#if defined(__AVX512VNNI__)
inline constexpr size_t kCodesInWord = 4;
#else
inline constexpr size_t kCodesInWord = 2;
#endif

/// One step of the int8 matrix product. With 4 codes in a word those on the left are unsigned (the code + 128).
template <class Target>
[[gnu::always_inline]] inline Ints<Target> add_dot_of_words(Ints<Target> sum, Ints<Target> left, Ints<Target> right) {
#if defined(__AVX512VNNI__)
    return added_here(Ints<Target>(_mm512_dpbusd_epi32(sum, left, right)));
#else
    return add_dot_of_pairs<Target>(sum, left, right);
#endif
}

/// Whether the dot products below take an activation word of four bytes, or two words of 16-bit pairs: bytes 0 and 2,
/// then bytes 1 and 3, as masks and shifts leave the codes.
#if defined(__AVX2__)
inline constexpr bool kUnsignedTakesBytes = true, kSignedTakesBytes = true;
#elif defined(QUANTLENS_RELAXED_U8)
// The unit for engines that compute the relaxed dot product as x86's VNNI does: the specification promises only seven
// bits of the second operand, and dispatch.cpp asks whether this engine takes eight.
inline constexpr bool kUnsignedTakesBytes = true, kSignedTakesBytes = true;
#elif defined(__wasm_relaxed_simd__)
inline constexpr bool kUnsignedTakesBytes = true, kSignedTakesBytes = false;
#else
inline constexpr bool kUnsignedTakesBytes = false, kSignedTakesBytes = false;
#endif

/// Sums of products of codes 0 .. MaxCode, four in each lane, with signed 8-bit activations that all lanes share.
///     Sum sum = open(total); up to kSteps times sum = add(sum, codes, activations); total = close(sum, total);
template <class Target, int MaxCode>
struct UnsignedDot {
    using V = Ints<Target>;
    static constexpr bool kTakesBytes = kUnsignedTakesBytes;
    static constexpr size_t kWords = kTakesBytes ? 1 : 2;  // activation words for four inputs

#if defined(__AVX2__) && !defined(__AVX512VNNI__)
    // vpmaddubsw adds pairs of products in 16 bits: a few steps fit before they are widened.
    static constexpr size_t kSteps = 32767 / (2 * MaxCode * 127);
    [[gnu::always_inline]] static V open(V) { return V(0); }
    [[gnu::always_inline]] static V add(V sum, V codes, const std::int32_t* x) {
        return add_vectors(sum, codes, V(*x));
    }
    [[gnu::always_inline]] static V add_vectors(V sum, V codes, V activations) {
        using Shorts = xsimd::batch<std::int16_t, typename Target::Arch>;
#if defined(__AVX512BW__)
        const Shorts products(_mm512_maddubs_epi16(codes, activations));
#else
        const Shorts products(_mm256_maddubs_epi16(codes, activations));
#endif
        return added_here(xsimd::bitwise_cast<std::int32_t>(xsimd::bitwise_cast<std::int16_t>(sum) + products));
    }
    [[gnu::always_inline]] static V close(V sum, V total) {
        return add_dot_of_pairs<Target>(total, sum, V(0x00010001));
    }
#else
    static constexpr size_t kSteps = 1024;
    [[gnu::always_inline]] static V open(V total) { return total; }
    [[gnu::always_inline]] static V close(V sum, V) { return sum; }
#if defined(__AVX512VNNI__)
    [[gnu::always_inline]] static V add_vectors(V sum, V codes, V activations) {
        return added_here(V(_mm512_dpbusd_epi32(sum, codes, activations)));
    }
#elif defined(__wasm_relaxed_simd__)
    [[gnu::always_inline]] static V add_vectors(V sum, V codes, V activations) {
        return V(wasm_i32x4_relaxed_dot_i8x16_i7x16_add(activations, codes, sum));  // seven bits: the codes
    }
#endif
    [[gnu::always_inline]] static V add(V sum, V codes, const std::int32_t* x) {
#if defined(__AVX512VNNI__) || defined(__wasm_relaxed_simd__)
        return add_vectors(sum, codes, V(*x));
#else
        const auto pairs = xsimd::bitwise_cast<std::uint16_t>(codes);
        sum = add_dot_of_pairs<Target>(sum, codes & V(0x00ff00ff), V(x[0]));
        return add_dot_of_pairs<Target>(sum, xsimd::bitwise_cast<std::int32_t>(pairs >> 8), V(x[1]));
#endif
    }
#endif
};

/// The same for codes of eight signed bits, any of them; activations are -127 .. 127.
/// A total starts from kStart times the sum of all activations that will be multiplied.
template <class Target>
struct SignedDot {
    using V = Ints<Target>;
    static constexpr bool kTakesBytes = kSignedTakesBytes;
    static constexpr size_t kWords = kTakesBytes ? 1 : 2;
#if defined(__AVX512VNNI__) || defined(QUANTLENS_RELAXED_U8)
    static constexpr std::int32_t kStart = -128;
    /// The codes as `add` wants them, to be shared by several tokens.
    struct Codes {
        V plus_128;
    };
    [[gnu::always_inline]] static Codes prepare(V codes) { return {codes ^ V(static_cast<std::int32_t>(0x80808080u))}; }
    [[gnu::always_inline]] static V add(V total, Codes codes, const std::int32_t* x) {
        return UnsignedDot<Target, 255>::add_vectors(total, codes.plus_128, V(*x));
    }
#elif defined(__AVX2__)
    static constexpr std::int32_t kStart = 0;
    struct Codes {
        V signs, magnitudes;
    };
#if defined(__AVX512BW__)
    [[gnu::always_inline]] static Codes prepare(V codes) { return {codes, V(_mm512_abs_epi8(codes))}; }
    [[gnu::always_inline]] static V add(V total, Codes codes, const std::int32_t* x) {
        const __m512i activations = V(*x);  // no vpsignb here: negated under a mask
        const __m512i turned =
            _mm512_mask_sub_epi8(activations, _mm512_movepi8_mask(codes.signs), _mm512_setzero_si512(), activations);
        return add_dot_of_pairs<Target>(total, V(_mm512_maddubs_epi16(codes.magnitudes, turned)), V(0x00010001));
    }
#else
    [[gnu::always_inline]] static Codes prepare(V codes) { return {codes, V(_mm256_abs_epi8(codes))}; }
    [[gnu::always_inline]] static V add(V total, Codes codes, const std::int32_t* x) {
        const __m256i turned = _mm256_sign_epi8(V(*x), codes.signs);
        return add_dot_of_pairs<Target>(total, V(_mm256_maddubs_epi16(codes.magnitudes, turned)), V(0x00010001));
    }
#endif
#else
    static constexpr std::int32_t kStart = 0;
    struct Codes {
        V even, odd;
    };
    [[gnu::always_inline]] static Codes prepare(V codes) {
        const auto pairs = xsimd::bitwise_cast<std::int16_t>(codes);
        return {xsimd::bitwise_cast<std::int32_t>((pairs << 8) >> 8), xsimd::bitwise_cast<std::int32_t>(pairs >> 8)};
    }
    [[gnu::always_inline]] static V add(V total, Codes codes, const std::int32_t* x) {
        return add_dot_of_pairs<Target>(add_dot_of_pairs<Target>(total, codes.even, V(x[0])), codes.odd, V(x[1]));
    }
#endif
};

#if defined(__AMX_INT8__)
// Products of whole tiles (Intel's AMX): eight registers of a thread's own, of 16 rows of 64 bytes. Here 0 .. 3 are
// sums of 16 tokens x 16 rows, 4 and 5 codes of 16 tokens, 6 and 7 codes of 16 rows, in steps of four inputs as packed
// weights have them (of two where codes are bfloat16). Compilers take their numbers only as literals, and g++ 12 does
// not know that they read memory.

inline constexpr size_t kTileTokens = 16;

/// What codes are: signed bytes, or unsigned ones on the left, or bfloat16.
enum class TileCodes { kSigned, kUnsignedLeft, kBfloat16 };

/// Gives this thread's tiles their shapes, until close_tiles.
inline void open_tiles() {
    struct alignas(64) {
        std::uint8_t palette = 1, start_row = 0, reserved[14] = {};
        std::uint16_t row_bytes[16] = {};
        std::uint8_t rows[16] = {};
    } shapes;
    for (size_t tile = 0; tile < 8; ++tile) {
        shapes.row_bytes[tile] = 64;
        shapes.rows[tile] = kTileTokens;
    }
    asm volatile("" : : "r"(&shapes) : "memory");  // g++ 12 thinks that only the first eight bytes are read
    _tile_loadconfig(&shapes);
}

inline void close_tiles() { _tile_release(); }

// Four tiles of sums, 32 tokens x 32 rows, over 64 inputs at a time, 32 in bfloat16.

inline void clear_tile_sums() {
    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
    _tile_zero(3);
}

/// Adds the products of what is in tiles 4 to 7. Sums 0 and 1 are those of the first 16 rows on the left, 2 and 3 those
/// of the others if `more`.
template <TileCodes Codes>
[[gnu::always_inline]] inline void add_products_of_tiles(bool more) {
    if constexpr (Codes == TileCodes::kSigned) {
        _tile_dpbssd(0, 4, 6);
        _tile_dpbssd(1, 4, 7);
        if (!more) return;
        _tile_dpbssd(2, 5, 6);
        _tile_dpbssd(3, 5, 7);
    } else if constexpr (Codes == TileCodes::kUnsignedLeft) {
        _tile_dpbusd(0, 4, 6);
        _tile_dpbusd(1, 4, 7);
        if (!more) return;
        _tile_dpbusd(2, 5, 6);
        _tile_dpbusd(3, 5, 7);
    } else {
        _tile_dpbf16ps(0, 4, 6);
        _tile_dpbf16ps(1, 4, 7);
        if (!more) return;
        _tile_dpbf16ps(2, 5, 6);
        _tile_dpbf16ps(3, 5, 7);
    }
}

/// The same, of codes in memory: on the left rows that are `stride` bytes apart, on the right 16 steps, `right_stride`
/// apart, of 16 columns each.
template <TileCodes Codes>
[[gnu::always_inline]] inline void add_tile_products(const void* left, size_t stride, bool more, const void* low,
                                                     const void* high, size_t right_stride = 64) {
    asm volatile("" ::: "memory");
    _tile_loadd(4, left, stride);
    _tile_loadd(6, low, right_stride);
    _tile_loadd(7, high, right_stride);
    if (more) _tile_loadd(5, static_cast<const char*>(left) + kTileTokens * stride, stride);
    add_products_of_tiles<Codes>(more);
}

/// sums[4][16][16]
template <class Sum>
inline void load_tile_sums(const Sum* sums) {
    asm volatile("" ::: "memory");
    _tile_loadd(0, sums, 64);
    _tile_loadd(1, sums + 256, 64);
    _tile_loadd(2, sums + 512, 64);
    _tile_loadd(3, sums + 768, 64);
}

template <class Sum>
inline void store_tile_sums(Sum* sums) {
    _tile_stored(0, sums, 64);
    _tile_stored(1, sums + 256, 64);
    _tile_stored(2, sums + 512, 64);
    _tile_stored(3, sums + 768, 64);
}
#endif

}  // namespace
}  // namespace quantlens::kernels
