#include "model/parametrization.h"

#include <algorithm>

namespace quantlens::model {

Parametrization::Parametrization(const Weights& start) : start_values_(start.values().begin(), start.values().end()) {
    for (std::size_t i = 0; i < start.specs().size(); ++i) {
        const auto& spec = start.specs()[i];
        const bool is_embedding = i == start.embedding_index() || i == start.head_index();
        slots_.push_back({spec.offset, spec.rows, spec.columns, !spec.is_norm, !spec.is_norm && !is_embedding});
    }
}

void Parametrization::materialize(std::span<const float> learnable, Weights& weights, ThreadPool&) const {
    std::ranges::copy(learnable, weights.values().begin());
}

void Parametrization::pull_back(std::span<const float>, const Weights& gradient, std::span<float> learnable_gradient,
    ThreadPool&) const {
    std::ranges::copy(gradient.values(), learnable_gradient.begin());
}

}  // namespace quantlens::model
