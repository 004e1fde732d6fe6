#pragma once

#include <memory>

#include "model/model.h"
#include "model/trainer.h"
#include "tensor/run.h"

/// What a training run leaves, as a model to run, store and measure.
namespace quantlens::model {

/// The model after training. `base` is the model that the run began with: with quantized matrices for adapters and
/// scales on a quantized base.
/// weights: as trained. qat: the plan's matrices rounded once more, to the same values, so that their stored bits are
/// counted. scales: the base's codes with new scales, the same bits. lora: the base's bits and the adapters in FP16;
/// `merged` instead adds the adapters into matrices in FP16.
Result<std::shared_ptr<const Model>> learned_model(const Trainer& trainer, const Model& base, bool merged,
                                                   const Run& run);

}  // namespace quantlens::model
