// The common ground of the kernels: what a Target is, unrolled loops, multiply-and-add.
// Included once by each unit of arch/; everything is in an anonymous namespace, so no two units share a function.
//
// A Target names an architecture and the tuning that follows from its registers:
//     using Arch                    the xsimd architecture
//     using TransposeArch           the one whose transpose of square blocks is in registers
//     tile_rows, tile_vectors       register tile of the float product: rows x vectors of columns
//     packed_groups                 groups of 16 packed rows that meet the same broadcast activations
//     packed_tokens                 tokens that share their unpacked codes, by how many tiles of sums are in registers
//     packed_streams                groups of 16 rows that are read at once for a single token
#include <cstddef>
#include <cstdint>
#include <utility>

#include <xsimd/xsimd.hpp>

#include "kernels/table.h"

namespace quantlens::kernels {
namespace {

using std::size_t;

template <class Target>
using Floats = xsimd::batch<float, typename Target::Arch>;

template <class Target>
using Ints = xsimd::batch<std::int32_t, typename Target::Arch>;

template <class Target>
constexpr size_t kLanes = Floats<Target>::size;

/// An index as a constant (std::integral_constant is a function of the standard library, which units would share).
template <size_t I>
struct Index {
    constexpr operator size_t() const { return I; }
};

template <class Body, size_t... I>
[[gnu::always_inline]] inline void unroll_over(Body&& body, std::index_sequence<I...>) {
    (body(Index<I>{}), ...);
}

/// body(0), body(1), ... body(N - 1), each with its index as a constant: arrays that it indexes stay in registers.
template <size_t N, class Body>
[[gnu::always_inline]] inline void unroll(Body&& body) {
    unroll_over(body, std::make_index_sequence<N>{});
}

/// a * b + c, fused where the architecture has it. xsimd knows no relaxed SIMD: the one instruction is named here.
template <class Target>
[[gnu::always_inline]] inline Floats<Target> multiply_add(Floats<Target> a, Floats<Target> b, Floats<Target> c) {
#if defined(__wasm_relaxed_simd__)
    return Floats<Target>(wasm_f32x4_relaxed_madd(a, b, c));
#else
    return xsimd::fma(a, b, c);
#endif
}

/// Stores the first `count` values of a vector, or all.
template <class V>
[[gnu::always_inline]] inline void store_first(V values, size_t count, typename V::value_type* to) {
    if (count >= V::size) return values.store_unaligned(to);
    alignas(64) typename V::value_type edge[V::size];
    values.store_aligned(edge);
    for (size_t i = 0; i < count; ++i) to[i] = edge[i];
}

/// A vector of `count` values, or as many as it has; zeros follow.
template <class V>
[[gnu::always_inline]] inline V load_first(const typename V::value_type* from, size_t count) {
    if (count >= V::size) return V::load_unaligned(from);
    alignas(64) typename V::value_type edge[V::size] = {};
    for (size_t i = 0; i < count; ++i) edge[i] = from[i];
    return V::load_aligned(edge);
}

}  // namespace
}  // namespace quantlens::kernels
