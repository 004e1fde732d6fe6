// What the machine can do at most: arithmetic on registers alone, and reading memory. Benchmarks divide by these.

namespace quantlens::kernels {
namespace {

inline constexpr size_t kPeakChains = 12;  // more than the latency of any of the instructions needs

/// kPeakChains fused multiply-adds of whole vectors a round.
template <class Target>
float float_peak(size_t rounds) {
    using V = Floats<Target>;
    V sums[kPeakChains];
    unroll<kPeakChains>([&](auto i) __attribute__((always_inline)) { sums[i] = V(static_cast<float>(i)); });
    const V factor(0.999f), addend(0.001f);
    for (size_t round = 0; round < rounds; ++round)
        unroll<kPeakChains>([&](auto i) __attribute__((always_inline)) {
            sums[i] = multiply_add<Target>(sums[i], factor, addend);
        });
    V all(0.0f);
    unroll<kPeakChains>([&](auto i) __attribute__((always_inline)) { all += sums[i]; });
    return xsimd::reduce_add(all);
}

/// The same value, as one of which the compiler knows nothing: it computes with it anew.
template <class V>
[[gnu::always_inline]] inline V seen_anew(V value, [[maybe_unused]] std::int32_t salt) {
#if defined(__x86_64__)
    typename V::register_type bits = value;
    asm volatile("" : "+v"(bits));
    return V(bits);
#else
    return value ^ V(salt);
#endif
}

/// Codes in a lane of what code_peak multiplies.
inline constexpr size_t kPeakCodes = kUnsignedTakesBytes ? 4 : kCodesInWord;

/// kPeakChains steps a round of the fastest product of 8-bit codes that there is: four-bit codes times activations
/// where an instruction takes bytes, else the int8 matrix product's.
template <class Target>
std::int32_t code_peak(size_t rounds) {
    using V = Ints<Target>;
    V sums[kPeakChains];
    unroll<kPeakChains>([&](auto i) __attribute__((always_inline)) { sums[i] = V(static_cast<std::int32_t>(i)); });
    for (size_t round = 0; round < rounds; ++round) {
        const V left(static_cast<std::int32_t>(round & 0x7f)), right(3);  // changes, so that no product is hoisted
        unroll<kPeakChains>([&](auto i) __attribute__((always_inline)) {
            const V codes = seen_anew(left, static_cast<std::int32_t>(i));
            if constexpr (kUnsignedTakesBytes)
                sums[i] = UnsignedDot<Target, 15>::add_vectors(sums[i], codes, right);
            else
                sums[i] = add_dot_of_words<Target>(sums[i], codes, right);
        });
    }
    V all(0);
    unroll<kPeakChains>([&](auto i) __attribute__((always_inline)) { all += sums[i]; });
    return xsimd::reduce_add(all);
}

/// Sums floats, for the speed at which memory is read: four runs at once, as products read several rows. On an Intel
/// Xeon one run gave 15.5 GB/s, four 16.8.
template <class Target>
float read_floats(const float* values, size_t n) {
    using V = Floats<Target>;
    constexpr size_t kRuns = 4, kChains = 2, kStep = kChains * V::size;
    const size_t run = n / (kRuns * kStep) * kStep;
    V sums[kRuns][kChains];
    const auto each = [&](auto&& body) __attribute__((always_inline)) {
        unroll<kRuns>([&](auto r) __attribute__((always_inline)) {
            unroll<kChains>([&](auto i) __attribute__((always_inline)) { body(r, i); });
        });
    };
    each([&](auto r, auto i) __attribute__((always_inline)) { sums[r][i] = V(0.0f); });
    for (size_t at = 0; at < run; at += kStep)
        each([&](auto r, auto i) __attribute__((always_inline)) {
            sums[r][i] += V::load_unaligned(values + r * run + at + i * V::size);
        });
    V all(0.0f);
    each([&](auto r, auto i) __attribute__((always_inline)) { all += sums[r][i]; });
    return xsimd::reduce_add(all);
}

}  // namespace
}  // namespace quantlens::kernels
