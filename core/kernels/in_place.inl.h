// Products of several tokens with float32 weights that are read where they are, rows of contiguous inputs. The tokens,
// which are fewer, are laid out instead: panels of tile_columns, step after step (pack_transposed).

namespace quantlens::kernels {
namespace {

/// sums += `k` steps of Rows rows of weights times a panel, while lines of `ahead` are asked for.
template <class Target, size_t Rows, size_t Vectors>
[[gnu::always_inline]] inline void add_in_place(const float* weights, size_t stride, const float* panel, size_t k,
                                                const Ahead<float>& ahead, Floats<Target> (&sums)[Rows][Vectors]) {
    using V = Floats<Target>;
    constexpr size_t kLine = 64 / sizeof(float), kWidth = Target::tile_vectors * V::size;
    // One address for four rows: more would not stay in registers.
    constexpr size_t kQuads = (Rows + 3) / 4;
    const float* quads[kQuads];
    unroll<kQuads>([&](auto q) __attribute__((always_inline)) { quads[q] = weights + 4 * q * stride; });
    const auto steps = [&](size_t count) __attribute__((always_inline)) {
        for (size_t i = 0; i < count; ++i, panel += kWidth) {
            V right[Vectors];
            unroll<Vectors>([&](auto v)
                                __attribute__((always_inline)) { right[v] = V::load_aligned(panel + v * V::size); });
            unroll<Rows>([&](auto r) __attribute__((always_inline)) {
                const V left(quads[r / 4][r % 4 * stride + i]);
                unroll<Vectors>([&](auto v) __attribute__((always_inline)) {
                    sums[r][v] = multiply_add<Target>(left, right[v], sums[r][v]);
                });
            });
        }
        unroll<kQuads>([&](auto q) __attribute__((always_inline)) { quads[q] += count; });
    };
    size_t first = 0;
    for (; first + kLine <= k; first += kLine) {
        for (size_t r = 0; r < ahead.rows; ++r) ask_for_line(ahead.from + r * ahead.stride + first);
        steps(kLine);
    }
    steps(k - first);
}

/// Rows x the tokens of a panel, of which `tokens` are there.
template <class Target, size_t Rows, size_t Vectors>
void multiply_in_place_tile(const InPlace& some, const float* weights, const float* panel, size_t tokens, float* kept,
                            float* out, const Ahead<float>& ahead) {
    using V = Floats<Target>;
    constexpr size_t kWidth = Vectors * V::size;
    V sums[Rows][Vectors];
    const auto each = [&](auto&& body) __attribute__((always_inline)) {
        unroll<Rows>([&](auto r) __attribute__((always_inline)) {
            unroll<Vectors>([&](auto v) __attribute__((always_inline)) { body(sums[r][v], r * kWidth + v * V::size); });
        });
    };
    each([&](V & sum, size_t at)
             __attribute__((always_inline)) { sum = some.first ? V(0.0f) : V::load_aligned(kept + at); });
    add_in_place<Target>(weights, some.stride, panel, some.steps, ahead, sums);
    alignas(64) float whole[Rows * kWidth];
    float* const to = some.last ? whole : kept;
    each([&](V sum, size_t at) __attribute__((always_inline)) { sum.store_aligned(to + at); });
    if (!some.last) return;
    for (size_t t = 0; t < tokens; ++t)
        for (size_t r = 0; r < Rows; ++r) out[t * some.out_stride + r] = whole[r * kWidth + t];
}

/// Rows at a time, at most: rows are often a multiple of 4096 bytes apart, so that their lines share a few places of
/// the first cache. It must have more than that (8 on Zen 4).
template <class Target>
inline constexpr size_t kRowsInPlace = Target::tile_rows < 6 ? Target::tile_rows : 6;

template <class Target, size_t Rows = kRowsInPlace<Target>>
void multiply_in_place(const InPlace& some) {
    constexpr size_t kLanes = kernels::kLanes<Target>, kWidth = Target::tile_vectors * kLanes;
    const size_t panels = (some.tokens + kWidth - 1) / kWidth;
    size_t row = 0;
    const auto rows_of = [&](auto rows) __attribute__((always_inline)) {
        for (; row + rows <= some.rows; row += rows) {
            const float* const weights = some.weights + row * some.stride;
            const size_t left = some.rows - row - rows, next = left < rows ? left : size_t{rows};
            for (size_t p = 0; p < panels; ++p) {
                // Each panel asks for some of the next rows.
                const size_t from = p * next / panels, end = (p + 1) * next / panels;
                const Ahead<float> ahead{weights + (rows + from) * some.stride, some.stride, end - from};
                const size_t tokens = some.tokens - p * kWidth < kWidth ? some.tokens - p * kWidth : kWidth;
                const auto tile = [&](auto vectors) __attribute__((always_inline)) {
                    multiply_in_place_tile<Target, rows, vectors>(some, weights, some.panels + p * some.panel_stride,
                                                                  tokens,
                                                                  some.kept + (row * panels + p * rows) * kWidth,
                                                                  some.out + p * kWidth * some.out_stride + row, ahead);
                };
                if (tokens > kLanes)
                    tile(Index<Target::tile_vectors>{});
                else
                    tile(Index<1>{});
            }
        }
    };
    rows_of(Index<Rows>{});
    rows_of(Index<1>{});
}

}  // namespace
}  // namespace quantlens::kernels
