#pragma once

#include <algorithm>
#include <cmath>
#include <memory>
#include <vector>

#include "model/model.h"
#include "tensor/random.h"

/// A decoder small enough for tests, with weights that make every part of it matter.
namespace quantlens::model::test_support {

inline Config small_config() {
    Config config;
    config.width = 32;
    config.layers = 2;
    config.heads = 4;
    config.kv_heads = 2;
    config.head_width = 8;
    config.feed_forward = 64;
    config.context = 96;
    return config;
}

inline Weights random_weights(const Config& config, std::uint64_t seed = 1) {
    Weights weights(config);
    Random random(seed);
    for (std::size_t i = 0; i < weights.specs().size(); ++i)
        for (auto& value : weights.tensor(i).values())
            value = float(weights.specs()[i].is_norm ? 1.0 + 0.2 * random.normal() : 0.2 * random.normal());
    return weights;
}

inline std::shared_ptr<const Weights> small_weights() {
    return std::make_shared<const Weights>(random_weights(small_config()));
}

inline std::shared_ptr<const Model> small_model() { return std::make_shared<const Model>(small_weights()); }

inline double largest_difference(const Matrix& a, const Matrix& b) {
    double worst = 0;
    for (std::size_t i = 0; i < a.size(); ++i) worst = std::max(worst, std::abs(double(a.values()[i]) - b.values()[i]));
    return worst;
}

inline std::vector<Token> random_tokens(std::size_t count, std::uint64_t seed = 5) {
    Random random(seed);
    std::vector<Token> tokens(count);
    for (auto& token : tokens) token = Token(random.below(256));
    return tokens;
}

/// A text in which much can be learnt: words of a small vocabulary in random order.
inline std::vector<Token> easy_text(std::size_t words, std::uint64_t seed = 9) {
    constexpr std::string_view kWords[] = {"stone ", "river ", "under ", "seven ", "light "};
    Random random(seed);
    std::vector<Token> tokens;
    for (std::size_t i = 0; i < words; ++i)
        for (const char letter : kWords[random.below(5)]) tokens.push_back(Token(letter));
    return tokens;
}

}  // namespace quantlens::model::test_support
