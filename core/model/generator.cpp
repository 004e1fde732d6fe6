#include "model/generator.h"

#include <algorithm>
#include <cmath>

#include "methods/order.h"

namespace quantlens::model {

GeneratedToken sample(std::span<const float> logits, const Sampling& sampling, Random& random) {
    GeneratedToken result;
    const double top = double(*std::ranges::max_element(logits));
    double sum = 0;
    for (const float logit : logits) sum += std::exp(double(logit) - top);
    for (const float logit : logits) result.probabilities.push_back(float(std::exp(double(logit) - top) / sum));

    const auto order = methods::largest_first(logits);
    std::size_t chosen = order[0];
    if (sampling.temperature > 0) {
        std::size_t count = order.size();
        if (sampling.top_k > 0) count = std::min(count, std::size_t(sampling.top_k));
        std::vector<double> weights(count);
        double total = 0;
        for (std::size_t i = 0; i < count; ++i)
            total += weights[i] = std::exp((double(logits[order[i]]) - top) / sampling.temperature);
        double kept = 0;
        std::size_t nucleus = 0;  // the fewest that reach top_p; at least one
        do kept += weights[nucleus++];
        while (nucleus < count && kept < sampling.top_p * total);
        double left = random.uniform() * kept;
        std::size_t i = 0;
        while (i + 1 < nucleus && left >= weights[i]) left -= weights[i++];
        chosen = order[i];
    }
    result.token = Token(chosen);
    result.probability = double(result.probabilities[chosen]);
    return result;
}

Result<Generator> Generator::create(std::shared_ptr<const Model> model, std::span<const Token> prompt,
                                    const Sampling& sampling, std::uint64_t seed) {
    if (const auto ranges = check_ranges(sampling); !ranges) return std::unexpected(ranges.error());
    std::vector<Token> tokens(prompt.begin(), prompt.end());
    if (tokens.empty()) tokens.push_back(Token(std::min<std::size_t>(10, model->config().vocabulary - 1)));
    for (const Token token : tokens)
        if (token < 0 || std::size_t(token) >= model->config().vocabulary)
            return bad_parameter("prompt", "token " + to_text(token),
                                 "of the model's vocabulary, 0 to " + to_text(model->config().vocabulary - 1));
    return Generator(std::move(model), std::move(tokens), sampling, seed);
}

Generator::Generator(std::shared_ptr<const Model> model, std::vector<Token> prompt, const Sampling& sampling,
                     std::uint64_t seed)
    : model_(std::move(model)), sampling_(sampling), random_(seed), tokens_(std::move(prompt)),
      cache_(model_->new_cache()), activations_(model_->config(), false) {}

Result<GeneratedToken> Generator::next(ThreadPool& pool) {
    const std::size_t context = model_->config().context;
    if (cache_.size() + (tokens_.size() - read_) > context) {
        cache_.clear();
        read_ = tokens_.size() - std::min(tokens_.size(), std::max<std::size_t>(1, context / 2));
    }
    Batch batch{std::span(tokens_).subspan(read_)};
    batch.logits_from = batch.tokens.size() - 1;
    if (const auto status = model_->run(batch, activations_, &cache_, pool); !status)
        return std::unexpected(status.error());
    read_ = tokens_.size();
    auto token = sample(activations_.logits.row(0), sampling_, random_);
    if (!std::isfinite(token.probability))
        return fail(ErrorCode::kNotFinite, "logits",
                    "the model's logits are not finite after " + to_text(tokens_.size()) + " tokens");
    tokens_.push_back(token.token);
    return token;
}

}  // namespace quantlens::model
