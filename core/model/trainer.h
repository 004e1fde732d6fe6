#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "model/parametrization.h"
#include "model/text.h"
#include "model/transformer.h"
#include "tensor/fields.h"
#include "tensor/run.h"

/// Training in steps: the caller decides how many, draws the curve, stores checkpoints and may stop at any time.
namespace quantlens::model {

enum class Optimizer : std::uint8_t { kAdamW, kMuon };
inline constexpr std::array<std::string_view, 2> kOptimizerNames{"adamw", "muon"};

/// The parameters of a training run. The defaults are the recipe of the reference model.
struct TrainingParameters {
    int steps = 3000;
    int batch = 8;
    int sequence = 512;
    int parts = 4;
    int sequences_at_once = 1;
    Optimizer optimizer = Optimizer::kMuon;
    double learning_rate = 3e-3;
    double adam_rate_share = 1.0;
    int warmup = 100;
    double decay_share = 1.0;
    double final_share = 0.0;
    double beta1 = 0.9;
    double beta2 = 0.95;
    double weight_decay = 0.1;
    double clip = 1.0;
    double averaging = 0.0;

    static constexpr auto fields() {
        using P = TrainingParameters;
        return std::tuple{
            integer("steps", &P::steps, 1, 1000000, 1, "steps", "optimizer steps in the whole run"),
            integer("batch", &P::batch, 1, 1024, 1, "sequences", "sequences whose gradients make one step"),
            integer("sequence", &P::sequence, 2, 65536, 1, "tokens", "length of a sequence"),
            integer("parts", &P::parts, 1, 64, 1, "", "parts of a batch that can be worked on at the same time"),
            integer("sequences_at_once", &P::sequences_at_once, 1, 1024, 1, "sequences",
                    "sequences of a part in one pass; more take more memory"),
            choice("optimizer", &P::optimizer, kOptimizerNames,
                   "muon: matrices by Muon, embeddings and norms by AdamW; adamw: everything by AdamW"),
            real("learning_rate", &P::learning_rate, 0, 1, 1e-4, "", "at the top of the schedule"),
            real("adam_rate_share", &P::adam_rate_share, 0, 10, 0.1, "",
                 "with muon: the learning rate of embeddings and norms, as a share of the matrices'"),
            integer("warmup", &P::warmup, 0, 100000, 1, "steps", "steps in which the learning rate rises from 0"),
            real("decay_share", &P::decay_share, 0, 1, 0.05, "",
                 "share of the run, at its end, in which the learning rate falls along a cosine"),
            real("final_share", &P::final_share, 0, 1, 0.01, "", "learning rate at the end, as a share of the top"),
            real("beta1", &P::beta1, 0, 0.9999, 0.01, "", "AdamW: decay of the mean of gradients"),
            real("beta2", &P::beta2, 0, 0.99999, 0.001, "", "AdamW: decay of the mean of squared gradients"),
            real("weight_decay", &P::weight_decay, 0, 10, 0.01, "",
                 "decoupled decay of matrices, times the learning rate"),
            real("clip", &P::clip, 0, 1000, 0.1, "", "largest norm of the gradient; 0: not clipped"),
            real("averaging", &P::averaging, 0, 0.99999, 0.001, "",
                 "decay of a running average of the weights; 0: none"),
        };
    }
};

/// What a step did.
struct StepReport {
    std::size_t step = 0;  // counted from 1
    double loss = 0;       // nats a token, mean over the batch, before the step
    double learning_rate = 0;
    double gradient_norm = 0;  // before clipping
    std::size_t tokens = 0;
};

/// All that a run needs to go on where it stopped, beside its text and parameters. The arrays have the same length.
struct TrainerState {
    std::size_t step = 0;
    std::vector<float> learnable, first_moments, second_moments;
    std::vector<float> average;  // empty without averaging
};

class Trainer {
public:
    /// `start`: the weights to begin with; dequantized where adapters or scales are to learn on a quantized base.
    /// Fails where the text is shorter than a sequence and its last target, a token is outside the vocabulary, the
    /// sequence is longer than the context, or a parameter is outside its range.
    static Result<Trainer> create(const Weights& start, std::vector<Token> text, const TrainingParameters& parameters,
                                  std::uint64_t seed, const LearningPlan& plan = {});
    /// The same with a parametrization that the caller has prepared (adapters that begin elsewhere).
    static Result<Trainer> create(const Weights& start, std::vector<Token> text, const TrainingParameters& parameters,
                                  std::uint64_t seed, Parametrization parametrization);

    /// One optimizer step. Fails with kNotFinite where the loss is no longer a number.
    Result<StepReport> step(ThreadPool& pool);

    bool done() const { return state_.step >= std::size_t(parameters_.steps); }
    const TrainingParameters& parameters() const { return parameters_; }
    /// The weights as they are after the last step: rounded, scaled or with adapters merged, as the plan says.
    const Weights& weights() const { return weights_; }
    const Parametrization& parametrization() const { return parametrization_; }
    /// The running average of the learnable values; those of the last step without averaging.
    std::span<const float> averaged() const { return state_.average.empty() ? state_.learnable : state_.average; }
    /// The weights that they make, which are what a run leaves and is measured by.
    Weights averaged_weights(ThreadPool& pool) const;

    const TrainerState& state() const { return state_; }
    /// Fails with kBadShape where the state is of another model or of other parameters.
    Status restore(TrainerState state, ThreadPool& pool);

private:
    Trainer(const Weights& start, std::vector<Token> text, const TrainingParameters& parameters, std::uint64_t seed,
            Parametrization parametrization);
    /// Rounds the inputs of the plan's matrices, where it says so.
    Hooks hooks(ThreadPool& pool) const;

    /// The part's share of the batch, forward and backward: its gradient into parts_[part]. Returns the sum of losses.
    double run_part(std::size_t part, ThreadPool& pool);

    /// Room for one pass. A part takes any that is free, so that there are only as many as threads at work.
    struct Workspace {
        explicit Workspace(const Config& config) : activations(config, true) {}
        Activations activations;
        BackwardBuffers buffers;
    };
    struct FreeList;

    TrainingParameters parameters_;
    Parametrization parametrization_;
    std::vector<Token> text_;
    WindowOrder order_;
    TrainerState state_;
    Weights weights_;
    std::vector<Weights> part_gradients_;  // each part its own, added in order: the same bits at any thread count
    std::vector<std::size_t> starts_;      // of the step's sequences in the text
    std::vector<float> learnable_gradient_;
    std::shared_ptr<FreeList> free_;
};

/// The learning rate at `step` (counted from 1): rises, stays, falls along a cosine.
double learning_rate_at(const TrainingParameters& parameters, std::size_t step);

}  // namespace quantlens::model
