#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <tuple>
#include <vector>

#include "model/model.h"
#include "tensor/fields.h"
#include "tensor/random.h"

/// Text token by token.
namespace quantlens::model {

struct Sampling {
    double temperature = 0.8;
    int top_k = 0;
    double top_p = 1.0;

    static constexpr auto fields() {
        using P = Sampling;
        return std::tuple{
            real("temperature", &P::temperature, 0, 10, 0.05, "", "Divides the logits; 0: always the likeliest token"),
            integer("top_k", &P::top_k, 0, 1 << 20, 1, "tokens", "Draws from the k likeliest tokens only; 0: from all"),
            real("top_p", &P::top_p, 0, 1, 0.01, "",
                 "Draws from the fewest tokens that have this probability together"),
        };
    }
};

/// A token and how the choice stood.
struct GeneratedToken {
    Token token = 0;
    double probability = 0;            // of this token, at temperature 1 and before any cut
    std::vector<float> probabilities;  // of all tokens, likewise
};

/// Draws a token from logits. `random` is not touched at temperature 0.
GeneratedToken sample(std::span<const float> logits, const Sampling& sampling, Random& random);

/// Writes on from a prompt, one token a call. When the context is full, the later half of it is read again, so that
/// text of any length comes out.
class Generator {
public:
    /// Fails where the prompt has a token outside the vocabulary; an empty prompt begins with a line break (token 10).
    static Result<Generator> create(std::shared_ptr<const Model> model, std::span<const Token> prompt,
                                    const Sampling& sampling, std::uint64_t seed);

    Result<GeneratedToken> next(ThreadPool& pool);
    /// The prompt and everything after it.
    std::span<const Token> tokens() const { return tokens_; }

private:
    Generator(std::shared_ptr<const Model> model, std::vector<Token> prompt, const Sampling& sampling,
              std::uint64_t seed);

    std::shared_ptr<const Model> model_;
    Sampling sampling_;
    Random random_;
    std::vector<Token> tokens_;
    std::size_t read_ = 0;  // tokens that the cache has, or has dropped
    KvCache cache_;
    Activations activations_;
};

}  // namespace quantlens::model
