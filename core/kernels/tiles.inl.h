// Products by the processor's own tiles (int8_dot.inl.h): of tokens with packed weights, and of codes alone
// (codes.inl.h).

namespace quantlens::kernels {
namespace {

/// One token to 8 bits, as quantize_token with one scale, which is returned.
template <class Target>
float codes_of_token(const float* x, size_t n, std::int8_t* codes) {
    using V = Floats<Target>;
    static_assert(V::size == 16);
    const float maximum = abs_max<Target>(x, n);
    const V inverse(inverse_of_scale(maximum));
    for (size_t i = 0; i < n; i += V::size) {
        const size_t here = n - i < V::size ? n - i : V::size;
        alignas(64) std::int32_t rounded[V::size];
        xsimd::to_int(xsimd::nearbyint(load_first<V>(x + i, here) * inverse)).store_aligned(rounded);
        for (size_t j = 0; j < V::size; ++j) codes[i + j] = static_cast<std::int8_t>(rounded[j]);
    }
    return maximum / 127.0f;
}

/// Where the sums of 32 tokens x 32 rows, or fewer, are between their steps, and at last.
template <class Sum>
struct SumsOfTiles {
    Sum* sums;  ///< [4][16][16]
    float* out;
    size_t out_stride, tokens, rows;

    /// body(token, half of the rows, 16 sums, their place in out, how many of them are there)
    template <class Body>
    [[gnu::always_inline]] void each_line(Body&& body) const {
        for (size_t t = 0; t < tokens; ++t)
            for (size_t half = 0; half * kPackedRows < rows; ++half) {
                const size_t first = half * kPackedRows, here = rows - first < kPackedRows ? rows - first : kPackedRows;
                body(t, half, sums + ((t / kTileTokens * 2 + half) * kTileTokens + t % kTileTokens) * kPackedRows,
                     out + t * out_stride + first, here);
            }
    }

    /// Asks for the lines of out of a few tokens.
    void ask_for(size_t first, size_t count) const {
        for (size_t t = first; t < first + count && t < tokens; ++t) {
            ask_for_line(out + t * out_stride);
            ask_for_line(out + t * out_stride + rows - 1);
        }
    }
};

/// PackedKernel::multiply_tiles: 32 tokens x 32 rows at once. Eight steps of the rows (16 kB) stay in the first cache
/// while the tokens pass, whose sums are kept meanwhile. With all inputs at once both sides came from the second cache,
/// and with nothing asked ahead: 512 tokens took 9.2 ms instead of 7.1 (int8, 4096 x 4096, one thread). 4, 6, 12 and 16
/// steps were slower.
template <class Target, class Rows>
void multiply_by_tiles(const TilePart& some) {
    using F = Floats<Target>;
    using Sum = typename Rows::Sum;
    using V = xsimd::batch<Sum, typename Target::Arch>;
    constexpr size_t kPair = 2 * kTileTokens, kSteps = 8, kBlocks = Rows::kStepBlocks;
    static_assert(F::size == kPackedRows);
    const size_t chunk = some.tokens > kPair ? kSteps * kBlocks : some.end - some.first;
    Rows weights(some);
    open_tiles();
    for (size_t row = 0; row < some.rows; row += kPair) {
        const size_t rows = some.rows - row < kPair ? some.rows - row : kPair;
        weights.open(row, rows > kPackedRows);
        const auto sums_of = [&](size_t t) {
            const size_t tokens = t >= some.tokens ? 0 : some.tokens - t < kPair ? some.tokens - t : kPair;
            return SumsOfTiles<Sum>{static_cast<Sum*>(some.sums) + t * kPair, some.out + t * some.out_stride + row,
                                    some.out_stride, tokens, rows};
        };
        for (size_t block = some.first; block < some.end; block += chunk) {
            const size_t stop = some.end - block < chunk ? some.end : block + chunk;
            const bool begins = block == some.first && block > 0, ends = stop == some.end;
            weights.start(block);
            for (size_t t = 0; t < some.tokens; t += kPair) {
                const SumsOfTiles<Sum> here = sums_of(t), next = sums_of(t + kPair);
                if (begins)
                    here.each_line([](size_t, size_t, Sum* sums, const float* out, size_t count) {
                        xsimd::bitwise_cast<Sum>(load_first<F>(out, count)).store_aligned(sums);
                    });
                if (block == 0)
                    clear_tile_sums();
                else
                    load_tile_sums(here.sums);
                const char* const inputs = static_cast<const char*>(some.inputs) + t * some.stride;
                for (size_t at = block; at < stop; at += kBlocks) {
                    weights.meanwhile(at, stop);
                    if (begins || ends) next.ask_for((at - block) / kBlocks * (kPair / kSteps), kPair / kSteps);
                    add_tile_products<Rows::kCodes>(inputs + at / kBlocks * 64, some.stride, here.tokens > kTileTokens,
                                                    weights.low(at), weights.high(at));
                }
                store_tile_sums(here.sums);
                if (ends)
                    here.each_line([&](size_t token, size_t half, const Sum* sums, float* out, size_t count) {
                        store_first(weights.result(V::load_aligned(sums), half, t + token), count, out);
                    });
            }
        }
    }
    close_tiles();
}

/// kInt8Channel: codes as they lie in memory, times codes. Sums are integers until the last input is added.
template <class Target>
class ChannelRows {
public:
    using Sum = std::int32_t;
    static constexpr TileCodes kCodes = TileCodes::kSigned;
    static constexpr size_t kStepBlocks = 2;

