// Products of 8-bit codes by the processor's own tiles (int8_dot.inl.h): with weights that have a scale a channel, and
// of codes alone (codes.inl.h).

namespace quantlens::kernels {
namespace {

/// out[t][row] = sum * scale of the row * scale of the token, for 16 tokens and `rows` rows.
template <class Target>
void scale_channel_sums(const std::int32_t* sums, const std::uint8_t* row_scales, const PackedInput& x, size_t first,
                        float* out, size_t out_stride, size_t rows) {
    using F = Floats<Target>;
    static_assert(F::size == kPackedRows);
    const F scales = F::load_unaligned(reinterpret_cast<const float*>(row_scales));
    for (size_t t = 0; t < kTileTokens; ++t) {
        const F scale = scales * F(x.scales[(first + t) * x.stride]);
        const F values = xsimd::to_float(Ints<Target>::load_aligned(sums + t * kPackedRows)) * scale;
        store_first(values, rows, out + t * out_stride);
    }
}

/// kInt8Channel times some of the tokens; returns how many: whole tiles of 16. Sums stay in the tiles from a row's
/// start to its end: 32 tokens x 32 rows at once.
template <class Target>
size_t multiply_channels_by_tiles(const PackedWeights& weights, size_t rows, const PackedInput& x, size_t first,
                                  size_t tokens, float* out, size_t out_stride) {
    constexpr size_t kPair = 2 * kTileTokens, kBytes = 64;
    const size_t whole = x.blocks / 2, stride = x.stride * 32;
    open_tiles();
    alignas(64) std::uint8_t last[2][kBytes * kPackedRows] = {};
    alignas(64) std::int32_t sums[4][kTileTokens * kPackedRows];
    for (size_t row = 0; row < rows; row += kPair) {
        const bool two_groups = rows - row > kPackedRows;
        const std::uint8_t* const low = weights.group(row / kPackedRows).first;
        const std::uint8_t* const high = two_groups ? low + weights.group_bytes : low;
        if (x.blocks % 2 != 0) {  // half of the last tile is beyond the row: zeros there
            __builtin_memcpy(last[0], low + whole * 1024, 512);
            __builtin_memcpy(last[1], high + whole * 1024, 512);
        }
        for (size_t t = 0; t + kTileTokens <= tokens; t += kPair) {
            const bool two_tiles = tokens - t >= kPair;
            const std::int32_t* const left = x.words + (first + t) * x.stride * x.words_in_block;
            clear_tile_sums();
            for (size_t i = 0; i < whole; ++i)
                add_tile_products<TileCodes::kSigned>(left + i * 16, stride, two_tiles, low + i * 1024,
                                                      high + i * 1024);
            if (x.blocks % 2 != 0)
                add_tile_products<TileCodes::kSigned>(left + whole * 16, stride, two_tiles, last[0], last[1]);
            store_tile_sums(sums[0]);
            for (size_t i = 0; i < 4; ++i) {
                const size_t token = t + i / 2 * kTileTokens, at = row + i % 2 * kPackedRows;
                if (token + kTileTokens > tokens || at >= rows) continue;
                scale_channel_sums<Target>(sums[i], (i % 2 == 0 ? low : high) + x.blocks * 512, x, first + token,
                                           out + token * out_stride + at, out_stride,
                                           rows - at < kPackedRows ? rows - at : kPackedRows);
            }
        }
    }
    close_tiles();
    return tokens / kTileTokens * kTileTokens;
}

/// multiply_codes of codes.inl.h: 32 rows x a panel of 32 columns at once. Sums are set, never added to `out`.
template <class Target>
void multiply_codes_by_tiles(const std::int32_t* a, const std::int32_t* b, size_t m, size_t n, size_t words,
                             const Sums<std::int32_t>& result) {
    using V = Ints<Target>;
    constexpr size_t kSide = 2 * kTileTokens, kSteps = 16, kStride = kSide * sizeof *b;
    static_assert(CodeProduct<Target>::kPanelsHaveStart && Target::tile_vectors * V::size == kSide);
    const size_t whole = words / kSteps, rest = words % kSteps;
    open_tiles();
    for (size_t j = 0; j < n; j += kSide, b += (1 + words) * kSide) {
        const std::int32_t* const steps = b + kSide;
        alignas(64) std::int32_t last[kSteps * kSide] = {}, sums[4][kTileTokens * kTileTokens];
        __builtin_memcpy(last, steps + whole * kSteps * kSide, rest * kStride);
        for (size_t i = 0; i < m; i += kSide) {
            const std::int32_t* const left = a + i * kMostCodeWords;
            const bool more = m - i > kTileTokens;
            const auto add = [&](size_t step, const std::int32_t* right) __attribute__((always_inline)) {
                add_tile_products<TileCodes::kUnsignedLeft>(left + step, kMostCodeWords * sizeof *a, more, right,
                                                            right + kSide / 2, kStride);
            };
            clear_tile_sums();
            for (size_t s = 0; s < whole; ++s) add(s * kSteps, steps + s * kSteps * kSide);
            if (rest > 0) add(whole * kSteps, last);
            store_tile_sums(sums[0]);
            for (size_t row = i; row < m && row < i + kSide; ++row)
                for (size_t half = 0; half < 2; ++half) {
                    const size_t column = j + half * V::size, tile = (row - i) / kTileTokens * 2 + half;
                    std::int32_t* const kept = result.kept + j * m + row * kSide + half * V::size;
                    V sum = V::load_aligned(sums[tile] + row % kTileTokens * V::size);
                    sum += V::load_aligned(b + half * V::size);
                    if (!result.first) sum += V::load_aligned(kept);
                    if (result.last)
                        store_first(sum, column < n ? n - column : 0, result.out + row * result.stride + column);
                    else
                        sum.store_aligned(kept);
                }
        }
    }
    close_tiles();
}

/// Four products of tiles a round: what the processor can do at most (machine.inl.h).
inline std::int32_t code_peak_of_tiles(size_t rounds) {
    alignas(64) std::int32_t sums[4 * kTileTokens * kPackedRows] = {};
    open_tiles();
    clear_tile_sums();
    add_tile_products<TileCodes::kSigned>(sums, 64, true, sums, sums);
    for (size_t round = 1; round < rounds; ++round) add_products_of_tiles<TileCodes::kSigned>(true);
    store_tile_sums(sums);
    close_tiles();
    return sums[0];
}
inline constexpr double kTilePeakOperations = 4 * 2.0 * kTileTokens * kPackedRows * 64;

}  // namespace
}  // namespace quantlens::kernels
