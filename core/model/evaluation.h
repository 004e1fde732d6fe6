#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "model/model.h"

/// How well a model predicts a text, and how far a quantized model is from the unquantized one. All of it window by
/// window, so that a caller can show progress and stop.
namespace quantlens::model {

/// A mean and its 95 % interval.
struct Estimate {
    double value = 0, low = 0, high = 0;
};

/// The 95 % interval of mean(values) by a blocked bootstrap: blocks of consecutive values are drawn with replacement.
/// block_ends: where each block ends; values of one block belong together. Source: Kuensch 1989, the percentile
/// interval of Efron and Tibshirani 1993, chapter 13. With one block the interval is the value itself.
Estimate bootstrap_mean(std::span<const double> values, std::span<const std::size_t> block_ends, std::uint64_t seed);

/// A text and what the unquantized model says of it: shared by all evaluations on that text.
/// The text is cut into windows that do not overlap; the first token of each is not scored.
class Baseline {
public:
    static constexpr std::size_t kWindow = 512;
    /// Tokens of a window: the model's context where that is shorter.
    static std::size_t window_of(const Config& config) { return std::min(kWindow, config.context); }

    /// Fails with kBadShape where the text is shorter than 2 tokens, with kBadParameter at a token outside the
    /// vocabulary.
    static Result<std::shared_ptr<Baseline>> create(std::shared_ptr<const Model> model, std::vector<Token> text);

    std::size_t windows() const { return windows_; }
    std::size_t windows_done() const { return done_; }
    /// Works out the next window; false when all are done.
    Result<bool> advance(ThreadPool& pool);

    std::span<const Token> window(std::size_t index) const;
    std::size_t scored_tokens() const { return text_.size() - windows_; }
    const Model& model() const { return *model_; }

private:
    friend class Evaluation;
    Baseline(std::shared_ptr<const Model> model, std::vector<Token> text);

    std::shared_ptr<const Model> model_;
    std::vector<Token> text_;
    std::size_t length_, windows_, done_ = 0;
    std::vector<Matrix> log_probabilities_;  // a window each: [scored tokens x vocabulary], natural logarithms
    Activations activations_;
};

/// What an evaluation found. Intervals are at 95 %.
struct EvaluationResult {
    std::size_t tokens = 0;           // scored ones
    Estimate bits_per_byte;           // mean of -log2 p; bits a token where a token is not a byte
    Estimate bits_per_byte_increase;  // over the unquantized model, paired token by token
    Estimate perplexity;              // 2^bits_per_byte, a token
    Estimate kl_divergence;           // nats a token, from the unquantized model to this one
    Estimate top1_agreement;          // share of positions at which both have the same likeliest token
};

/// The same figures for a run of neighbouring positions, over all windows.
struct PositionResult {
    std::size_t first = 0;  // tokens that stand before the run's first scored one
    std::size_t tokens = 0;
    double bits_per_byte = 0, bits_per_byte_increase = 0, kl_divergence = 0;
};

class Evaluation {
public:
    /// `baseline` may still be unfinished: it is advanced as far as this evaluation needs.
    Evaluation(std::shared_ptr<const Model> model, std::shared_ptr<Baseline> baseline);

    std::size_t windows() const { return baseline_->windows(); }
    std::size_t windows_done() const { return done_; }
    /// Scores the next window; false when all are done.
    Result<bool> advance(ThreadPool& pool);
    /// Over the windows that are done; at least one must be.
    EvaluationResult result(std::uint64_t seed) const;
    /// How it goes along a window: the means of each `run` positions, from the window's start. `run` is at least 1.
    std::vector<PositionResult> by_position(std::size_t run) const;

private:
    std::shared_ptr<const Model> model_;
    std::shared_ptr<Baseline> baseline_;
    std::size_t done_ = 0;
    std::vector<double> losses_, increases_, divergences_, agreements_;  // one a scored token
    std::vector<std::size_t> window_ends_;
    Activations activations_;
};

/// All of it at once. Fails with kCancelled where run.progress says so.
Result<EvaluationResult> evaluate(std::shared_ptr<const Model> model, std::shared_ptr<Baseline> baseline,
                                  const Run& run);

}  // namespace quantlens::model