    explicit ChannelRows(const TilePart& some)
        : some_(some), pairs_((some.tokens + 2 * kTileTokens - 1) / (2 * kTileTokens)), half_(some.end / 2 * 2) {}

    void open(size_t row, bool two_groups) {
        low_ = some_.weights + row / kPackedRows * some_.group_bytes;
        high_ = two_groups ? low_ + some_.group_bytes : low_;
        if (half_ == some_.end) return;
        __builtin_memcpy(last_[0], low_ + half_ * kBlockBytes, kBlockBytes);
        __builtin_memcpy(last_[1], high_ + half_ * kBlockBytes, kBlockBytes);
    }

    /// Begins the inputs from `block` on. While they are met those 8 kB further are asked for, or the next rows' first:
    /// from memory, 32 tokens took 0.49 ms instead of 0.58 (4096 x 4096, two threads).
    void start(size_t block) {
        const size_t next = block + kAhead;
        asked_ =
            next < some_.end ? low_ + next * kBlockBytes : low_ + 2 * some_.group_bytes + some_.first * kBlockBytes;
    }

    /// All tokens' steps share what is asked for; at once it took longer.
    [[gnu::always_inline]] void meanwhile(size_t, size_t) {
        constexpr size_t kLines = kStepBlocks * kBlockBytes / 64;
        for (size_t i = 0; i < kLines; i += pairs_, asked_ += 64) {
            ask_for_line(asked_);
            ask_for_line(asked_ + some_.group_bytes);
        }
    }

    const void* low(size_t at) const { return at == half_ ? last_[0] : low_ + at * kBlockBytes; }
    const void* high(size_t at) const { return at == half_ ? last_[1] : high_ + at * kBlockBytes; }

    [[gnu::always_inline]] Floats<Target> result(Ints<Target> sums, size_t half, size_t token) const {
        if (some_.end < some_.blocks) return xsimd::bitwise_cast<float>(sums);
        using F = Floats<Target>;
        const std::uint8_t* const scales = (half == 0 ? low_ : high_) + some_.blocks * kBlockBytes;
        const F scale = F::load_unaligned(reinterpret_cast<const float*>(scales)) * F(some_.scales[token]);
        return xsimd::to_float(sums) * scale;
    }

private:
    static constexpr size_t kBlockBytes = 32 * kPackedRows, kAhead = 16;

    const TilePart& some_;
    const std::uint8_t *low_ = nullptr, *high_ = nullptr, *asked_ = nullptr;
    size_t pairs_;                                            ///< of tiles of tokens
    size_t half_;                                             ///< where a tile would reach beyond the row
    alignas(64) std::uint8_t last_[2][2 * kBlockBytes] = {};  ///< what is there, and zeros
};

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
