#include "model/evaluation.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "model/arithmetic.h"
#include "tensor/random.h"

namespace quantlens::model {

namespace {

constexpr std::size_t kResamples = 2000;
constexpr std::size_t kFewestBlocks = 16;  // with fewer windows than that, blocks are parts of a window
constexpr std::size_t kShortBlock = 64;

/// Replaces each row of logits by logarithms of probabilities. Fails where they are not finite.
Status log_softmax(Matrix& logits, ThreadPool& pool) {
    std::vector<char> bad(piece_count(logits.rows()));
    for_rows(logits.rows(), pool, [&](std::size_t piece, std::size_t first, std::size_t end) {
        for (std::size_t r = first; r < end; ++r) {
            const auto row = logits.row(r);
            const float top = *std::ranges::max_element(row);
            double sum = 0;
            for (const float value : row) sum += double(exponential(value - top));
            const float shift = top + float(std::log(sum));
            if (!std::isfinite(shift)) bad[piece] = 1;
            for (auto& value : row) value -= shift;
        }
    });
    if (std::ranges::find(bad, 1) != bad.end())
        return fail(ErrorCode::kNotFinite, "logits", "the model's logits are not finite on this text");
    return {};
}

/// The scored positions of one window as log probabilities: row t predicts token t + 1.
Result<Matrix> score(const Model& model, std::span<const Token> window, Activations& activations, ThreadPool& pool) {
    Status status;
    if (model.cache().active()) {
        KvCache cache = model.new_cache();
        status = model.run({window.first(window.size() - 1)}, activations, &cache, pool);
    } else {
        status = model.run({window.first(window.size() - 1)}, activations, nullptr, pool);
    }
    if (!status) return std::unexpected(status.error());
    Matrix logits = activations.logits;
    if (const auto finite = log_softmax(logits, pool); !finite) return std::unexpected(finite.error());
    return logits;
}

double mean_of(std::span<const double> values) {
    double sum = 0;
    for (const double value : values) sum += value;
    return sum / double(values.size());
}

}  // namespace

Estimate bootstrap_mean(std::span<const double> values, std::span<const std::size_t> block_ends, std::uint64_t seed) {
    struct Block {
        double sum;
        std::size_t count;
    };
    std::vector<Block> blocks;
    std::size_t first = 0;
    for (const std::size_t end : block_ends) {
        double sum = 0;
        for (std::size_t i = first; i < end; ++i) sum += values[i];
        blocks.push_back({sum, end - first});
        first = end;
    }
    Estimate estimate{mean_of(values), 0, 0};
    Random random(seed);
    std::vector<double> means(kResamples);
    for (auto& mean : means) {
        double sum = 0;
        std::size_t count = 0;
        for (std::size_t i = 0; i < blocks.size(); ++i) {
            const auto& block = blocks[std::size_t(random.below(blocks.size()))];
            sum += block.sum;
            count += block.count;
        }
        mean = sum / double(count);
    }
    std::ranges::sort(means);
    estimate.low = means[std::size_t(0.025 * double(kResamples))];
    estimate.high = means[std::size_t(0.975 * double(kResamples)) - 1];
    return estimate;
}

Baseline::Baseline(std::shared_ptr<const Model> model, std::vector<Token> text)
    : model_(std::move(model)), text_(std::move(text)), length_(window_of(model_->config())),
      windows_(text_.size() / length_), activations_(model_->config(), false) {
    if (text_.size() % length_ >= 2)
        ++windows_;  // a last short window; a single token could not be scored
    else
        text_.resize(windows_ * length_);
}

Result<std::shared_ptr<Baseline>> Baseline::create(std::shared_ptr<const Model> model, std::vector<Token> text) {
    if (text.size() < 2)
        return bad_shape(
            "text", "the text has " + to_text(text.size()) + " tokens, must have at least 2: the first is not scored");
    if (model->config().context < 2)
        return bad_shape("max_position_embeddings", "a model with a context of 1 token predicts nothing");
    for (const Token token : text)
        if (token < 0 || std::size_t(token) >= model->config().vocabulary)
            return bad_parameter("token", token, "from 0 to " + to_text(model->config().vocabulary - 1));
    return std::shared_ptr<Baseline>(new Baseline(std::move(model), std::move(text)));
}

std::span<const Token> Baseline::window(std::size_t index) const {
    const std::size_t first = index * length_;
    return std::span(text_).subspan(first, std::min(length_, text_.size() - first));
}

Result<bool> Baseline::advance(ThreadPool& pool) {
    if (done_ == windows_) return false;
    auto scores = score(*model_, window(done_), activations_, pool);
    if (!scores) return std::unexpected(scores.error());
    log_probabilities_.push_back(std::move(*scores));
    ++done_;
    return true;
}

Evaluation::Evaluation(std::shared_ptr<const Model> model, std::shared_ptr<Baseline> baseline)
    : model_(std::move(model)), baseline_(std::move(baseline)), activations_(model_->config(), false) {}

Result<bool> Evaluation::advance(ThreadPool& pool) {
    if (done_ == windows()) return false;
    while (baseline_->windows_done() <= done_)
        if (const auto more = baseline_->advance(pool); !more) return std::unexpected(more.error());
    const Matrix& wanted = baseline_->log_probabilities_[done_];
    const auto window = baseline_->window(done_);
    Matrix own;
    if (model_.get() != baseline_->model_.get()) {
        auto scores = score(*model_, window, activations_, pool);
        if (!scores) return std::unexpected(scores.error());
        own = std::move(*scores);
    }
    const Matrix& actual = own.empty() ? wanted : own;
    constexpr double kBits = 1.0 / std::numbers::ln2;
    for (std::size_t t = 0; t < actual.rows(); ++t) {
        const auto p = wanted.row(t), q = actual.row(t);
        const auto target = std::size_t(window[t + 1]);
        double divergence = 0;
        for (std::size_t i = 0; i < p.size(); ++i) divergence += std::exp(double(p[i])) * (double(p[i]) - double(q[i]));
        losses_.push_back(-kBits * double(q[target]));
        increases_.push_back(kBits * (double(p[target]) - double(q[target])));
        divergences_.push_back(divergence);
        agreements_.push_back(std::ranges::max_element(p) - p.begin() == std::ranges::max_element(q) - q.begin() ? 1.0
                                                                                                                 : 0.0);
    }
    window_ends_.push_back(losses_.size());
    ++done_;
    return true;
}

EvaluationResult Evaluation::result(std::uint64_t seed) const {
    std::vector<std::size_t> blocks = window_ends_;
    if (blocks.size() < kFewestBlocks) {
        blocks.clear();
        std::size_t first = 0;
        for (const std::size_t end : window_ends_) {
            for (std::size_t at = first + kShortBlock; at < end; at += kShortBlock) blocks.push_back(at);
            blocks.push_back(end);
            first = end;
        }
    }
    EvaluationResult result;
    result.tokens = losses_.size();
    result.bits_per_byte = bootstrap_mean(losses_, blocks, seed);
    result.bits_per_byte_increase = bootstrap_mean(increases_, blocks, seed);
    result.perplexity = {std::exp2(result.bits_per_byte.value), std::exp2(result.bits_per_byte.low),
                         std::exp2(result.bits_per_byte.high)};
    result.kl_divergence = bootstrap_mean(divergences_, blocks, seed);
    result.top1_agreement = bootstrap_mean(agreements_, blocks, seed);
    return result;
}

std::vector<PositionResult> Evaluation::by_position(std::size_t run) const {
    std::vector<PositionResult> results;
    std::size_t window_start = 0;
    for (const std::size_t end : window_ends_) {
        for (std::size_t i = window_start; i < end; ++i) {
            const std::size_t at = (i - window_start) / run;
            if (at == results.size()) results.push_back({at * run + 1});
            auto& result = results[at];
            ++result.tokens;
            result.bits_per_byte += losses_[i];
            result.bits_per_byte_increase += increases_[i];
            result.kl_divergence += divergences_[i];
        }
        window_start = end;
    }
    for (auto& result : results)
        for (double* sum : {&result.bits_per_byte, &result.bits_per_byte_increase, &result.kl_divergence})
            *sum /= double(result.tokens);
    return results;
}

Result<EvaluationResult> evaluate(std::shared_ptr<const Model> model, std::shared_ptr<Baseline> baseline,
                                  const Run& run) {
    Evaluation evaluation(std::move(model), std::move(baseline));
    for (;;) {
        const auto more = evaluation.advance(run.pool);
        if (!more) return std::unexpected(more.error());
        if (!*more) break;
        if (run.should_stop(double(evaluation.windows_done()) / double(evaluation.windows())))
            return fail(ErrorCode::kCancelled, "", "the evaluation was stopped");
    }
    return evaluation.result(run.seed);
}

}  // namespace quantlens::model
