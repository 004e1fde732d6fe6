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

/// Steps of distance `first`, 2 first, ... within 2^Steps rows of vectors, all in registers.
template <class Target, size_t Steps>
[[gnu::always_inline]] inline void walsh_rows(float* values, size_t stride) {
    using V = Floats<Target>;
    constexpr size_t kRows = size_t{1} << Steps;
    V rows[kRows];
    unroll<kRows>([&](auto r) __attribute__((always_inline)) { rows[r] = V::load_unaligned(values + r * stride); });
    unroll<Steps>([&](auto step) __attribute__((always_inline)) {
        unroll<kRows>([&](auto r) __attribute__((always_inline)) {
            constexpr size_t kDistance = size_t{1} << step;
            if constexpr ((r & kDistance) == 0) butterfly(rows[r], rows[r + kDistance]);
        });
    });
    unroll<kRows>([&](auto r) __attribute__((always_inline)) { rows[r].store_unaligned(values + r * stride); });
}

template <class Target, size_t Steps>
void walsh_pass(float* values, size_t n, size_t distance) {
    constexpr size_t kRows = size_t{1} << Steps;
    for (size_t block = 0; block < n; block += kRows * distance)
        for (size_t i = 0; i < distance; i += kLanes<Target>)
            walsh_rows<Target, Steps>(values + block + i, distance);
}

/// The steps inside one vector: lane i and lane i ^ distance, as a swizzle and a flipped sign.
template <size_t Distance>
struct SwapLanes {
    static constexpr std::uint32_t get(std::uint32_t i, std::uint32_t) { return i ^ static_cast<std::uint32_t>(Distance); }
};

template <class Target>
void walsh_lanes(float* values, size_t n) {
    using V = Floats<Target>;
    using Bits = xsimd::batch<std::uint32_t, typename Target::Arch>;
    for (size_t i = 0; i < n; i += V::size) {
        V x = V::load_unaligned(values + i);
        auto step = [&](auto log) __attribute__((always_inline)) {
            constexpr size_t kDistance = size_t{1} << log;
            if constexpr (kDistance < V::size) {
                alignas(64) std::uint32_t signs[V::size];
                for (std::uint32_t lane = 0; lane < V::size; ++lane) signs[lane] = (lane & kDistance) ? 0x80000000u : 0u;
                const V flipped = xsimd::bitwise_cast<float>(xsimd::bitwise_cast<std::uint32_t>(x) ^
                                                             Bits::load_aligned(signs));
                constexpr auto kSwap =
                    xsimd::make_batch_constant<std::uint32_t, typename Target::Arch, SwapLanes<kDistance>>();
                x = xsimd::swizzle(x, kSwap) + flipped;
            }
        };
        unroll<4>(step);
        x.store_unaligned(values + i);
    }
}

inline void walsh_plain(float* values, size_t n) {
    for (size_t distance = 1; distance < n; distance *= 2)
        for (size_t block = 0; block < n; block += 2 * distance)
            for (size_t i = block; i < block + distance; ++i) butterfly(values[i], values[i + distance]);
}

template <class Target>
void walsh(float* values, size_t parts, size_t n) {
    constexpr size_t kStart = kLanes<Target>;
    if (n < kStart) {
        for (size_t part = 0; part < parts; ++part) walsh_plain(values + part * n, n);
        return;
    }
    for (size_t part = 0; part < parts; ++part) {
        float* from = values + part * n;
        walsh_lanes<Target>(from, n);
        size_t distance = kStart;
        for (; distance * 8 <= n; distance *= 8) walsh_pass<Target, 3>(from, n, distance);
        if (distance * 4 == n) walsh_pass<Target, 2>(from, n, distance);
        if (distance * 2 == n) walsh_pass<Target, 1>(from, n, distance);
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
