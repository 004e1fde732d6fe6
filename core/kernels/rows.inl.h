// Ranges, rounding and Hadamard steps over rows of values. Meanings: reference.h.

namespace quantlens::kernels {
namespace {

template <class Target>
void min_max(const float* values, size_t n, float* minimum, float* maximum) {
    using V = Floats<Target>;
    float low = values[0], high = values[0];
    size_t i = 0;
    if (n >= 2 * V::size) {
        V lows[2] = {V::load_unaligned(values), V::load_unaligned(values + V::size)};
        V highs[2] = {lows[0], lows[1]};
        for (i = 2 * V::size; i + 2 * V::size <= n; i += 2 * V::size)
            unroll<2>([&](auto chain) __attribute__((always_inline)) {
                const V x = V::load_unaligned(values + i + chain * V::size);
                lows[chain] = xsimd::min(lows[chain], x);
                highs[chain] = xsimd::max(highs[chain], x);
            });
        low = xsimd::reduce_min(xsimd::min(lows[0], lows[1]));
        high = xsimd::reduce_max(xsimd::max(highs[0], highs[1]));
    }
    for (; i < n; ++i) {
        low = values[i] < low ? values[i] : low;
        high = values[i] > high ? values[i] : high;
    }
    *minimum = low;
    *maximum = high;
}

template <class Target>
Floats<Target> rounded_codes(Floats<Target> x, Floats<Target> scale, Floats<Target> zero, Floats<Target> low,
                             Floats<Target> high) {
    return xsimd::min(xsimd::max(xsimd::nearbyint(x / scale) + zero, low), high);
}

template <class Target>
void quantize_row(const float* values, size_t n, float scale, int zero_point, int low, int high, std::int16_t* codes) {
    using V = Floats<Target>;
    constexpr size_t kStep = 4 * V::size;
    const V divisor(scale), zero(static_cast<float>(zero_point)), bottom(static_cast<float>(low)),
        top(static_cast<float>(high));
    alignas(64) float rounded[kStep];
    alignas(64) float tail[kStep];
    for (size_t i = 0; i < n; i += kStep) {
        const size_t count = n - i < kStep ? n - i : kStep;
        const float* from = values + i;
        if (count < kStep) {
            for (size_t j = 0; j < kStep; ++j) tail[j] = j < count ? from[j] : 0.0f;
            from = tail;
        }
        unroll<4>([&](auto v) __attribute__((always_inline)) {
            rounded_codes<Target>(V::load_unaligned(from + v * V::size), divisor, zero, bottom, top)
                .store_aligned(rounded + v * V::size);
        });
        if (count == kStep) {
            for (size_t j = 0; j < kStep; ++j) codes[i + j] = static_cast<std::int16_t>(static_cast<int>(rounded[j]));
        } else {
            for (size_t j = 0; j < count; ++j) codes[i + j] = static_cast<std::int16_t>(static_cast<int>(rounded[j]));
        }
    }
}

// A plain loop: every compiler turns it into widening loads and a multiplication.
inline void dequantize_row(const std::int16_t* codes, size_t n, float scale, int zero_point, float* values) {
    for (size_t i = 0; i < n; ++i) values[i] = static_cast<float>(codes[i] - zero_point) * scale;
}

/// Vectors `distance` apart become their sums and differences.
template <class V>
[[gnu::always_inline]] inline void butterfly(V& a, V& b) {
    const V sum = a + b, difference = a - b;
    a = sum;
    b = difference;
}

template <size_t Distance>
struct Swapped {
    static constexpr std::uint64_t get(std::uint64_t i, std::uint64_t) { return i ^ Distance; }
};

/// As `Swapped`, of two vectors: within each four lanes the first two come from the first.
template <size_t Distance>
struct SwappedOfTwo {
    static constexpr std::uint32_t get(std::uint32_t i, std::uint32_t lanes) {
        return (i ^ std::uint32_t(Distance)) + (i & 2 ? lanes : 0);
    }
};

/// Lane i is lane i ^ Distance of x. AVX2 (eight lanes) permutes single values by an index, in two instructions;
/// swapping halves, and taking from a vector twice, are one.
template <class Target, size_t Distance>
[[gnu::always_inline]] inline Floats<Target> swap_lanes(Floats<Target> x) {
    using Arch = typename Target::Arch;
    if constexpr (kLanes<Target> != 8) {
        return xsimd::swizzle(x, xsimd::make_batch_constant<std::uint32_t, Arch, Swapped<Distance>>());
    } else if constexpr (Distance == 4) {
        const auto pairs = xsimd::make_batch_constant<std::uint64_t, Arch, Swapped<Distance / 2>>();
        return xsimd::bitwise_cast<float>(xsimd::swizzle(xsimd::bitwise_cast<double>(x), pairs));
    } else {
        return xsimd::shuffle(x, x, xsimd::make_batch_constant<std::uint32_t, Arch, SwappedOfTwo<Distance>>());
    }
}

/// The steps inside one vector.
template <class Target>
[[gnu::always_inline]] inline Floats<Target> walsh_lanes(Floats<Target> x) {
    using V = Floats<Target>;
    unroll<4>([&](auto log) __attribute__((always_inline)) {
        constexpr size_t kDistance = size_t{1} << log;
        if constexpr (kDistance < V::size) {
            alignas(64) float signs[V::size];
            for (size_t lane = 0; lane < V::size; ++lane) signs[lane] = lane & kDistance ? -1.0f : 1.0f;
            x = multiply_add<Target>(x, V::load_aligned(signs), swap_lanes<Target, kDistance>(x));
        }
    });
    return x;
}

/// The steps of `distance`, 2 distance, ... between 2^Steps vectors in registers: before them, where `Lanes`, the steps
/// inside the vectors; after them times `factor`. A row is read once for three steps, and not once more for its ends.
template <class Target, size_t Steps, bool Lanes>
void walsh_pass(float* values, size_t n, size_t distance, float factor) {
    using V = Floats<Target>;
    constexpr size_t kRows = size_t{1} << Steps;
    const V factors(factor);
    for (size_t block = 0; block < n; block += kRows * distance)
        for (size_t i = block; i < block + distance; i += V::size) {
            V rows[kRows];
            unroll<kRows>([&](auto r) __attribute__((always_inline)) {
                rows[r] = V::load_unaligned(values + i + r * distance);
                if constexpr (Lanes) rows[r] = walsh_lanes<Target>(rows[r]);
            });
            unroll<Steps>([&](auto step) __attribute__((always_inline)) {
                unroll<kRows>([&](auto r) __attribute__((always_inline)) {
                    constexpr size_t kDistance = size_t{1} << step;
                    if constexpr ((r & kDistance) == 0) butterfly(rows[r], rows[r + kDistance]);
                });
            });
            unroll<kRows>([&](auto r) __attribute__((always_inline)) {
                (rows[r] * factors).store_unaligned(values + i + r * distance);
            });
        }
}

inline void walsh_plain(float* values, size_t n, float factor) {
    for (size_t distance = 1; distance < n; distance *= 2)
        for (size_t block = 0; block < n; block += 2 * distance)
            for (size_t i = block; i < block + distance; ++i) butterfly(values[i], values[i + distance]);
    for (size_t i = 0; i < n; ++i) values[i] *= factor;
}

/// `parts` transforms of n = 2^k values, one after another in memory, times `factor`.
template <class Target>
void walsh(float* values, size_t parts, size_t n, float factor) {
    constexpr size_t kStart = kLanes<Target>;
    for (size_t part = 0; part < parts; ++part, values += n) {
        if (n < kStart) {
            walsh_plain(values, n, factor);
            continue;
        }
        const auto factor_at = [&](size_t end) { return end == n ? factor : 1.0f; };
        if (n < 8 * kStart) {
            walsh_pass<Target, 0, true>(values, n, kStart, factor_at(kStart));
            for (size_t distance = kStart; distance < n; distance *= 2)
                walsh_pass<Target, 1, false>(values, n, distance, factor_at(2 * distance));
            continue;
        }
        walsh_pass<Target, 3, true>(values, n, kStart, factor_at(8 * kStart));
        size_t distance = 8 * kStart;
        for (; distance * 8 <= n; distance *= 8)
            walsh_pass<Target, 3, false>(values, n, distance, factor_at(8 * distance));
        if (distance * 4 == n) walsh_pass<Target, 2, false>(values, n, distance, factor);
        if (distance * 2 == n) walsh_pass<Target, 1, false>(values, n, distance, factor);
    }
}

template <class Target>
void mix_parts(const float* from, size_t parts, size_t n, const std::uint64_t* signs, float scale, float* to) {
    using V = Floats<Target>;
    for (size_t i = 0; i < parts; ++i) {
        const std::uint64_t row = signs[i];
        size_t j = 0;
        for (; j + V::size <= n; j += V::size) {
            V sum(0.0f);
            for (size_t p = 0; p < parts; ++p) {
                const V x = V::load_unaligned(from + p * n + j);
                sum = (row >> p & 1) ? sum - x : sum + x;
            }
            (sum * V(scale)).store_unaligned(to + i * n + j);
        }
        for (; j < n; ++j) {
            float sum = 0;
            for (size_t p = 0; p < parts; ++p) sum = (row >> p & 1) ? sum - from[p * n + j] : sum + from[p * n + j];
            to[i * n + j] = sum * scale;
        }
    }
}

inline void scale_values(float* values, size_t n, float factor) {
    for (size_t i = 0; i < n; ++i) values[i] *= factor;
}

}  // namespace
}  // namespace quantlens::kernels
