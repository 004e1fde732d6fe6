#include "tensor/synthetic.h"

#include <algorithm>

#include "tensor/random.h"

namespace quantlens {
namespace {

constexpr std::size_t kFactors = 8;
constexpr std::size_t kColumnsPerOutlier = 64;

}  // namespace

Matrix synthetic_weights(std::size_t rows, std::size_t columns, std::uint64_t seed) {
    Matrix weights(rows, columns);
    const Random source(seed);
    for (std::size_t r = 0; r < rows; ++r) {
        Random random = source.split(r);
        const double strength = 0.02 * (0.5 + random.uniform());
        for (float& w : weights.row(r)) {
            const double tail = random.below(1000) == 0 ? 8.0 : 1.0;
            w = float(strength * tail * random.normal());
        }
    }
    return weights;
}

Matrix synthetic_activations(std::size_t tokens, std::size_t columns, std::uint64_t seed, float outlier_factor) {
    const Random source(seed ^ 0x5eedac71u);
    Matrix mixing(kFactors, columns);
    Random random = source.split(0);
    for (float& m : mixing.values()) m = float(random.normal());
    std::vector<float> gain(columns, 1.0f);
    for (std::size_t i = 0; i < std::max<std::size_t>(1, columns / kColumnsPerOutlier); ++i)
        gain[std::size_t(random.below(columns))] = outlier_factor;

    Matrix activations(tokens, columns);
    for (std::size_t t = 0; t < tokens; ++t) {
        Random noise = source.split(t + 1);
        double factor[kFactors];
        for (double& f : factor) f = noise.normal();
        for (std::size_t c = 0; c < columns; ++c) {
            double value = 0.5 * noise.normal();
            for (std::size_t k = 0; k < kFactors; ++k) value += 0.3 * factor[k] * mixing(k, c);
            activations(t, c) = float(value) * gain[c];
        }
    }
    return activations;
}

}  // namespace quantlens
