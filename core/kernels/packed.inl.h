// Products of 8-bit activations with packed weights, straight from the packed bytes, tile by tile (packed_units.inl.h),
// and the quantization of the activations.

namespace quantlens::kernels {
namespace {

/// The sums of a tile for `Streams` groups of 16 rows that lie `apart` bytes apart, part by part in turn: `units` of
/// `blocks` x 32 inputs each. Several groups at once are for a single token, whose time is that of reading the weights:
/// a processor asks ahead for each of several runs through memory, but not far enough ahead of one.
template <class Target, class Layout, size_t Tokens, size_t Streams>
[[gnu::always_inline]] inline void add_groups(const std::uint8_t* weights, size_t apart, size_t units, size_t blocks,
                                              const PackedInput& input, size_t first,
                                              FloatTile<Target, Tokens> (&sums)[Streams]) {
    const TileInput<Tokens> x{input, first};
    typename Layout::template State<Tokens> states[Streams];
    const auto each = [](auto&& body) __attribute__((always_inline)) { unroll<Streams>(body); };
    each([&](auto s) __attribute__((always_inline)) { clear<Target, Tokens>(sums[s]); });
    size_t block = 0;
    for (size_t unit = 0; unit < units; ++unit) {
        const size_t here = input.blocks - block < blocks ? input.blocks - block : blocks;  // the last may be shorter
        each([&](auto s) __attribute__((always_inline)) { Layout::template begin<Tokens>(states[s]); });
        for (size_t part = 0; part < Layout::parts(here); ++part)
            each([&](auto s) __attribute__((always_inline)) {
                Layout::template part<Tokens>(weights + s * apart, part, x, block, states[s], sums[s]);
            });
        each([&](auto s) __attribute__((always_inline)) {
            Layout::template finish<Tokens>(weights + s * apart, here, x, states[s], sums[s]);
        });
        weights += Layout::bytes(here);
        block += here;
    }
}

/// out[t][row] for 16 rows, `rows` of which exist, and Tokens tokens.
template <class Target, class Layout, size_t Tokens>
void packed_tile(const std::uint8_t* weights, size_t units, size_t blocks, const PackedInput& input, size_t first,
                 float* out, size_t out_stride, size_t rows) {
    using F = Floats<Target>;
    FloatTile<Target, Tokens> groups[1];
    add_groups<Target, Layout, Tokens, 1>(weights, 0, units, blocks, input, first, groups);
    const auto& sums = groups[0];
    if (rows == kPackedRows) {
        for_tile<Target, Tokens>([&](auto t, auto r) __attribute__((always_inline)) {
            sums[t][r].store_unaligned(out + t * out_stride + r * F::size);
        });
    } else {
        alignas(64) float edge[Tokens][kPackedRows];
        for_tile<Target, Tokens>([&](auto t, auto r) __attribute__((always_inline)) {
            sums[t][r].store_aligned(&edge[t][r * F::size]);
        });
        for (size_t t = 0; t < Tokens; ++t)
            for (size_t i = 0; i < rows; ++i) out[t * out_stride + i] = edge[t][i];
    }
}

/// All tokens first .. first + tokens - 1 times one group of 16 rows.
template <class Target, class Layout>
void multiply_packed(const std::uint8_t* weights, size_t units, size_t blocks, const PackedInput& x, size_t first,
                     size_t tokens, float* out, size_t out_stride, size_t rows) {
    const auto tiles_of = [&](auto count) __attribute__((always_inline)) {
        for (; tokens >= count; tokens -= count, first += count, out += count * out_stride)
            packed_tile<Target, Layout, count>(weights, units, blocks, x, first, out, out_stride, rows);
    };
    tiles_of(Index<Target::packed_tokens>{});
    if constexpr (Target::packed_tokens > 4) tiles_of(Index<4>{});
    if constexpr (Target::packed_tokens > 2) tiles_of(Index<2>{});
    tiles_of(Index<1>{});
}

/// One token times `rows` rows: whole groups of 16, `group_bytes` apart, several at a time, then what is left.
template <class Target, class Layout>
void multiply_token(const std::uint8_t* weights, size_t group_bytes, size_t rows, size_t units, size_t blocks,
                    const PackedInput& x, float* out) {
    const size_t apart = rows / kPackedRows / Target::packed_streams;
    for (size_t i = 0; i < apart; ++i) {
        FloatTile<Target, 1> sums[Target::packed_streams];
        add_groups<Target, Layout, 1, Target::packed_streams>(weights + i * group_bytes, apart * group_bytes, units,
                                                              blocks, x, 0, sums);
        unroll<Target::packed_streams>([&](auto s) __attribute__((always_inline)) {
            for_tile<Target, 1>([&](auto t, auto r) __attribute__((always_inline)) {
                sums[s][t][r].store_unaligned(out + (s * apart + i) * kPackedRows + r * Floats<Target>::size);
            });
        });
    }
    for (size_t i = apart * Target::packed_streams; i * kPackedRows < rows; ++i) {
        const size_t left = rows - i * kPackedRows;
        packed_tile<Target, Layout, 1>(weights + i * group_bytes, units, blocks, x, 0, out + i * kPackedRows, 0,
                                       left < kPackedRows ? left : kPackedRows);
    }
}

/// One token to 8 bits: codes (zero beyond n), and for each 32 inputs the scale, the sums of the codes of each half and
/// the scaled sum of both. With `one_scale` the scale is that of the whole token.
template <class Target>
void quantize_token(const float* x, size_t n, bool one_scale, std::int8_t* codes, float* scales, std::int32_t* sums,
                    float* scaled_sums) {
    using V = Floats<Target>;
    constexpr size_t kVectors = 32 / V::size;
    const float largest_of_all = one_scale ? abs_max<Target>(x, n) : 0.0f;
    alignas(64) float tail[32];
    alignas(64) std::int32_t rounded[32];
    for (size_t i = 0; i < n; i += 32, codes += 32, sums += 2) {
        const float* from = x + i;
        if (n - i < 32) {
            for (size_t j = 0; j < 32; ++j) tail[j] = j < n - i ? from[j] : 0.0f;
            from = tail;
        }
        V values[kVectors];
        V largest(0.0f);
        unroll<kVectors>([&](auto v) __attribute__((always_inline)) {
            values[v] = V::load_unaligned(from + v * V::size);
            largest = xsimd::max(largest, xsimd::abs(values[v]));
        });
        const float maximum = one_scale ? largest_of_all : xsimd::reduce_max(largest);
        // Below 2^-120 the inverse would leave float's range; such a block counts as zero.
        const V inverse(maximum < 0x1p-120f ? 0.0f : 127.0f / maximum);
        unroll<kVectors>([&](auto v) __attribute__((always_inline)) {
            xsimd::to_int(xsimd::nearbyint(values[v] * inverse)).store_aligned(rounded + v * V::size);
        });
        for (size_t j = 0; j < 32; ++j) codes[j] = static_cast<std::int8_t>(rounded[j]);
        std::int32_t low = 0, high = 0;
        for (size_t j = 0; j < 16; ++j) low += rounded[j];
        for (size_t j = 16; j < 32; ++j) high += rounded[j];
        const float scale = maximum / 127.0f;
        sums[0] = low;
        sums[1] = high;
        *scales++ = scale;
        *scaled_sums++ = scale * static_cast<float>(low + high);
    }
}

/// Four codes a step as they are, or spread to two words of 16-bit pairs.
inline void spread_codes(const std::int8_t* codes, size_t steps, std::int32_t* words) {
    for (size_t step = 0; step < steps; ++step)
        for (size_t odd = 0; odd < 2; ++odd)
            words[2 * step + odd] = static_cast<std::int32_t>(
                static_cast<std::uint32_t>(static_cast<std::uint16_t>(codes[4 * step + odd])) |
                static_cast<std::uint32_t>(static_cast<std::uint16_t>(codes[4 * step + odd + 2])) << 16);
}

template <class Target, class Layout>
constexpr PackedKernel packed_kernel() {
    return {.multiply = multiply_packed<Target, Layout>,
            .multiply_token = multiply_token<Target, Layout>,
            .bytes = Layout::bytes,
            .words_in_block = 8 * Layout::Dot::kWords};
}

}  // namespace
}  // namespace quantlens::kernels
