#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "model/weights.h"
#include "tensor/thread_pool.h"

/// What learns in a training run, and how the model's weights follow from it.
namespace quantlens::model {

/// A run of learnable values: a matrix [rows x columns] at `offset` of the learnable array.
struct Slot {
    std::size_t offset = 0, rows = 0, columns = 0;
    bool decays = false;      // takes weight decay
    bool is_matrix = false;   // Muon applies to it
    std::size_t size() const { return rows * columns; }
};

/// The weights as a function of learnable values. Here: every tensor learns itself.
class Parametrization {
public:
    explicit Parametrization(const Weights& start);

    std::span<const Slot> slots() const { return slots_; }
    std::size_t size() const { return start_values_.size(); }
    /// The learnable values at the start.
    std::span<const float> start() const { return start_values_; }
    /// Writes the weights that follow from the learnable values.
    void materialize(std::span<const float> learnable, Weights& weights, ThreadPool& pool) const;
    /// Writes the gradient of the learnable values that follows from that of the weights.
    void pull_back(std::span<const float> learnable, const Weights& gradient, std::span<float> learnable_gradient,
        ThreadPool& pool) const;

private:
    std::vector<Slot> slots_;
    std::vector<float> start_values_;
};

}  // namespace quantlens::model
