#include "model/trainer.h"

#include <algorithm>
#include <cmath>
#include <mutex>
#include <numbers>

#include "model/arithmetic.h"
#include "model/optimizer.h"

namespace quantlens::model {

namespace {

void add(std::span<const float> from, std::span<float> into, ThreadPool& pool) {
    for_rows(
        into.size(), pool,
        [&](std::size_t, std::size_t first, std::size_t end) {
            for (std::size_t i = first; i < end; ++i) into[i] += from[i];
        },
        std::size_t{1} << 16);
}

}  // namespace

double learning_rate_at(const TrainingParameters& parameters, std::size_t step) {
    const double top = parameters.learning_rate;
    if (step <= std::size_t(parameters.warmup)) return top * double(step) / double(parameters.warmup);
    const double falling = parameters.decay_share * double(parameters.steps - parameters.warmup);
    const double left = double(parameters.steps) - double(step);
    if (left >= falling) return top;
    const double done = 1.0 - std::max(0.0, left) / falling;
    return top *
           (parameters.final_share + (1.0 - parameters.final_share) * 0.5 * (1.0 + std::cos(std::numbers::pi * done)));
}

Result<Trainer> Trainer::create(const Weights& start, std::vector<Token> text, const TrainingParameters& parameters,
                                std::uint64_t seed, const LearningPlan& plan) {
    auto parametrization = Parametrization::create(start, plan, seed);
    if (!parametrization) return std::unexpected(parametrization.error());
    return create(start, std::move(text), parameters, seed, std::move(*parametrization));
}

Result<Trainer> Trainer::create(const Weights& start, std::vector<Token> text, const TrainingParameters& parameters,
                                std::uint64_t seed, Parametrization parametrization) {
    if (const auto ranges = check_ranges(parameters); !ranges) return std::unexpected(ranges.error());
    const auto length = std::size_t(parameters.sequence);
    if (length > start.config().context)
        return bad_parameter("sequence", parameters.sequence,
                             "at most the model's context, " + to_text(start.config().context));
    if (text.size() < length + 1)
        return bad_shape("text", "the training text has " + to_text(text.size()) + " tokens, must have at least " +
                                     to_text(length + 1) + " (a sequence and its last target)");
    for (const Token token : text)
        if (token < 0 || std::size_t(token) >= start.config().vocabulary)
            return bad_parameter("token", token, "from 0 to " + to_text(start.config().vocabulary - 1));
    return Trainer(start, std::move(text), parameters, seed, std::move(parametrization));
}

Trainer::Trainer(const Weights& start, std::vector<Token> text, const TrainingParameters& parameters,
                 std::uint64_t seed, Parametrization parametrization)
    : parameters_(parameters), parametrization_(std::move(parametrization)), text_(std::move(text)),
      order_(text_.size(), std::size_t(parameters.sequence), seed), weights_(start),
      part_gradients_(std::size_t(std::min(parameters.parts, parameters.batch)), Weights(start.config())),
      learnable_gradient_(parametrization_.size()), free_(std::make_shared<FreeList>()) {
    state_.learnable.assign(parametrization_.start().begin(), parametrization_.start().end());
    state_.first_moments.resize(parametrization_.size());
    state_.second_moments.resize(parametrization_.size());
    if (parameters.averaging > 0) state_.average = state_.learnable;
    ThreadPool alone(1);
    parametrization_.materialize(state_.learnable, weights_, alone);
}

Hooks Trainer::hooks(ThreadPool& pool) const {
    const auto& plan = parametrization_.plan();
    if (plan.learning != Learning::kQuantizationAware || plan.activation_bits >= 16) return {};
    return {
        [this, &plan, &pool](std::size_t layer, Product which, MatrixView<float> inputs, MatrixView<float> outputs) {
            const std::size_t tensor =
                which == Product::kHead ? weights_.head_index() : weights_.index(layer, parts_of(which).first);
            if (std::ranges::binary_search(parametrization_.matrices(), tensor)) {
                methods::ActivationQuantizer quantizer;
                quantizer.bits = plan.activation_bits;
                quantizer.apply(inputs, pool);
            }
            plain_product(weights_, layer, which, inputs, outputs, pool);
        },
        {}};
}

struct Trainer::FreeList {
    std::mutex mutex;
    std::vector<std::unique_ptr<Workspace>> workspaces;
};

double Trainer::run_part(std::size_t part, ThreadPool& pool) {
    std::unique_ptr<Workspace> room;
    {
        const std::lock_guard lock(free_->mutex);
        if (!free_->workspaces.empty()) {
            room = std::move(free_->workspaces.back());
            free_->workspaces.pop_back();
        }
    }
    if (!room) room = std::make_unique<Workspace>(weights_.config());

    auto& gradient = part_gradients_[part];
    std::ranges::fill(gradient.values(), 0.0f);
    const std::size_t parts = part_gradients_.size(), batch = starts_.size();
    const auto length = std::size_t(parameters_.sequence);
    const std::size_t end = batch * (part + 1) / parts;
    double loss = 0;
    std::vector<Token> tokens, targets;
    for (std::size_t first = batch * part / parts; first < end;) {
        const std::size_t count = std::min(std::size_t(parameters_.sequences_at_once), end - first);
        tokens.clear();
        targets.clear();
        for (std::size_t i = first; i < first + count; ++i) {
            const auto start = text_.begin() + std::ptrdiff_t(starts_[i]);
            tokens.insert(tokens.end(), start, start + std::ptrdiff_t(length));
            targets.insert(targets.end(), start + 1, start + 1 + std::ptrdiff_t(length));
        }
        const Batch pass{tokens, count};
        forward(weights_, pass, room->activations, hooks(pool), pool);
        loss += cross_entropy(room->activations.logits, targets, 1.0 / double(batch * length), pool);
        backward(weights_, pass, room->activations, gradient, room->buffers, pool);
        first += count;
    }
    const std::lock_guard lock(free_->mutex);
    free_->workspaces.push_back(std::move(room));
    return loss;
}

Result<StepReport> Trainer::step(ThreadPool& pool) {
    const auto length = std::size_t(parameters_.sequence), batch = std::size_t(parameters_.batch);
    const std::size_t step = state_.step + 1;
    StepReport report{step, 0, learning_rate_at(parameters_, step), 0, batch * length};

    starts_.resize(batch);
    for (std::size_t i = 0; i < batch; ++i) starts_[i] = order_.start(state_.step * batch + i);
    std::vector<double> losses(part_gradients_.size());
    pool.for_each(losses.size(), [&](std::size_t part) { losses[part] = run_part(part, pool); });
    for (const double loss : losses) report.loss += loss;
    auto& gradient = part_gradients_[0];
    for (std::size_t part = 1; part < part_gradients_.size(); ++part)
        add(part_gradients_[part].values(), gradient.values(), pool);
    report.loss /= double(report.tokens);
    parametrization_.pull_back(state_.learnable, gradient, learnable_gradient_, pool);
    report.gradient_norm = norm_of(learnable_gradient_, pool);
    if (!std::isfinite(report.loss) || !std::isfinite(report.gradient_norm))
        return fail(ErrorCode::kNotFinite, "loss",
                    "the loss is no longer a number at step " + to_text(step) + "; a smaller learning_rate than " +
                        to_text(parameters_.learning_rate) + " may help");
    if (parameters_.clip > 0 && report.gradient_norm > parameters_.clip) {
        const float scale = float(parameters_.clip / report.gradient_norm);
        for (auto& value : learnable_gradient_) value *= scale;
    }

    for (const auto& slot : parametrization_.slots()) {
        const auto part = [&](auto& array) { return std::span(array).subspan(slot.offset, slot.size()); };
        const auto matrix = [&](auto& array) {
            return MatrixView(array.data() + slot.offset, slot.rows, slot.columns);
        };
        const double decay = slot.decays ? parameters_.weight_decay : 0.0;
        if (parameters_.optimizer == Optimizer::kMuon && slot.is_matrix) {
            const MuonSettings settings{report.learning_rate, 0.95, decay};
            muon_step(matrix(state_.learnable), matrix(learnable_gradient_), matrix(state_.first_moments), settings,
                      pool);
        } else {
            const double share = parameters_.optimizer == Optimizer::kMuon ? parameters_.adam_rate_share : 1.0;
            const AdamSettings settings{report.learning_rate * share, parameters_.beta1, parameters_.beta2, 1e-8,
                                        decay};
            adam_step(part(state_.learnable), part(learnable_gradient_), part(state_.first_moments),
                      part(state_.second_moments), step, settings, pool);
        }
    }
    const float kept = float(parameters_.averaging);
    for (std::size_t i = 0; i < state_.average.size(); ++i)
        state_.average[i] = kept * state_.average[i] + (1.0f - kept) * state_.learnable[i];
    state_.step = step;
    parametrization_.materialize(state_.learnable, weights_, pool);
    return report;
}

Weights Trainer::averaged_weights(ThreadPool& pool) const {
    Weights averaged = weights_;
    if (!state_.average.empty()) parametrization_.materialize(state_.average, averaged, pool);
    return averaged;
}

Status Trainer::restore(TrainerState state, ThreadPool& pool) {
    for (const auto* array : {&state.learnable, &state.first_moments, &state.second_moments})
        if (array->size() != parametrization_.size())
            return bad_shape("checkpoint", "the checkpoint has " + to_text(array->size()) +
                                               " learnable values, this run has " + to_text(parametrization_.size()));
    if (state.average.size() != state_.average.size())
        return bad_shape("checkpoint", "the checkpoint and this run do not agree on averaging");
    state_ = std::move(state);
    parametrization_.materialize(state_.learnable, weights_, pool);
    return {};
}

}  // namespace quantlens::model
