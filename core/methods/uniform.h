#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "methods/layer.h"
#include "tensor/error.h"
#include "tensor/fields.h"
#include "tensor/matrix.h"
#include "tensor/random.h"
#include "tensor/run.h"

/// Uniform (affine) quantization: w ~ (code - zero_point) * scale, one scale for a tensor, a row or a group of a row.
///
/// Source: Jacob et al. 2017 (arXiv 1712.05877), section 2.1, eq. 1. How a scale follows from a range differs between
/// implementations; the rules of each convention are those of the code named in tests/golden/README.md.
namespace quantlens::methods {

enum class RangeSearch : std::uint8_t { kMinMax, kMse };
enum class CodeRange : std::uint8_t { kRestricted, kFull };
enum class Rounding : std::uint8_t { kEven, kAway, kFloor, kStochastic };

inline constexpr std::array<std::string_view, 3> kGranularityNames{"tensor", "channel", "group"};
inline constexpr std::array<std::string_view, 2> kSchemeNames{"symmetric", "asymmetric"};
inline constexpr std::array<std::string_view, 5> kConventionNames{"plain", "gptq", "awq", "quarot", "deepspeed"};
inline constexpr std::array<std::string_view, 2> kRangeSearchNames{"minmax", "mse"};
inline constexpr std::array<std::string_view, 2> kCodeRangeNames{"restricted", "full"};
inline constexpr std::array<std::string_view, 4> kRoundingNames{"even", "away", "floor", "stochastic"};

/// How activations share a scale on the command line.
enum class ActivationGranularity : std::uint8_t { kTensor, kToken };
inline constexpr std::array<std::string_view, 2> kActivationGranularityNames{"tensor", "token"};
constexpr Granularity granularity_of(ActivationGranularity g) {
    return g == ActivationGranularity::kTensor ? Granularity::kTensor : Granularity::kToken;
}

struct UniformSettings {
    int bits = 4;
    Scheme scheme = Scheme::kAsymmetric;
    Granularity granularity = Granularity::kGroup;
    int group_size = 128;
    RangeSearch range = RangeSearch::kMinMax;
    CodeRange code_range = CodeRange::kRestricted;  // read by plain symmetric alone
    Rounding rounding = Rounding::kEven;
    double clip_ratio = 1.0;
    Convention convention = Convention::kPlain;
};

/// Fails with kBadParameter where the settings have no meaning together: bits outside 1..8, a group of 0, a clip ratio
/// outside (0, 1], or one symmetric bit in a convention whose scale divides by 2^(bits-1) - 1.
Status check_uniform(const UniformSettings& settings);

/// The equally spaced numbers that one group can be: (code - zero_point) * scale, code from `low` to `high`.
struct Grid {
    float scale = 1;
    std::int32_t zero_point = 0;
    std::int16_t low = 0, high = 0;
    /// How a value becomes a code, before the clamp: round(v / scale) + zero_point in most conventions,
    /// round((v - offset) / scale) in DeepSpeed's, round(v * inverse) in bitsandbytes', the sign alone with one bit.
    enum class Rule : std::uint8_t { kDivide, kOffset, kInverse, kSign } rule = Rule::kDivide;
    float offset = 0;
    float inverse = 1;
};

/// Rounds half to even: two additions, so that a loop over it is vectorized everywhere.
inline float round_even(float value) {
    const float shift = std::copysign(8388608.0f, value);  // 2^23: the sum has no bits below 1
    const float rounded = (value + shift) - shift;
    return std::abs(value) < 8388608.0f ? rounded : value;
}

/// The code of one value, rounded half to even.
inline std::int16_t code_of(float value, const Grid& grid) {
    switch (grid.rule) {
        case Grid::Rule::kSign: return value >= 0 ? std::int16_t{1} : std::int16_t{-1};
        case Grid::Rule::kOffset: value = round_even((value - grid.offset) / grid.scale); break;
        case Grid::Rule::kInverse: value = round_even(value * grid.inverse); break;
        case Grid::Rule::kDivide: value = round_even(value / grid.scale) + float(grid.zero_point); break;
    }
    return std::int16_t(std::clamp(value, float(grid.low), float(grid.high)));
}

/// The number that a code stands for.
inline float value_of(std::int16_t code, const Grid& grid) { return float(code - grid.zero_point) * grid.scale; }

/// The grid for these values (not empty, finite) under the settings' convention, range search and clip ratio.
/// The MSE search tries the ranges p * [min, max], p = 1, 0.99 .. 0.21, and takes the first with the least
/// sum |error|^n: n is 2.4 in gptq and quarot, as in their code, and 2 in the others.
Grid fit_grid(std::span<const float> values, const UniformSettings& settings);

/// The grid of the range [low, high] of weights, as it is: no clipping and no search.
Grid grid_of_range(float low, float high, const UniformSettings& settings);

/// The same for activations, clipped by the clip ratio: the references' smallest ranges hold for weights alone.
Grid activation_grid(float low, float high, const UniformSettings& settings);

/// Codes of a run of values. `random` is drawn from with stochastic rounding only.
void encode(std::span<const float> values, const Grid& grid, Rounding rounding, Random& random,
            std::span<std::int16_t> codes);

/// values[i] = (codes[i] - zero_point) * scale, held inside the range of float.
void decode(std::span<const std::int16_t> codes, const Grid& grid, std::span<float> values);

/// Empty codes and scales for a matrix of this shape: bits, sign, groups and zero points as the settings say.
Codes make_codes(std::size_t rows, std::size_t columns, const UniformSettings& settings);

/// Stores a grid as the scale and zero point at `index` of codes.scales.
void store_grid(const Grid& grid, std::size_t index, Codes& codes);

/// Rounds a matrix [rows x columns]. Errors: those of check_uniform, kCancelled.
/// Stochastic rounding depends on run.seed alone, not on the number of threads.
Result<Codes> quantize_uniform(MatrixView<const float> weights, const UniformSettings& settings, const Run& run);

/// The matrix that the codes stand for.
Matrix dequantize(const Codes& codes, ThreadPool& pool);

/// What a runtime stores of these codes: a scale is FP16.
std::vector<StoredPart> stored_parts(const Codes& codes);

}  // namespace quantlens::methods
