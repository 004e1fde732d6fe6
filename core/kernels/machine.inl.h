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

/// kPeakChains steps of the int8 matrix product a round.
template <class Target>
std::int32_t code_peak(size_t rounds) {
    using V = Ints<Target>;
    V sums[kPeakChains];
    unroll<kPeakChains>([&](auto i) __attribute__((always_inline)) { sums[i] = V(static_cast<std::int32_t>(i)); });
    for (size_t round = 0; round < rounds; ++round) {
        const V left(static_cast<std::int32_t>(round & 0x7f)), right(3);  // changes, so that no product is hoisted
        unroll<kPeakChains>([&](auto i) __attribute__((always_inline)) {
            sums[i] = add_dot_of_words<Target>(sums[i], left ^ V(static_cast<std::int32_t>(i)), right);
        });
    }
    V all(0);
    unroll<kPeakChains>([&](auto i) __attribute__((always_inline)) { all += sums[i]; });
    return xsimd::reduce_add(all);
}

/// Sums floats, for the speed at which memory is read.
template <class Target>
float read_floats(const float* values, size_t n) {
    using V = Floats<Target>;
    constexpr size_t kChains = 8;
    V sums[kChains];
    unroll<kChains>([&](auto i) __attribute__((always_inline)) { sums[i] = V(0.0f); });
    for (size_t at = 0; at + kChains * V::size <= n; at += kChains * V::size)
        unroll<kChains>([&](auto i) __attribute__((always_inline)) { sums[i] += V::load_unaligned(values + at + i * V::size); });
    V all(0.0f);
    unroll<kChains>([&](auto i) __attribute__((always_inline)) { all += sums[i]; });
    return xsimd::reduce_add(all);
}

}  // namespace
}  // namespace quantlens::kernels
