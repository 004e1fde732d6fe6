// Dot products and the inner parts of matrix products. Meanings: reference.h; blocking and threads: matmul.cpp.

namespace quantlens::kernels {
namespace {

template <class Target>
float dot(const float* a, const float* b, size_t n) {
    using V = Floats<Target>;
    constexpr size_t kChains = 4;  // hides the latency of the fused multiply-add
    V sums[kChains];
    unroll<kChains>([&](auto chain) __attribute__((always_inline)) { sums[chain] = V(0.0f); });
    size_t i = 0;
    for (; i + kChains * V::size <= n; i += kChains * V::size)
        unroll<kChains>([&](auto chain) __attribute__((always_inline)) {
            const size_t at = i + chain * V::size;
            sums[chain] = multiply_add<Target>(V::load_unaligned(a + at), V::load_unaligned(b + at), sums[chain]);
        });
    for (; i + V::size <= n; i += V::size)
        sums[0] = multiply_add<Target>(V::load_unaligned(a + i), V::load_unaligned(b + i), sums[0]);
    float sum = xsimd::reduce_add((sums[0] + sums[1]) + (sums[2] + sums[3]));
    for (; i < n; ++i) sum += a[i] * b[i];
    return sum;
}

template <class Target>
void axpy(float alpha, const float* x, float* y, size_t n) {
    using V = Floats<Target>;
    const V factor(alpha);
    size_t i = 0;
    for (; i + V::size <= n; i += V::size)
        multiply_add<Target>(factor, V::load_unaligned(x + i), V::load_unaligned(y + i)).store_unaligned(y + i);
    for (; i < n; ++i) y[i] += alpha * x[i];
}

/// Panels of Width lines. Some steps of all panels at a time: a step's lines are contiguous, the next step's lie in
/// another page, and one panel after the other would read each page as often as there are panels.
template <size_t Width>
void pack_steps_of(const float* from, size_t stride, size_t k, size_t count, float* to) {
    constexpr size_t kSteps = 8;
    for (size_t first = 0; first < k; first += kSteps) {
        const size_t end = k - first < kSteps ? k : first + kSteps;
        for (size_t j = 0; j < count; j += Width) {
            const size_t filled = count - j < Width ? count - j : Width;
            float* panel = to + j * k + first * Width;
            for (size_t step = first; step < end; ++step, panel += Width) {
                const float* source = from + step * stride + j;
                if (filled == Width) {
                    for (size_t i = 0; i < Width; ++i) panel[i] = source[i];
                } else {
                    for (size_t i = 0; i < Width; ++i) panel[i] = i < filled ? source[i] : 0.0f;
                }
            }
        }
    }
}

template <class Target>
void pack_steps(const float* from, size_t stride, size_t k, size_t count, size_t width, float* to) {
    if (width == Target::tile_rows)
        pack_steps_of<Target::tile_rows>(from, stride, k, count, to);
    else
        pack_steps_of<Target::tile_vectors * kLanes<Target>>(from, stride, k, count, to);
}

/// The arithmetic of a product: the type of its elements and sums, and one step of it over a vector of columns.
template <class Target>
struct FloatProduct {
    using Value = float;
    using Vector = Floats<Target>;
    static constexpr size_t kLeftStride = kMostSteps;
    static constexpr bool kPanelsHaveStart = false;  // whether a panel's first row is what its sums start from
    [[gnu::always_inline]] static Vector add(Vector sum, Vector left, Vector right) {
        return multiply_add<Target>(left, right, sum);
    }
};

/// Integer codes: a lane holds several steps of one column (kCodesInWord of int8_dot.inl.h).
template <class Target>
struct CodeProduct {
    using Value = std::int32_t;
    using Vector = Ints<Target>;
    static constexpr size_t kLeftStride = kMostCodeWords;
    static constexpr bool kPanelsHaveStart = kCodesInWord == 4;
    [[gnu::always_inline]] static Vector add(Vector sum, Vector left, Vector right) {
        return add_dot_of_words<Target>(sum, left, right);
    }
};

/// Panels of tile_columns columns from element (k, j) at from[j * stride + k], `panel_stride` values apart.
template <class Target, class Value>
void pack_transposed(const Value* from, size_t stride, size_t k, size_t count, Value* to, size_t panel_stride) {
    using V = xsimd::batch<Value, typename Target::TransposeArch>;
    using Moved = xsimd::batch<float, typename Target::TransposeArch>;  // xsimd transposes these; others by aliasing
    constexpr size_t kWidth = Target::tile_vectors * kLanes<Target>;
    for (size_t j = 0; j < count; j += V::size) {
        const size_t filled = count - j < V::size ? count - j : V::size;
        const Value* source = from + j * stride;
        Value* panel = to + j / kWidth * panel_stride + j % kWidth;
        size_t step = 0;
        if (filled == V::size)
            for (; step + V::size <= k; step += V::size) {
                Moved block[V::size];
                unroll<V::size>([&](auto i) __attribute__((always_inline)) {
                    block[i] = xsimd::bitwise_cast<float>(V::load_unaligned(source + i * stride + step));
                });
                xsimd::transpose(block, block + V::size);
                unroll<V::size>([&](auto i) __attribute__((always_inline)) {
                    xsimd::bitwise_cast<Value>(block[i]).store_unaligned(panel + (step + i) * kWidth);
                });
            }
        for (; step < k; ++step)
            for (size_t i = 0; i < V::size; ++i)
                panel[step * kWidth + i] = i < filled ? source[i * stride + step] : Value{};
    }
    const size_t end = (count + V::size - 1) / V::size * V::size;  // vectors of the last panel that no column fills
    for (size_t j = end; j % kWidth != 0; j += V::size) {
        Value* panel = to + j / kWidth * panel_stride + j % kWidth;
        for (size_t step = 0; step < k; ++step) V(Value{}).store_unaligned(panel + step * kWidth);
    }
}

template <class Target>
void pack_transposed_floats(const float* from, size_t stride, size_t k, size_t count, float* to) {
    pack_transposed<Target>(from, stride, k, count, to, k * Target::tile_vectors * kLanes<Target>);
}

/// Brings the cache line into the second cache.
template <class Value>
[[gnu::always_inline]] inline void ask_for_line([[maybe_unused]] const Value* at) {
#if !defined(__wasm__)  // which has no such instruction
    __builtin_prefetch(at, 0, 2);
#endif
}

/// c [Rows x columns] (into) Rows rows of a, k steps, times one packed panel, and what is `kept` of former steps if
/// anything: all sums stay in registers.
template <class Target, class Product, bool ByRows, size_t Rows>
void multiply_tile(const typename Product::Value* a, const typename Product::Value* b, size_t k,
                   const typename Product::Value* kept, typename Product::Value* c, size_t c_stride, size_t columns,
                   Into into, const Ahead<typename Product::Value>& ahead) {
    using V = typename Product::Vector;
    using Value = typename Product::Value;
    constexpr size_t kVectors = Target::tile_vectors, kLine = 64 / sizeof(Value);
    constexpr size_t kTile = Rows * kVectors * V::size;
    constexpr size_t kRow = ByRows ? Product::kLeftStride : 1, kStep = ByRows ? 1 : Target::tile_rows;
    // Rows of c are far apart, so that no prefetcher of the machine's foresees them.
    if (into != Into::kSet)
        unroll<Rows>([&](auto r) __attribute__((always_inline)) { __builtin_prefetch(c + r * c_stride, 1); });
    V sums[Rows][kVectors];
    unroll<Rows>([&](auto r) __attribute__((always_inline)) {
        unroll<kVectors>([&](auto v) __attribute__((always_inline)) {
            sums[r][v] = Product::kPanelsHaveStart ? V::load_aligned(b + v * V::size) : V(Value{});
        });
    });
    if constexpr (Product::kPanelsHaveStart) b += kVectors * V::size;
    for (size_t first = 0; first < k; first += kLine) {
        for (size_t r = 0; r < ahead.rows; ++r) ask_for_line(ahead.from + r * ahead.stride + first);
        if (kept != nullptr && first < kTile) ask_for_line(kept + kTile + first);  // the next tile's
        const size_t end = k - first < kLine ? k : first + kLine;
        for (size_t i = first; i < end; ++i, a += kStep, b += kVectors * V::size) {
            V right[kVectors];
            unroll<kVectors>([&](auto v)
                                 __attribute__((always_inline)) { right[v] = V::load_aligned(b + v * V::size); });
            unroll<Rows>([&](auto r) __attribute__((always_inline)) {
                const V left(a[r * kRow]);
                unroll<kVectors>([&](auto v) __attribute__((always_inline)) {
                    sums[r][v] = Product::add(sums[r][v], left, right[v]);
                });
            });
        }
    }
    if (kept != nullptr)
        unroll<Rows>([&](auto r) __attribute__((always_inline)) {
            unroll<kVectors>([&](auto v) __attribute__((always_inline)) {
                sums[r][v] = V::load_aligned(kept + (r * kVectors + v) * V::size) + sums[r][v];
            });
        });
    const bool read = into != Into::kSet, negate = into == Into::kSubtract;
    if (columns == kVectors * V::size) {
        unroll<Rows>([&](auto r) __attribute__((always_inline)) {
            unroll<kVectors>([&](auto v) __attribute__((always_inline)) {
                Value* to = c + r * c_stride + v * V::size;
                const V before = read ? V::load_unaligned(to) : V(Value{});
                (negate ? before - sums[r][v] : read ? before + sums[r][v] : sums[r][v]).store_unaligned(to);
            });
        });
    } else {
        alignas(64) Value edge[Rows][kVectors * V::size];
        unroll<Rows>([&](auto r) __attribute__((always_inline)) {
            unroll<kVectors>([&](auto v)
                                 __attribute__((always_inline)) { sums[r][v].store_aligned(&edge[r][v * V::size]); });
        });
        for (size_t r = 0; r < Rows; ++r)
            for (size_t j = 0; j < columns; ++j) {
                Value& to = c[r * c_stride + j];
                to = negate ? to - edge[r][j] : read ? to + edge[r][j] : edge[r][j];
            }
    }
}

template <class Target, class Product, bool ByRows>
void multiply_panels(const typename Product::Value* a, const typename Product::Value* b, size_t m, size_t n, size_t k,
                     const Sums<typename Product::Value>& sums, const Ahead<typename Product::Value>& ahead) {
    constexpr size_t kRows = Target::tile_rows, kColumns = Target::tile_vectors * kLanes<Target>;
    const size_t panel = (k + (Product::kPanelsHaveStart ? 1 : 0)) * kColumns;
    for (size_t j = 0; j < n; j += kColumns, b += panel) {
        const size_t columns = !sums.last || n - j > kColumns ? kColumns : n - j;
        // Asked for meanwhile, some lines a step: the next panel, after the last one what the caller wants.
        using Asked = Ahead<typename Product::Value>;
        const Asked asked = j + kColumns < n ? Asked{.from = b + panel, .stride = k, .rows = kColumns} : ahead;
        size_t i = 0;
        const auto rows_of = [&](auto rows) __attribute__((always_inline)) {
            for (; i + rows <= m; i += rows) {
                const size_t first = i * asked.rows / m, end = (i + rows) * asked.rows / m;
                auto* const kept = sums.kept + j * m + i * kColumns;
                multiply_tile<Target, Product, ByRows, rows>(
                    a + (ByRows ? i * Product::kLeftStride : i / kRows * kRows * k + i % kRows), b, k,
                    sums.first ? nullptr : kept, sums.last ? sums.out + i * sums.stride + j : kept,
                    sums.last ? sums.stride : kColumns, columns, sums.last ? sums.into : Into::kSet,
                    {.from = asked.from + first * asked.stride, .stride = asked.stride, .rows = end - first});
            }
        };
        rows_of(Index<kRows>{});
        if constexpr (kRows > 8) rows_of(Index<8>{});
        if constexpr (kRows > 4) rows_of(Index<4>{});
        rows_of(Index<2>{});
        rows_of(Index<1>{});
    }
}

template <class Target>
void multiply_block(const float* a, bool a_by_rows, const float* b, size_t m, size_t n, size_t k,
                    const Sums<float>& sums, const Ahead<float>& ahead) {
    if (a_by_rows)
        multiply_panels<Target, FloatProduct<Target>, true>(a, b, m, n, k, sums, ahead);
    else
        multiply_panels<Target, FloatProduct<Target>, false>(a, b, m, n, k, sums, ahead);
}

/// Rows x Tokens sums over k steps that are contiguous in both operands, each a vector until its end. Asks for the same
/// steps of `next`, a row that will be read later, if there is one.
template <class Target, size_t Rows, size_t Tokens>
void multiply_few_tile(const float* x, size_t x_stride, const float* weights, size_t weights_stride, size_t k,
                       const float* next, float* out, size_t out_stride, bool add) {
    using V = Floats<Target>;
    V sums[Rows][Tokens];
    unroll<Rows>([&](auto r) __attribute__((always_inline)) {
        unroll<Tokens>([&](auto t) __attribute__((always_inline)) { sums[r][t] = V(0.0f); });
    });
    size_t i = 0;
    for (; i + V::size <= k; i += V::size) {
        if (next != nullptr) ask_for_line(next + i);
        V left[Tokens];
        unroll<Tokens>([&](auto t)
                           __attribute__((always_inline)) { left[t] = V::load_unaligned(x + t * x_stride + i); });
        unroll<Rows>([&](auto r) __attribute__((always_inline)) {
            const V right = V::load_unaligned(weights + r * weights_stride + i);
            unroll<Tokens>([&](auto t) __attribute__((always_inline)) {
                sums[r][t] = multiply_add<Target>(left[t], right, sums[r][t]);
            });
        });
    }
    unroll<Rows>([&](auto r) __attribute__((always_inline)) {
        unroll<Tokens>([&](auto t) __attribute__((always_inline)) {
            float sum = xsimd::reduce_add(sums[r][t]);
            for (size_t j = i; j < k; ++j) sum += x[t * x_stride + j] * weights[r * weights_stride + j];
            float& to = out[t * out_stride + r];
            to = add ? to + sum : sum;
        });
    });
}

/// Whether a tile of many sums fits into registers: there are 32 of them, else 16.
template <class Target>
inline constexpr bool kManyRegisters = Target::tile_rows* Target::tile_vectors > 16;

/// `next`: the rows after these, null where there are fewer.
template <class Target, size_t Rows>
void multiply_few_rows(const float* x, size_t x_stride, size_t tokens, const float* weights, size_t weights_stride,
                       size_t k, const float* next, float* out, size_t out_stride, bool add) {
    constexpr size_t kTokens = kManyRegisters<Target> ? 4 : 2;
    size_t t = 0;
    const auto tiles_of = [&](auto count) __attribute__((always_inline)) {
        for (; t + count <= tokens; t += count) {
            // Each of the first tiles asks for a row; where there are too few tiles for that, the machine foresees
            // more.
            const bool asks = next != nullptr && tokens >= Rows * kTokens && t < Rows * kTokens;
            multiply_few_tile<Target, Rows, count>(x + t * x_stride, x_stride, weights, weights_stride, k,
                                                   asks ? next + t / kTokens * weights_stride : nullptr,
                                                   out + t * out_stride, out_stride, add);
        }
    };
    tiles_of(Index<kTokens>{});
    if constexpr (kTokens > 2) tiles_of(Index<2>{});
    tiles_of(Index<1>{});
}

template <class Target>
void multiply_few(const float* x, size_t x_stride, size_t tokens, const float* weights, size_t weights_stride,
                  size_t rows, size_t k, float* out, size_t out_stride, bool add) {
    size_t row = 0;
    const auto rows_of = [&](auto count) __attribute__((always_inline)) {
        for (; row + count <= rows; row += count) {
            const float* const from = weights + row * weights_stride;
            const float* const next = row + 2 * count <= rows ? from + count * weights_stride : nullptr;
            multiply_few_rows<Target, count>(x, x_stride, tokens, from, weights_stride, k, next, out + row, out_stride,
                                             add);
        }
    };
    if constexpr (kManyRegisters<Target>) rows_of(Index<6>{});
    rows_of(Index<4>{});
    rows_of(Index<1>{});
}

}  // namespace
}  // namespace quantlens::kernels
