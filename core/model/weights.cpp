#include "model/weights.h"

#include <algorithm>
#include <cmath>

#include "tensor/random.h"

namespace quantlens::model {

std::vector<TensorSpec> tensor_specs(const Config& config) {
    std::vector<TensorSpec> specs;
    std::size_t offset = 0;
    const auto add = [&](std::string name, std::size_t rows, std::size_t columns, bool is_norm) {
        specs.push_back({std::move(name), rows, columns, offset, is_norm});
        // A file's config may ask for more than std::size_t counts, where that has 32 bits.
        offset = element_count(1, offset + element_count(rows, columns));
    };
    add("model.embed_tokens.weight", config.vocabulary, config.width, false);
    for (std::size_t layer = 0; layer < config.layers; ++layer) {
        const std::string prefix = "model.layers." + to_text(layer) + ".";
        add(prefix + "input_layernorm.weight", 1, config.width, true);
        add(prefix + "self_attn.q_proj.weight", config.query_width(), config.width, false);
        add(prefix + "self_attn.k_proj.weight", config.kv_width(), config.width, false);
        add(prefix + "self_attn.v_proj.weight", config.kv_width(), config.width, false);
        add(prefix + "self_attn.o_proj.weight", config.width, config.query_width(), false);
        add(prefix + "post_attention_layernorm.weight", 1, config.width, true);
        add(prefix + "mlp.gate_proj.weight", config.feed_forward, config.width, false);
        add(prefix + "mlp.up_proj.weight", config.feed_forward, config.width, false);
        add(prefix + "mlp.down_proj.weight", config.width, config.feed_forward, false);
    }
    add("model.norm.weight", 1, config.width, true);
    if (!config.tied_embeddings) add("lm_head.weight", config.vocabulary, config.width, false);
    return specs;
}

Weights::Weights(const Config& config)
    : config_(config), specs_(tensor_specs(config)), values_(specs_.back().offset + specs_.back().size()) {}

std::optional<std::size_t> Weights::find(std::string_view name) const {
    const auto at = std::find_if(specs_.begin(), specs_.end(), [&](const auto& spec) { return spec.name == name; });
    if (at == specs_.end()) return std::nullopt;
    return std::size_t(at - specs_.begin());
}

Weights initial_weights(const Config& config, std::uint64_t seed) {
    constexpr double kDeviation = 0.02;
    Weights weights(config);
    const Random random(seed);
    for (std::size_t i = 0; i < weights.specs().size(); ++i) {
        const auto& spec = weights.specs()[i];
        const auto values = weights.tensor(i).values();
        if (spec.is_norm) {
            std::fill(values.begin(), values.end(), 1.0f);
            continue;
        }
        const bool into_residual = spec.name.ends_with("o_proj.weight") || spec.name.ends_with("down_proj.weight");
        const double deviation = into_residual ? kDeviation / std::sqrt(2.0 * double(config.layers)) : kDeviation;
        Random own = random.split(i);
        for (auto& value : values) value = float(deviation * own.normal());
    }
    return weights;
}

bool glob_matches(std::string_view pattern, std::string_view text) {
    std::size_t p = 0, t = 0, star = std::string_view::npos, resume = 0;
    while (t < text.size()) {
        if (p < pattern.size() && (pattern[p] == '?' || (pattern[p] == text[t] && pattern[p] != '*'))) {
            ++p, ++t;
        } else if (p < pattern.size() && pattern[p] == '*') {
            star = p++;
            resume = t;
        } else if (star != std::string_view::npos) {  // the last star takes one character more
            p = star + 1;
            t = ++resume;
        } else {
            return false;
        }
    }
    return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

}  // namespace quantlens::model
