// Products of 8-bit activations with packed weights, straight from the packed bytes, tile by tile (packed_units.inl.h),
// and the quantization of the activations.

namespace quantlens::kernels {
namespace {

inline constexpr size_t kAskedAhead = 2048;

[[gnu::always_inline]] inline void ask_for_lines(const std::uint8_t* from, size_t bytes) {
    for (size_t at = 0; at < bytes; at += 64) ask_for_line(from + at);
}

/// The sums of `Streams` tiles whose groups lie `apart` bytes apart, part by part in turn: `units` of `blocks` x 32
/// inputs each. Several tiles at once are for a single token, whose time is that of reading the weights: a processor
/// asks ahead for each of several runs through memory, but not far enough; so each part asks for what lies 2 kB
/// further. From memory, 4096 x 4096, one thread, without and with it: q4_K 678 and 530 us, q4_0 595 and 488, q8_0 1101
/// and 999, q6_K 970 and 808 (Sapphire Rapids; 1 to 8 kB, and into the first cache, were slower).
template <class Tile, class Layout, size_t Streams>
[[gnu::always_inline]] inline void add_tiles(Place weights, size_t apart, size_t units, size_t blocks,
                                             const PackedInput& input, size_t first,
                                             typename Tile::Floats (&sums)[Streams]) {
    const TileInput<Tile::kTokens> x{input, first};
    typename Layout::template State<Tile> states[Streams];
    const auto each = [](auto&& body) __attribute__((always_inline)) { unroll<Streams>(body); };
    each([&](auto s) __attribute__((always_inline)) { clear<Tile>(sums[s]); });
    size_t block = 0;
    for (size_t unit = 0; unit < units; ++unit) {
        const size_t here = input.blocks - block < blocks ? input.blocks - block : blocks;  // the last may be shorter
        const size_t part_bytes = Layout::bytes(here) / Layout::parts(here);
        each([&](auto s) __attribute__((always_inline)) { Layout::template begin<Tile>(states[s]); });
        for (size_t part = 0; part < Layout::parts(here); ++part)
            each([&](auto s) __attribute__((always_inline)) {
                const Place from = weights + s * apart;
                if constexpr (Streams > 1) ask_for_lines(from.first + part * part_bytes + kAskedAhead, part_bytes);
                Layout::template part<Tile>(from, part, x, block, states[s], sums[s]);
            });
        each([&](auto s) __attribute__((always_inline)) {
            Layout::template finish<Tile>(weights + s * apart, here, x, block, states[s], sums[s]);
        });
        weights = weights + Layout::bytes(here);
        block += here;
    }
}

/// Weights of one kind: groups of 16 rows, `group_bytes` apart, of `units` units of `blocks` x 32 inputs each.
struct PackedWeights {
    const std::uint8_t* data;
    size_t group_bytes, units, blocks;

