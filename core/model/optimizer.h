#pragma once

#include <cstddef>
#include <span>

#include "tensor/matrix.h"
#include "tensor/thread_pool.h"

/// One step of an optimizer on values that learn together.
namespace quantlens::model {

struct AdamSettings {
    double learning_rate = 1e-3;
    double beta1 = 0.9, beta2 = 0.999;
    double epsilon = 1e-8;
    double weight_decay = 0.01;
};

/// AdamW: decoupled decay first, then the bias-corrected update; epsilon is added after the root. `step` counts from 1.
/// All spans have the same length. Source: Loshchilov and Hutter 2017 (arXiv 1711.05101), algorithm 2, as in PyTorch.
void adam_step(std::span<float> values, std::span<const float> gradient, std::span<float> first_moments,
               std::span<float> second_moments, std::size_t step, const AdamSettings& settings, ThreadPool& pool);

struct MuonSettings {
    double learning_rate = 1e-3;
    double momentum = 0.95;
    double weight_decay = 0.01;
};

/// Muon on one matrix: Nesterov momentum, made nearly orthogonal by five Newton-Schulz steps, scaled to the root mean
/// square of a usual Adam update, so that both take the same learning rate.
/// Source: Jordan et al. 2024 (kellerjordan.github.io/posts/muon); the scale: Liu et al. 2025 (arXiv 2502.16982), 2.2.
void muon_step(MatrixView<float> values, MatrixView<const float> gradient, MatrixView<float> momentum,
               const MuonSettings& settings, ThreadPool& pool);

/// The root of the sum of squares, in a fixed order.
double norm_of(std::span<const float> values, ThreadPool& pool);

}  // namespace quantlens::model
