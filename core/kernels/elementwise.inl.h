// The exponential and what stands on it, norms, largest magnitudes. Meanings: elementwise.h, reference.h.

namespace quantlens::kernels {
namespace {

/// e^x = 2^n e^r with n = round(x / ln 2), |r| <= ln 2 / 2. ln 2 is subtracted in two parts, the first of which has
/// zeros enough for n times it to be exact; e^r is Cephes' minimax polynomial. 2^n is applied in two halves, so that
/// results below the smallest normal number and infinity come out right.
template <class Target>
[[gnu::always_inline]] inline Floats<Target> exp_of(Floats<Target> x) {
    using V = Floats<Target>;
    const V bounded = xsimd::min(xsimd::max(x, V(-105.0f)), V(90.0f));
    const V n = xsimd::nearbyint(bounded * V(1.44269504088896341f));
    V r = multiply_add<Target>(n, V(-0.693359375f), bounded);
    r = multiply_add<Target>(n, V(2.12194440e-4f), r);
    V p(1.9875691500e-4f);
    p = multiply_add<Target>(p, r, V(1.3981999507e-3f));
    p = multiply_add<Target>(p, r, V(8.3334519073e-3f));
    p = multiply_add<Target>(p, r, V(4.1665795894e-2f));
    p = multiply_add<Target>(p, r, V(1.6666665459e-1f));
    p = multiply_add<Target>(p, r, V(5.0000001201e-1f));
    p = multiply_add<Target>(p, r * r, r) + V(1.0f);
    const Ints<Target> exponent = xsimd::to_int(n);
    const Ints<Target> half = exponent >> 1;
    const auto power = [](Ints<Target> e) __attribute__((always_inline)) {
        return xsimd::bitwise_cast<float>((e + Ints<Target>(127)) << 23);
    };
    const V result = p * power(half) * power(exponent - half);
    return xsimd::select(x != x, x, result);
}

template <class Target>
[[gnu::always_inline]] inline Floats<Target> silu_of(Floats<Target> x) {
    return x / (Floats<Target>(1.0f) + exp_of<Target>(-x));
}

/// The first `count` of a vector's values; the rest is `fill`.
template <class Target>
Floats<Target> load_part(const float* from, size_t count, float fill) {
    alignas(64) float values[kLanes<Target>];
    for (size_t i = 0; i < kLanes<Target>; ++i) values[i] = i < count ? from[i] : fill;
    return Floats<Target>::load_aligned(values);
}

template <class Target>
void store_part(Floats<Target> x, float* to, size_t count) {
    alignas(64) float values[kLanes<Target>];
    x.store_aligned(values);
    for (size_t i = 0; i < count; ++i) to[i] = values[i];
}

/// out[i] = function(x[i], y[i]) over whole vectors and the rest.
template <class Target, class Function>
[[gnu::always_inline]] inline void for_vectors(const float* x, const float* y, float* out, size_t n,
                                               Function function) {
    using V = Floats<Target>;
    size_t i = 0;
    for (; i + V::size <= n; i += V::size)
        function(V::load_unaligned(x + i), V::load_unaligned(y + i)).store_unaligned(out + i);
    if (i < n)
        store_part<Target>(function(load_part<Target>(x + i, n - i, 0.0f), load_part<Target>(y + i, n - i, 0.0f)),
                           out + i, n - i);
}

template <class Target>
void exp(const float* x, float* out, size_t n) {
    using V = Floats<Target>;
    for_vectors<Target>(
        x, x, out, n, [](V a, V) __attribute__((always_inline)) { return exp_of<Target>(a); });
}

template <class Target>
void silu(const float* x, float* out, size_t n) {
    using V = Floats<Target>;
    for_vectors<Target>(
        x, x, out, n, [](V a, V) __attribute__((always_inline)) { return silu_of<Target>(a); });
}

template <class Target>
void silu_times(const float* gate, const float* up, float* out, size_t n) {
    using V = Floats<Target>;
    for_vectors<Target>(
        gate, up, out, n, [](V a, V b) __attribute__((always_inline)) { return silu_of<Target>(a) * b; });
}

/// Sum of e^(values[i] - shift); written to `out` where that is not null.
template <class Target>
float sum_of_exp(const float* values, size_t n, float shift, float* out) {
    using V = Floats<Target>;
    constexpr float kNothing = -1e30f;  // e^ of it is 0
    V sums[2] = {V(0.0f), V(0.0f)};
    size_t i = 0;
    for (; i + 2 * V::size <= n; i += 2 * V::size)
        unroll<2>([&](auto chain) __attribute__((always_inline)) {
            const V power = exp_of<Target>(V::load_unaligned(values + i + chain * V::size) - V(shift));
            sums[chain] += power;
            if (out != nullptr) power.store_unaligned(out + i + chain * V::size);
        });
    for (; i < n; i += V::size) {
        const size_t count = n - i < V::size ? n - i : V::size;
        const V power = exp_of<Target>(load_part<Target>(values + i, count, kNothing) - V(shift));
        sums[0] += power;
        if (out != nullptr) store_part<Target>(power, out + i, count);
    }
    return xsimd::reduce_add(sums[0] + sums[1]);
}

template <class Target>
float abs_max(const float* values, size_t n) {
    using V = Floats<Target>;
    V largest[2] = {V(0.0f), V(0.0f)};
    size_t i = 0;
    for (; i + 2 * V::size <= n; i += 2 * V::size)
        unroll<2>([&](auto chain) __attribute__((always_inline)) {
            largest[chain] = xsimd::max(largest[chain], xsimd::abs(V::load_unaligned(values + i + chain * V::size)));
        });
    for (; i < n; i += V::size) {
        const size_t count = n - i < V::size ? n - i : V::size;
        largest[0] = xsimd::max(largest[0], xsimd::abs(load_part<Target>(values + i, count, 0.0f)));
    }
    return xsimd::reduce_max(xsimd::max(largest[0], largest[1]));
}

/// out = x * gain * factor.
template <class Target>
void scale_by_gain(const float* x, const float* gain, float factor, float* out, size_t n) {
    using V = Floats<Target>;
    const V f(factor);
    for_vectors<Target>(
        x, gain, out, n, [f](V a, V b) __attribute__((always_inline)) { return a * f * b; });
}

/// codes[i] = round_half_even(values[i] / scale), known to be within -127 .. 127.
template <class Target>
void round_to_int8(const float* values, size_t n, float scale, std::int8_t* codes) {
    using V = Floats<Target>;
    constexpr size_t kStep = 4 * V::size;
    const V divisor(scale);
    alignas(64) float rounded[kStep];
    for (size_t i = 0; i < n; i += kStep) {
        const size_t count = n - i < kStep ? n - i : kStep;
        if (count == kStep) {
            unroll<4>([&](auto v) __attribute__((always_inline)) {
                xsimd::nearbyint(V::load_unaligned(values + i + v * V::size) / divisor)
                    .store_aligned(rounded + v * V::size);
            });
            for (size_t j = 0; j < kStep; ++j) codes[i + j] = static_cast<std::int8_t>(static_cast<int>(rounded[j]));
        } else {
            for (size_t j = 0; j < count; j += V::size) {
                const size_t part = count - j < V::size ? count - j : V::size;
                xsimd::nearbyint(load_part<Target>(values + i + j, part, 0.0f) / divisor).store_aligned(rounded + j);
            }
            for (size_t j = 0; j < count; ++j) codes[i + j] = static_cast<std::int8_t>(static_cast<int>(rounded[j]));
        }
    }
}

}  // namespace
}  // namespace quantlens::kernels
