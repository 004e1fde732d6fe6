// How a range of values becomes a grid: the rules of each convention, and the search for the best range.
//
// The rules are those of IST-DASLab/gptq quant.py, llm-awq quantizer.py, QuaRot quant_utils.py, DeepSpeed
// compression/utils.py and bitsandbytes int8_vectorwise_quant, written anew; commits in tests/golden/README.md.

#include <array>
#include <bit>
#include <cmath>
#include <limits>

#include "kernels/rows.h"
#include "methods/uniform.h"

namespace quantlens::methods {
namespace {

/// The values' extent as a convention prepares it. `narrowest` is the least width that its code divides.
struct Range {
    float low, high;
    float narrowest = 0;
};

float magnitude(Range r) { return std::max(std::abs(r.low), std::abs(r.high)); }

/// (high - low) / steps, where the width may be more than a float holds.
float step_of(Range r, float steps) {
    const float width = std::max(r.high - r.low, r.narrowest);
    return std::isfinite(width) ? width / steps : r.high / steps - r.low / steps;
}

/// A scale that can divide: a range so narrow that its step underflows gets the smallest float there is.
float usable(float scale) { return std::max(scale, std::numeric_limits<float>::denorm_min()); }

Range with_zero(Range r) { return {std::min(r.low, 0.0f), std::max(r.high, 0.0f), r.narrowest}; }
bool is_zero(Range r) { return r.low == 0 && r.high == 0; }

Grid signed_grid(float scale, int low, int high) { return {usable(scale), 0, std::int16_t(low), std::int16_t(high)}; }

Grid unsigned_grid(float scale, float zero_point, int levels) {
    const float held = std::clamp(zero_point, 0.0f, float(levels));
    return {usable(scale), std::int32_t(held), 0, std::int16_t(levels)};
}

int top(int bits) { return (1 << (bits - 1)) - 1; }  // of signed codes
int last(int bits) { return (1 << bits) - 1; }       // of unsigned codes

constexpr float kTiny = 1e-5f;  // torch's clamp(min=1e-5) in AWQ's and QuaRot's code

// -- symmetric

Range as_it_is(Range r, bool) { return r; }

Grid plain_symmetric(Range r, int bits, CodeRange codes) {
    const float largest = magnitude(r);
    if (largest == 0) return signed_grid(1, -top(bits), top(bits));
    if (codes == CodeRange::kFull)  // the width of all 2^b codes spans -max .. max, as PyTorch's symmetric observers do
        return signed_grid(largest / (float(last(bits)) / 2), -top(bits) - 1, top(bits));
    return signed_grid(largest / float(top(bits)), -top(bits), top(bits));
}

/// A row without a negative value keeps 0 as its lower end, so that its larger values are clipped: as gptq's code does.
Range gptq_symmetric_range(Range r, bool) {
    if (is_zero(with_zero(r))) return {-1, 1};
    const float largest = magnitude(with_zero(r));
    return {r.low < 0 ? -largest : 0, largest};
}
Grid gptq_symmetric(Range r, int bits, CodeRange) {
    return unsigned_grid(step_of(r, float(last(bits))), float(top(bits) + 1), last(bits));
}

Range floored_magnitude(Range r, bool weights) { return {0, std::max(magnitude(r), weights ? kTiny : 0)}; }
Grid full_clamp_symmetric(Range r, int bits, CodeRange) {
    const float largest = magnitude(r);
    return signed_grid(largest == 0 ? 1 : largest / float(top(bits)), -top(bits) - 1, top(bits));
}

/// The scale is max / 2^(b-1), so that +max itself is clipped.
Grid deepspeed_symmetric(Range r, int bits, CodeRange) {
    const float largest = magnitude(r);
    return signed_grid(largest == 0 ? 1 : largest / float(top(bits) + 1), -top(bits) - 1, top(bits));
}

Grid bitsandbytes_symmetric(Range r, int bits, CodeRange) {
    const float largest = magnitude(r);
    Grid grid = signed_grid(largest == 0 ? 1 : largest / float(top(bits)), -top(bits), top(bits));
    grid.inverse = largest == 0 ? 0 : 1 / largest * float(top(bits));
    // A reciprocal that is no number any more (a row of denormals): divide instead.
    grid.rule = std::isfinite(grid.inverse) ? Grid::Rule::kInverse : Grid::Rule::kDivide;
    return grid;
}

// -- asymmetric

Range zero_inside(Range r, bool) { return with_zero(r); }

Grid plain_asymmetric(Range r, int bits, CodeRange) {
    if (is_zero(r)) return unsigned_grid(1, 0, last(bits));
    const float scale = usable(step_of(r, float(last(bits))));
    return unsigned_grid(scale, round_even(-r.low / scale), last(bits));
}

Range unit_for_zero(Range r, bool) { return is_zero(with_zero(r)) ? Range{-1, 1} : with_zero(r); }
Range unit_for_zero_floored(Range r, bool weights) {
    Range range = unit_for_zero(r, weights);
    range.narrowest = weights ? kTiny : 0;
    return range;
}

/// Zero is not forced into the range: the zero point of a group of one sign is clamped, which clips the group.
Range awq_asymmetric_range(Range r, bool) { return {r.low, r.high, kTiny}; }
Grid awq_asymmetric(Range r, int bits, CodeRange) {
    const float scale = usable(step_of(r, float(last(bits))));
    return unsigned_grid(scale, -round_even(r.low / scale), last(bits));
}

/// Divides by 2^b, not 2^b - 1, so that the largest value is clipped; the zero point is a whole number of steps, of any
/// size. A constant group, where the reference divides by 0, is stored exactly. The step is at least 2^-23 of the
/// magnitude, below which a float32 has no values to tell apart.
Grid deepspeed_asymmetric(Range r, int bits, CodeRange) {
    Grid grid{1, 0, 0, std::int16_t(last(bits))};
    grid.rule = Grid::Rule::kOffset;
    if (r.low == r.high) {
        if (r.low != 0) grid.scale = std::abs(r.low);
        grid.zero_point = r.low > 0 ? -1 : r.low < 0 ? 1 : 0;
        grid.offset = r.low;
        return grid;
    }
    grid.scale = usable(std::max(step_of(r, float(last(bits)) + 1), magnitude(r) * 0x1p-23f));
    const float steps = std::nearbyint(r.low / grid.scale);
    grid.zero_point = -std::int32_t(steps);
    grid.offset = steps * grid.scale;
    return grid;
}

// -- the table

struct Rules {
    Range (*prepare)(Range extent, bool weights);
    Grid (*grid)(Range prepared, int bits, CodeRange codes);
};

struct ConventionRules {
    Rules symmetric, asymmetric;
    double norm;  // of the range search
};

constexpr std::array<ConventionRules, 6> kConventions{{
    {{as_it_is, plain_symmetric}, {zero_inside, plain_asymmetric}, 2.0},               // plain
    {{gptq_symmetric_range, gptq_symmetric}, {unit_for_zero, plain_asymmetric}, 2.4},  // gptq
    {{floored_magnitude, full_clamp_symmetric}, {awq_asymmetric_range, awq_asymmetric}, 2.0},
    {{floored_magnitude, full_clamp_symmetric}, {unit_for_zero_floored, plain_asymmetric}, 2.4},  // quarot
    {{as_it_is, deepspeed_symmetric}, {as_it_is, deepspeed_asymmetric}, 2.0},                     // deepspeed
    {{as_it_is, bitsandbytes_symmetric}, {zero_inside, plain_asymmetric}, 2.0},                   // bitsandbytes
}};

const Rules& rules_of(const ConventionRules& convention, Scheme scheme) {
    return scheme == Scheme::kSymmetric ? convention.symmetric : convention.asymmetric;
}

bool is_sign_only(const UniformSettings& s) {
    return s.bits == 1 && s.scheme == Scheme::kSymmetric && s.convention == Convention::kPlain;
}

/// One bit: the best scale for the signs is the mean magnitude (Rastegari et al. 2016, arXiv 1603.05279, eq. 6).
Grid sign_grid(std::span<const float> values) {
    double sum = 0;
    for (const float v : values) sum += std::abs(double(v));
    Grid grid{float(sum / double(values.size())), 0, -1, 1};
    grid.rule = Grid::Rule::kSign;
    return grid;
}

// -- the search

/// u^2.4 = u^2 (u^2)^(1/5), the fifth root by three Newton steps for s^(-1/5) from a guess on the exponent: relative
/// error below 1e-6, the same bits on every platform and vectorized, where std::pow is neither.
float power_2_4(float u) {
    const float square = u * u;
    const float guess_bits = 1277900000.0f - 0.2f * float(std::bit_cast<std::int32_t>(square));
    float root = std::bit_cast<float>(std::int32_t(guess_bits));
    for (int step = 0; step < 3; ++step) {
        const float fourth = (root * root) * (root * root);
        root = root * (1.2f - 0.2f * (square * (fourth * root)));
    }
    const float fourth = (root * root) * (root * root);
    return square * (square * fourth);
}

/// sum |error|^norm over the values, given up as soon as it is `limit` or more.
double error_of(std::span<const float> values, const Grid& grid, double norm, double limit) {
    // Errors are counted in steps, so that no power over- or underflows, and taken in double: at 8 bits neighbours of the
    // search differ by a few parts in a million.
    const double inverse = 1 / double(grid.scale);
    const double unit = std::pow(double(grid.scale), norm);
    const float zero = float(grid.zero_point);
    double sum = 0;
    constexpr std::size_t kChunk = 64;
    std::array<float, kChunk> errors;
    for (std::size_t begin = 0; begin < values.size() && sum * unit < limit; begin += kChunk) {
        const std::size_t count = std::min(kChunk, values.size() - begin);
        const auto error = [&](float value, float code) {
            return float(std::abs(double(code - zero) * grid.scale - value) * inverse);
        };
        if (grid.rule == Grid::Rule::kDivide) {
            for (std::size_t i = 0; i < count; ++i) {
                const float value = values[begin + i];
                const float code = round_even(value / grid.scale) + zero;
                errors[i] = error(value, std::clamp(code, float(grid.low), float(grid.high)));
            }
        } else {
            for (std::size_t i = 0; i < count; ++i)
                errors[i] = error(values[begin + i], float(code_of(values[begin + i], grid)));
        }
        if (norm == 2.0)
            for (std::size_t i = 0; i < count; ++i) errors[i] *= errors[i];
        else
            for (std::size_t i = 0; i < count; ++i) errors[i] = power_2_4(errors[i]);
        for (std::size_t i = 0; i < count; ++i) sum += errors[i];
    }
    return sum * unit;
}

constexpr int kSearchGrid = 100;  // the references' grid ...
constexpr int kSearchSteps = 80;  // ... and int(maxshrink * grid), maxshrink 0.8

Grid search(std::span<const float> values, Range range, const UniformSettings& s) {
    const auto& convention = kConventions[std::size_t(s.convention)];
    const auto& rules = rules_of(convention, s.scheme);
    Grid best = rules.grid(range, s.bits, s.code_range);
    double least = std::numeric_limits<double>::infinity();
    for (int i = 0; i < kSearchSteps; ++i) {
        const auto share = float(1 - double(i) / kSearchGrid);
        const Grid grid = rules.grid({share * range.low, share * range.high}, s.bits, s.code_range);
        const double error = error_of(values, grid, convention.norm, least);
        if (error < least) {
            least = error;
            best = grid;
        }
    }
    return best;
}

Range clipped(float low, float high, double ratio) { return {float(ratio) * low, float(ratio) * high}; }

}  // namespace

Grid grid_of_range(float low, float high, const UniformSettings& settings) {
    if (is_sign_only(settings)) return sign_grid(std::array{low, high});
    const auto& rules = rules_of(kConventions[std::size_t(settings.convention)], settings.scheme);
    return rules.grid(rules.prepare({low, high}, true), settings.bits, settings.code_range);
}

Grid activation_grid(float low, float high, const UniformSettings& settings) {
    const auto& rules = rules_of(kConventions[std::size_t(settings.convention)], settings.scheme);
    return rules.grid(rules.prepare(clipped(low, high, settings.clip_ratio), false), settings.bits,
                      settings.code_range);
}

Grid fit_grid(std::span<const float> values, const UniformSettings& settings) {
    if (is_sign_only(settings)) return sign_grid(values);
    const auto extent = kernels::min_max(values);
    const auto& rules = rules_of(kConventions[std::size_t(settings.convention)], settings.scheme);
    const Range range = rules.prepare(clipped(extent.minimum, extent.maximum, settings.clip_ratio), true);
    if (settings.range == RangeSearch::kMse) return search(values, range, settings);
    return rules.grid(range, settings.bits, settings.code_range);
}

}  // namespace quantlens::methods
