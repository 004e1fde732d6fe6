#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "model/transformer.h"

/// Text as the model sees it, and the windows that training draws from it.
namespace quantlens::model {

/// The bytes of a text, one token each.
std::vector<Token> tokens_of(std::string_view text);
std::string text_of(std::span<const Token> tokens);

/// Training text and what is kept back from it: of each text the last `held_out_share`.
struct SplitText {
    std::vector<Token> training, held_out;
};
SplitText split_texts(std::span<const std::string_view> texts, double held_out_share);

/// An endless, seeded order of windows over a text: each pass cuts the text into windows from a new offset on and takes
/// each once. The n-th window depends on the seed and n alone, so a resumed run goes on where it stopped.
class WindowOrder {
public:
    /// `length` tokens a window, and one more as the last target. The text must be longer than that.
    WindowOrder(std::size_t text_size, std::size_t length, std::uint64_t seed);

    /// The first token of window n.
    std::size_t start(std::size_t n);
    std::size_t windows_per_pass() const { return count_; }

private:
    std::size_t text_size_, length_, count_;
    std::uint64_t seed_;
    std::size_t pass_ = std::size_t(-1);
    std::size_t offset_ = 0;
    std::vector<std::size_t> order_;
};

}  // namespace quantlens::model
