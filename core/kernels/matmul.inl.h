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

template <size_t Width>
void pack_steps_of(const float* from, size_t stride, size_t k, size_t count, float* to) {
    for (size_t j = 0; j < count; j += Width) {
        const size_t filled = count - j < Width ? count - j : Width;
        for (size_t step = 0; step < k; ++step, to += Width) {
            const float* source = from + step * stride + j;
            if (filled == Width) {
                for (size_t i = 0; i < Width; ++i) to[i] = source[i];
            } else {
                for (size_t i = 0; i < Width; ++i) to[i] = i < filled ? source[i] : 0.0f;
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

template <class Target>
void pack_transposed(const float* from, size_t stride, size_t k, size_t count, float* to) {
    using V = Floats<Target>;
    constexpr size_t kWidth = Target::tile_vectors * V::size;
    for (size_t j = 0; j < count; j += V::size) {
        const size_t filled = count - j < V::size ? count - j : V::size;
        const float* source = from + j * stride;
        float* panel = to + j / kWidth * kWidth * k + j % kWidth;
        size_t step = 0;
        if (filled == V::size)
            for (; step + V::size <= k; step += V::size) {
                V block[V::size];
                for (size_t i = 0; i < V::size; ++i) block[i] = V::load_unaligned(source + i * stride + step);
                xsimd::transpose(block, block + V::size);
                for (size_t i = 0; i < V::size; ++i) block[i].store_unaligned(panel + (step + i) * kWidth);
            }
        for (; step < k; ++step)
            for (size_t i = 0; i < V::size; ++i)
                panel[step * kWidth + i] = i < filled ? source[i * stride + step] : 0.0f;
    }
    const size_t end = (count + V::size - 1) / V::size * V::size;  // vectors of the last panel that no column fills
    for (size_t j = end; j % kWidth != 0; j += V::size) {
        float* panel = to + j / kWidth * kWidth * k + j % kWidth;
        for (size_t step = 0; step < k; ++step) V(0.0f).store_unaligned(panel + step * kWidth);
    }
}

/// c [Rows x columns] (+)= Rows rows of a, k steps, times one packed panel: all sums stay in registers.
template <class Target, size_t Rows>
void multiply_tile(const float* a, size_t row, size_t step, const float* b, size_t k, float* c, size_t c_stride,
                   size_t columns, bool accumulate) {
    using V = Floats<Target>;
    constexpr size_t kVectors = Target::tile_vectors;
    V sums[Rows][kVectors];
    unroll<Rows>([&](auto r) __attribute__((always_inline)) {
        unroll<kVectors>([&](auto v) __attribute__((always_inline)) { sums[r][v] = V(0.0f); });
    });
    for (; k > 0; --k, a += step, b += kVectors * V::size) {
        V right[kVectors];
        unroll<kVectors>([&](auto v) __attribute__((always_inline)) { right[v] = V::load_aligned(b + v * V::size); });
        unroll<Rows>([&](auto r) __attribute__((always_inline)) {
            const V left(a[r * row]);
            unroll<kVectors>([&](auto v) __attribute__((always_inline)) {
                sums[r][v] = multiply_add<Target>(left, right[v], sums[r][v]);
            });
        });
    }
    if (columns == kVectors * V::size) {
        unroll<Rows>([&](auto r) __attribute__((always_inline)) {
            unroll<kVectors>([&](auto v) __attribute__((always_inline)) {
                float* to = c + r * c_stride + v * V::size;
                (accumulate ? V::load_unaligned(to) + sums[r][v] : sums[r][v]).store_unaligned(to);
            });
        });
    } else {
        alignas(64) float edge[Rows][kVectors * V::size];
        unroll<Rows>([&](auto r) __attribute__((always_inline)) {
            unroll<kVectors>([&](auto v) __attribute__((always_inline)) { sums[r][v].store_aligned(&edge[r][v * V::size]); });
        });
        for (size_t r = 0; r < Rows; ++r)
            for (size_t j = 0; j < columns; ++j)
                c[r * c_stride + j] = accumulate ? c[r * c_stride + j] + edge[r][j] : edge[r][j];
    }
}

using TileFunction = void (*)(const float*, size_t, size_t, const float*, size_t, float*, size_t, size_t, bool);

template <class Target, size_t... Rows>
constexpr TileFunction tile_function(size_t rows, std::index_sequence<Rows...>) {
    constexpr TileFunction kFunctions[] = {multiply_tile<Target, Rows + 1>...};
    return kFunctions[rows - 1];
}

template <class Target>
void multiply_block(const float* a, bool a_by_rows, const float* b, size_t m, size_t n, size_t k, float* c,
                    size_t c_stride, bool accumulate) {
    constexpr size_t kRows = Target::tile_rows, kColumns = Target::tile_vectors * kLanes<Target>;
    const size_t row = a_by_rows ? k : 1, step = a_by_rows ? 1 : kRows;
    for (size_t j = 0; j < n; j += kColumns) {
        const size_t columns = n - j < kColumns ? n - j : kColumns;
        size_t i = 0;
        for (; i + kRows <= m; i += kRows)
            multiply_tile<Target, kRows>(a + i * k, row, step, b + j * k, k, c + i * c_stride + j, c_stride, columns,
                                         accumulate);
        if (i < m)
            tile_function<Target>(m - i, std::make_index_sequence<kRows>{})(
                a + i * k, row, step, b + j * k, k, c + i * c_stride + j, c_stride, columns, accumulate);
    }
}

}  // namespace
}  // namespace quantlens::kernels
