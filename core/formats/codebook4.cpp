#include "formats/codebook4.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

#include "formats/float_codes.h"

namespace quantlens::formats {

namespace {

/// Values of one block scale in double quantization.
constexpr std::size_t kSecondLevelBlock = 256;

constexpr std::array<float, 16> kNf4 = {-1.0f,
                                        -0.6961928009986877f,
                                        -0.5250730514526367f,
                                        -0.39491748809814453f,
                                        -0.28444138169288635f,
                                        -0.18477343022823334f,
                                        -0.09105003625154495f,
                                        0.0f,
                                        0.07958029955625534f,
                                        0.16093020141124725f,
                                        0.24611230194568634f,
                                        0.33791524171829224f,
                                        0.44070982933044434f,
                                        0.5626170039176941f,
                                        0.7229568362236023f,
                                        1.0f};

/// Sign, two exponent bits, one mantissa bit; the magnitudes are 0, 1/16 and 2 .. 12, over 12.
constexpr std::array<float, 16> kFp4 = [] {
    constexpr std::array<double, 8> twelfths = {0, 0.0625, 8, 12, 4, 6, 2, 3};
    std::array<float, 16> table{};
    for (std::size_t code = 0; code < 16; ++code) {
        const float magnitude = float(twelfths[code % 8] / 12.0);
        table[code] = code < 8 ? magnitude : -magnitude;
    }
    return table;
}();

/// The numbers of a table in ascending order, the code of each, and the midpoints between neighbours.
template <std::size_t N>
struct Ascending {
    std::array<float, N> numbers{};
    std::array<std::uint8_t, N> codes{};
    std::array<float, N - 1> midpoints{};

