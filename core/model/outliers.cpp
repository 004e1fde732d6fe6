#include "model/outliers.h"

#include <algorithm>
#include <cmath>

#include "tensor/random.h"

namespace quantlens::model {

std::vector<std::size_t> outlier_channels(const Config& config, std::size_t count, std::uint64_t seed) {
    Random random(seed);
    std::vector<std::size_t> channels;
    count = std::min(count, config.width);
    while (channels.size() < count) {
        const std::size_t channel = std::size_t(random.below(config.width));
        if (std::ranges::find(channels, channel) == channels.end()) channels.push_back(channel);
    }
    std::ranges::sort(channels);
    return channels;
}

Status plant_outliers(Weights& weights, std::span<const std::size_t> channels, double factor) {
    if (!(factor > 0) || !std::isfinite(factor)) return bad_parameter("plant_outliers", factor, "a number above 0");
    const Config& config = weights.config();
    for (const std::size_t channel : channels)
        if (channel >= config.width) return bad_parameter("channel", channel, "below " + to_text(config.width));
    const auto move = [&](std::size_t layer, Part norm, Part first, std::size_t count) {
        const auto gain = weights.tensor(layer, norm).row(0);
        const auto readers = weights.stacked(layer, first, count);
        for (const std::size_t channel : channels) {
            gain[channel] = float(gain[channel] * factor);
            for (std::size_t r = 0; r < readers.rows(); ++r) readers(r, channel) = float(readers(r, channel) / factor);
        }
    };
    for (std::size_t layer = 0; layer < config.layers; ++layer) {
        move(layer, Part::kAttentionNorm, Part::kQuery, 3);
        move(layer, Part::kFeedForwardNorm, Part::kGate, 2);
    }
    return {};
}

}  // namespace quantlens::model
