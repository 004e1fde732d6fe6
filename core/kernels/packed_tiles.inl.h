// Products of many tokens with packed weights by the processor's tiles (int8_dot.inl.h), whose sums stay there while
// inputs pass. Scales that change along a row forbid that to integers: both sides are bfloat16 here.

namespace quantlens::kernels {
namespace {

/// out[t][row] (+= unless `first`) = sums[4][16][16] of 32 tokens x 32 rows, of which `tokens` x `rows` are there.
template <class Target>
void take_sums(const float* sums, bool first, float* out, size_t out_stride, size_t tokens, size_t rows) {
    using F = Floats<Target>;
    static_assert(F::size == kPackedRows);
    for (size_t t = 0; t < tokens && t < 2 * kTileTokens; ++t)
        for (size_t half = 0; half < 2 && half * F::size < rows; ++half) {
            float* const to = out + t * out_stride + half * F::size;
            const size_t here = rows - half * F::size < F::size ? rows - half * F::size : F::size;
            F sum = F::load_aligned(sums + ((t / kTileTokens * 2 + half) * kTileTokens + t % kTileTokens) * F::size);
            if (!first) sum += load_first<F>(to, here);
            store_first(sum, here, to);
        }
}

/// Writes the weights of one group of rows in bfloat16, block by block.
template <class Layout>
class Rounder {
public:
    Rounder(Place unit, size_t blocks, size_t all) : unit_(unit), blocks_(blocks), left_(all) {}

    [[gnu::always_inline]] void next(Bfloat16* to) {
        const size_t here = left_ + block_ < blocks_ ? left_ + block_ : blocks_;  // the last unit may be shorter
        Layout::round(unit_, block_, to);
        --left_;
        if (++block_ < here) return;
        unit_ = unit_ + Layout::bytes(here);
        block_ = 0;
    }

private:
    Place unit_;
    size_t blocks_, left_, block_ = 0;
};

/// PackedKernel::multiply_rounded: 32 tokens x 32 rows at once. While the first tokens are multiplied the rows' weights
/// are rounded, so that vectors and tiles work at the same time; the other tokens find them in `rounded`.
template <class Target, class Layout>
void multiply_rounded(const std::uint8_t* data, size_t group_bytes, size_t rows, size_t units, size_t blocks,
                      const RoundedInput& x, size_t tokens, float* out, size_t out_stride, Bfloat16* rounded) {
    constexpr size_t kPair = 2 * kTileTokens, kGroupBlock = 8 * kStepPairs, kPairBlock = 2 * kGroupBlock;
    constexpr size_t kAhead = 2;  // tiles wait for what has just been written: one block ahead took 8 % longer
    const PackedWeights weights{data, group_bytes, units, blocks};
    const size_t at_once = units_at_once(blocks);
    alignas(64) float sums[4 * kTileTokens * kPackedRows];
    open_tiles();
    for (size_t unit = 0, block = 0; unit < units; unit += at_once, block += at_once * blocks) {
        const size_t count = x.blocks - block < at_once * blocks ? x.blocks - block : at_once * blocks;
        for (size_t row = 0; row < rows; row += kPair) {
            const Place group = weights.group(row / kPackedRows) + unit * Layout::bytes(blocks);
            const bool two_groups = rows - row > kPackedRows;
            Rounder<Layout> low(group, blocks, count), high(group + group_bytes, blocks, count);
            for (size_t t = 0; t < tokens; t += kPair) {
                const Bfloat16* const left = x.values + (t * x.stride + block) * 32;
                const auto add = [&](size_t i) __attribute__((always_inline)) {
                    const Bfloat16* const right = rounded + i * kPairBlock;
                    add_tile_products<TileCodes::kBfloat16>(left + i * 32, x.stride * 64, tokens - t > kTileTokens,
                                                            right, right + kGroupBlock);
                };
                clear_tile_sums();
                for (size_t i = 0; t == 0 && i < count; ++i) {
                    low.next(rounded + i * kPairBlock);
                    if (two_groups) high.next(rounded + i * kPairBlock + kGroupBlock);
                    if (i >= kAhead) add(i - kAhead);
                }
                for (size_t i = t == 0 && count > kAhead ? count - kAhead : 0; i < count; ++i) add(i);
                store_tile_sums(sums);
                take_sums<Target>(sums, unit == 0, out + t * out_stride + row, out_stride, tokens - t, rows - row);
            }
        }
    }
    close_tiles();
}

}  // namespace
}  // namespace quantlens::kernels
