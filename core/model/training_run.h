#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "model/learned.h"
#include "model/quantization.h"
#include "model/trainer.h"

/// A training run as a front end asks for it: from scratch, QAT, scales after quantizing, LoRA, QLoRA.
namespace quantlens::model {

struct TrainingRunParameters : TrainingParameters, LearningPlan {
    std::string base = "none";
    int loftq_iterations = 0;

    static constexpr auto fields() {
        using P = TrainingRunParameters;
        return std::tuple_cat(
            TrainingParameters::fields(), LearningPlan::fields(),
            std::tuple{
                text("base", &P::base,
                     "scales, lora: the method or number format that the frozen matrices are quantized with first "
                     "(nf4, nf4_dq, "
                     "rtn, gptq, ...); bits and group_size go to it where it has them; none: not quantized"),
                integer("loftq_iterations", &P::loftq_iterations, 0, 20, 1, "",
                        "lora: adapters begin where the quantized base and they are nearest to the weights; 0: they "
                        "begin at 0"),
            });
    }
};

class TrainingRun {
public:
    /// Quantizes the base where the parameters say so, then prepares the trainer; no step is taken.
    /// `calibration_text`: for a base whose method needs activations. Fails as Quantization and Trainer do.
    static Result<TrainingRun> create(std::shared_ptr<const Weights> weights, std::vector<Token> text,
                                      const TrainingRunParameters& parameters, std::vector<Token> calibration_text,
                                      const Run& run);

    Result<StepReport> step(ThreadPool& pool) { return trainer_.step(pool); }
    bool done() const { return trainer_.done(); }
    const Trainer& trainer() const { return trainer_; }
    Status restore(TrainerState state, ThreadPool& pool) { return trainer_.restore(std::move(state), pool); }

    /// What the run began with: the base, quantized where it is.
    const Model& base() const { return *base_; }
    /// The model as trained so far; see learned_model.
    Result<std::shared_ptr<const Model>> model(bool merged, const Run& run) const {
        return learned_model(trainer_, *base_, merged, run);
    }

private:
    TrainingRun(std::shared_ptr<const Model> base, Trainer trainer)
        : base_(std::move(base)), trainer_(std::move(trainer)) {}

    std::shared_ptr<const Model> base_;
    Trainer trainer_;
};

/// Bits a token over every `stride`-th window of at most kWindow tokens, the first of each not scored: the held-out
/// figure of a run. Fails where the text has no window.
Result<double> bits_per_token(const Weights& weights, std::span<const Token> text, std::size_t stride,
                              ThreadPool& pool);

}  // namespace quantlens::model
