#include "model/text.h"

#include <algorithm>
#include <numeric>

#include "tensor/random.h"

namespace quantlens::model {

std::vector<Token> tokens_of(std::string_view text) {
    std::vector<Token> tokens(text.size());
    std::ranges::transform(text, tokens.begin(), [](char c) { return Token(static_cast<unsigned char>(c)); });
    return tokens;
}

std::string text_of(std::span<const Token> tokens) {
    std::string text(tokens.size(), '\0');
    std::ranges::transform(tokens, text.begin(), [](Token token) { return static_cast<char>(token); });
    return text;
}

SplitText split_texts(std::span<const std::string_view> texts, double held_out_share) {
    SplitText split;
    for (const auto text : texts) {
        const auto kept = std::size_t(double(text.size()) * (1.0 - held_out_share));
        const auto training = tokens_of(text.substr(0, kept)), held_out = tokens_of(text.substr(kept));
        split.training.insert(split.training.end(), training.begin(), training.end());
        split.held_out.insert(split.held_out.end(), held_out.begin(), held_out.end());
    }
    return split;
}

WindowOrder::WindowOrder(std::size_t text_size, std::size_t length, std::uint64_t seed)
    : text_size_(text_size), length_(length),
      // one window less than fit, so that there is room to begin elsewhere in each pass
      count_(std::max<std::size_t>(2, (text_size - 1) / length) - 1), seed_(seed) {}

std::size_t WindowOrder::start(std::size_t n) {
    const std::size_t pass = n / count_;
    if (pass != pass_) {
        pass_ = pass;
        Random random = Random(seed_).split(pass);
        const std::size_t spare = text_size_ - 1 - count_ * length_;  // windows must end within the text
        offset_ = std::size_t(random.below(spare + 1));
        order_.resize(count_);
        std::iota(order_.begin(), order_.end(), std::size_t{0});
        for (std::size_t i = count_ - 1; i > 0; --i) std::swap(order_[i], order_[std::size_t(random.below(i + 1))]);
    }
    return offset_ + order_[n % count_] * length_;
}

}  // namespace quantlens::model