    constexpr explicit Ascending(const std::array<float, N>& table) {
        std::array<std::uint8_t, N> order{};
        for (std::size_t i = 0; i < N; ++i) order[i] = std::uint8_t(i);
        std::ranges::sort(order, [&](std::uint8_t a, std::uint8_t b) {
            return table[a] != table[b] ? table[a] < table[b] : a < b;  // a second zero comes after the first
        });
        codes = order;
        for (std::size_t i = 0; i < N; ++i) numbers[i] = table[order[i]];
        for (std::size_t i = 0; i + 1 < N; ++i) midpoints[i] = (numbers[i] + numbers[i + 1]) / 2;
    }
};

constexpr Ascending<16> kAscendingNf4{kNf4};
constexpr Ascending<16> kAscendingFp4{kFp4};

const Ascending<16>& ascending(Codebook4 codebook) {
    return codebook == Codebook4::kNf4 ? kAscendingNf4 : kAscendingFp4;
}

/// `parts` + 1 points from 0.1 to 1, as torch.linspace computes them in float32 with eight lanes: filled from both ends,
/// the start of each run of eight (and every point after the last pair of runs) by a fused multiply-add.
std::vector<float> linear_space(int parts) {
    constexpr float kStart = 0.1f, kEnd = 1.0f;
    constexpr int kLanes = 8;
    const float step = (kEnd - kStart) / float(parts);
    const int count = parts + 1;
    const int in_runs = count / (2 * kLanes) * (2 * kLanes);
    std::vector<float> points(std::size_t(count), 0.0f);
    for (int i = 0; i < count; ++i) {
        const int lane = i < in_runs ? i % kLanes : 0;
        const int first = i - lane;
        const float base =
            first < count / 2 ? std::fma(step, float(first), kStart) : std::fma(-step, float(parts - first), kEnd);
        points[std::size_t(i)] = base + step * float(lane);
    }
    return points;
}

/// The signed dynamic map of 8 bits (Dettmers 2015, arXiv 1511.04561): decades 1e-6 .. 1, the range 0.1 .. 1 of decade
/// i cut into 2^i parts, each represented by its middle; and 0 and 1.
std::array<float, 256> make_dynamic_map() {
    std::array<float, 256> map{};
    constexpr std::array<float, 7> decades = {1e-6f, 1e-5f, 1e-4f, 1e-3f, 1e-2f, 1e-1f, 1.0f};
    std::size_t count = 0;
    for (std::size_t i = 0; i < decades.size(); ++i) {
        const auto boundaries = linear_space(1 << i);
        for (std::size_t k = 0; k + 1 < boundaries.size(); ++k) {
            const float middle = (boundaries[k] + boundaries[k + 1]) / 2;
            map[count++] = decades[i] * middle;
            map[count++] = -(decades[i] * middle);
        }
    }
    map[count++] = 0;
    map[count++] = 1;
    std::ranges::sort(map);
    return map;
}

const std::array<float, 256>& dynamic_map() {
    static const std::array<float, 256> map = make_dynamic_map();
    return map;
}

float absmax_of(std::span<const float> values) {
    float largest = 0;
    for (const float v : values) largest = std::max(largest, std::fabs(v));
    return largest;
}

/// 1 / absmax, by which bitsandbytes multiplies; at most float32's largest number, so that zeros stay 0 in a block of
/// zeros or denormals.
float reciprocal_of(float absmax) { return std::min(1.0f / absmax, std::numeric_limits<float>::max()); }

DoubleQuantization quantize_scales(std::span<const float> scales) {
    const auto& map = dynamic_map();
    DoubleQuantization result;
    double sum = 0;
    for (const float s : scales) sum += double(s);
    result.offset = float(sum / double(scales.size()));
    std::vector<float> centred(scales.begin(), scales.end());
    for (float& s : centred) s -= result.offset;

    result.codes.resize(scales.size());
    for (std::size_t first = 0; first < scales.size(); first += kSecondLevelBlock) {
        const std::size_t count = std::min(kSecondLevelBlock, scales.size() - first);
        const float absmax = absmax_of(std::span{centred}.subspan(first, count));
        const float reciprocal = reciprocal_of(absmax);
        result.absmax.push_back(absmax);
        for (std::size_t i = first; i < first + count; ++i)
            result.codes[i] = std::uint8_t(nearest_index(map, centred[i] * reciprocal));
    }
    return result;
}

}  // namespace

std::span<const float, 16> codebook4_values(Codebook4 codebook) {
    return codebook == Codebook4::kNf4 ? std::span<const float, 16>{kNf4} : std::span<const float, 16>{kFp4};
}

std::span<const float, 256> dynamic_map_values() { return dynamic_map(); }

std::vector<float> Codebook4Values::scales() const { return second_level ? restore_scales(*second_level) : absmax; }

std::vector<float> restore_scales(const DoubleQuantization& quantized) {
    const auto& map = dynamic_map();
    std::vector<float> scales(quantized.codes.size());
    for (std::size_t i = 0; i < scales.size(); ++i)
        scales[i] = map[quantized.codes[i]] * quantized.absmax[i / kSecondLevelBlock] + quantized.offset;
    return scales;
}

Result<Codebook4Values> quantize_codebook4(std::span<const float> values, Codebook4 codebook, std::size_t block_size,
                                           bool double_quantization) {
    if (block_size == 0) return bad_parameter("block_size", block_size, "at least 1");
    if (values.empty()) return bad_shape("values", "there are no values to quantize");
    const auto& table = ascending(codebook);
    Codebook4Values result{codebook, block_size, std::vector<std::uint8_t>(values.size()), {}, {}};
    result.absmax.reserve((values.size() + block_size - 1) / block_size);
    for (std::size_t first = 0; first < values.size(); first += block_size) {
        const auto block = values.subspan(first, std::min(block_size, values.size() - first));
        const float absmax = absmax_of(block);
        const float reciprocal = reciprocal_of(absmax);
        result.absmax.push_back(absmax);
        for (std::size_t i = 0; i < block.size(); ++i) {
            const float scaled = block[i] * reciprocal;
            std::size_t index = 0;
            for (const float midpoint : table.midpoints) index += scaled > midpoint ? 1 : 0;
            result.codes[first + i] = table.codes[index];
        }
    }
    if (double_quantization) result.second_level = quantize_scales(result.absmax);
    return result;
}

std::vector<float> dequantize_codebook4(const Codebook4Values& quantized) {
    const auto table = codebook4_values(quantized.codebook);
    const auto scales = quantized.scales();
    std::vector<float> values(quantized.codes.size());
    for (std::size_t i = 0; i < values.size(); ++i)
        values[i] = table[quantized.codes[i]] * scales[i / quantized.block_size];
    return values;
}

std::vector<std::uint8_t> pack_codes_high_first(std::span<const std::uint8_t> codes) {
    std::vector<std::uint8_t> bytes((codes.size() + 1) / 2);
    for (std::size_t i = 0; i < codes.size(); ++i)
        bytes[i / 2] = std::uint8_t(bytes[i / 2] | (codes[i] & 15) << (i % 2 == 0 ? 4 : 0));
    return bytes;
}

}  // namespace quantlens::formats
