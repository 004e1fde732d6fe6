#include "methods/awq.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "formats/float_codes.h"
#include "methods/order.h"
#include "tensor/statistics.h"

namespace quantlens::methods {
namespace {

Status check(const LinearProblem& problem, const AwqParameters& parameters) {
    if (const auto status = check_ranges(parameters); !status) return status;
    if (const auto status = check_uniform(parameters.nearest().settings()); !status) return status;
    if (const auto status = check_finite(problem.weights, "weights"); !status) return status;
    if (!problem.activations)
        return fail(ErrorCode::kBadParameter, "activations", "awq needs activations, the inputs of the layer");
    if (const auto status = check_finite(*problem.activations, "activations"); !status) return status;
    if (problem.activations->columns() != problem.weights.columns())
        return bad_shape("activations", "activations have " + to_text(problem.activations->columns()) +
                                            " columns, must have as many as the weights, " +
                                            to_text(problem.weights.columns()));
    return {};
}

/// The channels with the largest inputs, ascending.
std::vector<std::uint32_t> salient_channels(MatrixView<const float> activations, double percent) {
    auto order = largest_first(column_absmean(activations));
    order.resize(std::size_t(std::llround(percent / 100 * double(order.size()))));
    std::ranges::sort(order);
    return order;
}

/// Round-to-nearest with some columns kept in FP16: the paper's starting point, not its method.
Result<QuantizedLayer> keep_salient(const LinearProblem& problem, const AwqParameters& parameters) {
    auto layer = rtn(problem, parameters.nearest());
    if (!layer) return layer;
    const auto channels = salient_channels(*problem.activations, parameters.salient);
    for (const auto c : channels)
        for (std::size_t r = 0; r < layer->rows; ++r) {
            const float kept = formats::round_to_half(problem.weights(r, c));
            if (!std::isfinite(kept))
                return fail(ErrorCode::kUnsupported, "weights",
                            "weights have " + to_text(problem.weights(r, c)) + " at row " + to_text(r) + ", column " +
                                to_text(c) + ", must be within +-65504 because the channel is kept in FP16");
            layer->dequantized(r, c) = kept;
        }
    for (auto& part : layer->storage)
        if (part.name == "codes") part.count -= layer->rows * channels.size();
    if (!channels.empty()) {
        layer->storage.push_back({"kept weights", layer->rows * channels.size(), 16});
        layer->storage.push_back({"kept columns", channels.size(), 32});
    }
    layer->details.emplace_back("salient_channels", channels);
    return layer;
}

}  // namespace

RtnParameters AwqParameters::nearest() const {
    RtnParameters nearest;
    nearest.bits = bits;
    nearest.scheme = scheme;
    nearest.group_size = group_size;
    nearest.convention = Convention::kAwq;
    nearest.activation_bits = activation_bits;
    nearest.activation_granularity = activation_granularity;
    return nearest;
}

Result<QuantizedLayer> awq(const LinearProblem& problem, const AwqParameters& parameters) {
    if (const auto status = check(problem, parameters); !status) return std::unexpected(status.error());
    if (parameters.salient > 0) return keep_salient(problem, parameters);
    const MatrixView<const float> layers[]{problem.weights};
    auto search = awq_search(layers, *problem.activations, parameters, problem.run);
    if (!search) return std::unexpected(search.error());

    Matrix scaled(problem.weights);
    for (std::size_t r = 0; r < scaled.rows(); ++r)
        for (std::size_t c = 0; c < scaled.columns(); ++c) scaled(r, c) *= search->scales[c];
    const std::size_t group = std::min(scaled.columns(), std::size_t(parameters.group_size));
    double mean_clip = 1;
    if (parameters.clip) {
        Matrix inputs(*problem.activations);
        for (std::size_t t = 0; t < inputs.rows(); ++t)
            for (std::size_t c = 0; c < inputs.columns(); ++c) inputs(t, c) /= search->scales[c];
        const auto clip = awq_clip(scaled, inputs, parameters, kClipTokens, problem.run);
        if (!clip) return std::unexpected(clip.error());
        for (std::size_t r = 0; r < scaled.rows(); ++r)
            for (std::size_t c = 0; c < scaled.columns(); ++c) {
                const float held = clip->largest(r, c / group);
                scaled(r, c) = std::clamp(scaled(r, c), -held, held);
            }
        double steps = 0;
        for (const auto index : clip->indices) steps += index;
        mean_clip = 1 - steps / double(clip->indices.size()) / 20;
    }
    auto codes = quantize_uniform(scaled, parameters.nearest().settings(), problem.run);
    if (!codes) return std::unexpected(codes.error());

    QuantizedLayer layer = layer_of(std::move(*codes), problem.run.pool);
    layer.basis_weights = layer.dequantized;
    for (std::size_t r = 0; r < layer.rows; ++r)
        for (std::size_t c = 0; c < layer.columns; ++c) layer.dequantized(r, c) /= search->scales[c];
    layer.input.column_divisors = search->scales;
    layer.input.quantizer = parameters.nearest().activation_quantizer();
    layer.details = {
        {"ratios", search->ratios}, {"losses", search->losses}, {"best_ratio", search->ratios[search->best]}};
    if (parameters.clip) layer.details.emplace_back("mean_clip", mean_clip);
    return layer;
}

}  // namespace quantlens::methods
