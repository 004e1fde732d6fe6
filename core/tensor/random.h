#pragma once

#include <cmath>
#include <cstdint>
#include <numbers>

namespace quantlens {

/// A seeded generator whose stream is the same on every platform (the standard library's distributions are not).
/// Source: Steele, Lea, Flood 2014, "Fast splittable pseudorandom number generators" (SplitMix64).
class Random {
public:
    explicit Random(std::uint64_t seed) : state_(seed) {}

    std::uint64_t bits() {
        std::uint64_t z = state_ += 0x9e3779b97f4a7c15u;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
        return z ^ (z >> 31);
    }
    /// Uniform in [0, 1).
    double uniform() { return double(bits() >> 11) * 0x1p-53; }
    /// Uniform in 0 .. count - 1; count > 0.
    std::uint64_t below(std::uint64_t count) { return std::uint64_t(uniform() * double(count)); }
    /// Standard normal, by Box and Muller's method.
    double normal() {
        const double radius = std::sqrt(-2.0 * std::log(1.0 - uniform()));
        return radius * std::cos(2.0 * std::numbers::pi * uniform());
    }
    /// A generator for an independent part of the work (a row, a layer), whatever order the parts run in.
    Random split(std::uint64_t part) const {
        Random other(state_ ^ (0xd1342543de82ef95u * (part + 1)));
        other.bits();
        return other;
    }

private:
    std::uint64_t state_;
};

}  // namespace quantlens
