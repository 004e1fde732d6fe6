#include "methods/sparse.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>
#include <utility>
#include <vector>

#include "formats/float_codes.h"
#include "methods/rtn.h"

namespace quantlens::methods {
namespace {

/// Indices of the `count` largest magnitudes; of equal ones the first.
std::vector<std::size_t> largest_magnitudes(std::span<const float> values, std::size_t count) {
    std::vector<std::size_t> order(values.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    const auto before = [&](std::size_t a, std::size_t b) {
        const float x = std::abs(values[a]), y = std::abs(values[b]);
        return x != y ? x > y : a < b;
    };
    std::ranges::nth_element(order, order.begin() + std::ptrdiff_t(count), before);
    order.resize(count);
    return order;
}

}  // namespace

Result<QuantizedLayer> sparse(const LinearProblem& problem, const SparseParameters& parameters) {
    if (const auto ok = check_ranges(parameters); !ok) return std::unexpected(ok.error());
    const Matrix weights(problem.weights);
    const auto count = std::size_t(std::llround(parameters.outliers / 100 * double(weights.size())));
    const auto outliers = largest_magnitudes(weights.values(), count);

    Matrix dense = weights;
    float threshold = 0;
    for (std::size_t i = 0; i < count; ++i) {
        const float magnitude = std::abs(dense.values()[outliers[i]]);
        threshold = i == 0 ? magnitude : std::min(threshold, magnitude);
        dense.values()[outliers[i]] = 0;
    }
    UniformSettings settings;
    settings.bits = parameters.bits;
    settings.scheme = parameters.scheme;
    settings.granularity = Granularity::kGroup;
    settings.group_size = parameters.group_size;
    auto codes = quantize_uniform(dense, settings, problem.run);
    if (!codes) return std::unexpected(codes.error());

    QuantizedLayer layer = layer_of(std::move(*codes), problem.run.pool);
    for (const std::size_t i : outliers) {
        // The dense part is 0 here but for 1-bit symmetric codes, which have no zero.
        float& value = layer.dequantized.values()[i];
        const float kept = formats::round_to_half(weights.values()[i] - value);
        if (!std::isfinite(kept))
            return fail(ErrorCode::kUnsupported, "weights",
                        "weights has the outlier " + to_text(weights.values()[i]) + " at row " +
                            to_text(i / layer.columns) + ", column " + to_text(i % layer.columns) +
                            ", must be within +-65504 because outliers are kept in FP16");
        value += kept;
    }
    if (count > 0) {
        layer.storage.push_back({"outlier values", count, 16});
        layer.storage.push_back({"outlier columns", count, layer.columns <= 65536 ? 16.0 : 32.0});
        layer.storage.push_back({"outlier row pointers", layer.rows + 1, 32});
    }
    layer.details = {{"outliers", double(count)}, {"outlier_threshold", double(threshold)}};
    return layer;
}

}  // namespace quantlens::methods