    Place group(size_t index) const { return {data + index * group_bytes, group_bytes}; }
};

/// out[t][row] for the tile's tokens from `first` on and its groups from `group` on; only of the last may rows be
/// missing: `rows` are there.
template <class Tile, class Layout>
void packed_tile(const PackedWeights& weights, size_t group, const PackedInput& input, size_t first, float* out,
                 size_t out_stride, size_t rows) {
    using F = Floats<typename Tile::Target>;
    typename Tile::Floats tiles[1];
    add_tiles<Tile, Layout, 1>(weights.group(group), 0, weights.units, weights.blocks, input, first, tiles);
    const auto& sums = tiles[0];
    if (rows == Tile::kGroups * kPackedRows) {
        for_tile<Tile>([&](auto t, auto r) __attribute__((always_inline)) {
            sums[t][r].store_unaligned(out + t * out_stride + r * F::size);
        });
    } else {
        alignas(64) float edge[Tile::kTokens][Tile::kGroups * kPackedRows];
        for_tile<Tile>([&](auto t, auto r)
                           __attribute__((always_inline)) { sums[t][r].store_aligned(&edge[t][r * F::size]); });
        for (size_t t = 0; t < Tile::kTokens; ++t)
            for (size_t i = 0; i < rows; ++i) out[t * out_stride + i] = edge[t][i];
    }
}

/// One token times `rows` rows: whole groups of 16, several at a time, then what is left.
template <class Target, class Layout>
void multiply_token(const PackedWeights& weights, size_t rows, const PackedInput& x, size_t token, float* out) {
    using One = Tile<Target, 1, 1>;
    const size_t apart = rows / kPackedRows / Target::packed_streams;
    for (size_t i = 0; i < apart; ++i) {
        typename One::Floats sums[Target::packed_streams];
        add_tiles<One, Layout, Target::packed_streams>(weights.group(i), apart * weights.group_bytes, weights.units,
                                                       weights.blocks, x, token, sums);
        unroll<Target::packed_streams>([&](auto s) __attribute__((always_inline)) {
            for_tile<One>([&](auto t, auto r) __attribute__((always_inline)) {
                sums[s][t][r].store_unaligned(out + (s * apart + i) * kPackedRows + r * Floats<Target>::size);
            });
        });
    }
    for (size_t i = apart * Target::packed_streams; i * kPackedRows < rows; ++i) {
        const size_t left = rows - i * kPackedRows;
        packed_tile<One, Layout>(weights, i, x, token, out + i * kPackedRows, 0,
                                 left < kPackedRows ? left : kPackedRows);
    }
}

/// Several tokens times the rows of `Groups` groups.
template <class Target, class Layout, size_t Groups>
void multiply_tokens(const PackedWeights& weights, size_t group, const PackedInput& x, size_t first, size_t tokens,
                     float* out, size_t out_stride, size_t rows) {
    // A group that is left alone is one of many: fewer kinds of tiles for it keep the units small.
    constexpr size_t kTokens = Groups == Target::packed_groups ? Target::packed_tokens[Layout::kTiles - 1] : 4;
    const auto tiles_of = [&](auto count) __attribute__((always_inline)) {
        for (; tokens >= count; tokens -= count, first += count, out += count * out_stride)
            packed_tile<Tile<Target, count, Groups>, Layout>(weights, group, x, first, out, out_stride, rows);
    };
    tiles_of(Index<kTokens>{});
    if constexpr (kTokens > 8) tiles_of(Index<8>{});
    if constexpr (kTokens > 4) tiles_of(Index<4>{});
    if constexpr (kTokens > 2 && Groups == Target::packed_groups) tiles_of(Index<2>{});
    tiles_of(Index<1>{});
}

template <class Target, class Layout>
void multiply_packed(const std::uint8_t* data, size_t group_bytes, size_t rows, size_t units, size_t blocks,
                     const PackedInput& x, size_t first, size_t tokens, float* out, size_t out_stride) {
    const PackedWeights weights{data, group_bytes, units, blocks};
    if (tokens == 1) return multiply_token<Target, Layout>(weights, rows, x, first, out);
    size_t group = 0;
    const auto groups_of = [&](auto groups) __attribute__((always_inline)) {
        constexpr size_t kRows = groups * kPackedRows;
        for (; rows > 0 && (rows >= kRows || groups == 1); group += groups, out += kRows) {
            const size_t here = rows < kRows ? rows : kRows;
            multiply_tokens<Target, Layout, groups>(weights, group, x, first, tokens, out, out_stride, here);
            rows -= here;
        }
    };
    if constexpr (Target::packed_groups > 1) groups_of(Index<Target::packed_groups>{});
    groups_of(Index<1>{});
}

/// What values of at most this magnitude are multiplied by to be codes. Below 2^-120 it would leave float's range; such
/// values count as zero.
inline float inverse_of_scale(float maximum) { return maximum < 0x1p-120f ? 0.0f : 127.0f / maximum; }

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
        const V inverse(inverse_of_scale(maximum));
        Ints<Target> halves[2] = {Ints<Target>(0), Ints<Target>(0)};
        unroll<kVectors>([&](auto v) __attribute__((always_inline)) {
            const Ints<Target> whole = xsimd::to_int(xsimd::nearbyint(values[v] * inverse));
            whole.store_aligned(rounded + v * V::size);
            halves[v * V::size / 16] += whole;
        });
        for (size_t j = 0; j < 32; ++j) codes[j] = static_cast<std::int8_t>(rounded[j]);
        const std::int32_t low = xsimd::reduce_add(halves[0]), high = xsimd::reduce_add(halves[1]);
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
            .multiply_tiles = nullptr,
            .bytes = Layout::bytes,
            .words_in_block = 8 * Layout::Dot::kWords,
            .start = Layout::kStart,
            .start_of = Layout::kStartOf};
}

}  // namespace
}  // namespace quantlens::kernels
