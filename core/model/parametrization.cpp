#include "model/parametrization.h"

#include <algorithm>
#include <cmath>

#include "tensor/random.h"
#include "tensor/run.h"

namespace quantlens::model {

std::size_t Parametrization::group_of(std::size_t columns) const {
    return plan_.group_size == 0 ? columns : std::min(columns, std::size_t(plan_.group_size));
}

Result<Parametrization> Parametrization::create(const Weights& start, const LearningPlan& plan, std::uint64_t seed) {
    if (const auto ranges = check_ranges(plan); !ranges) return std::unexpected(ranges.error());
    if (const auto ok = methods::check_uniform(plan.rounding()); !ok) return std::unexpected(ok.error());
    Parametrization result;
    result.plan_ = plan;
    result.base_ = std::make_shared<const Weights>(start);
    const bool all = plan.learning == Learning::kWeights;
    auto& values = result.start_values_;
    const auto add_slot = [&](std::size_t rows, std::size_t columns, bool decays, bool is_matrix) {
        result.slots_.push_back({values.size(), rows, columns, decays, is_matrix});
        values.resize(values.size() + rows * columns);
        return std::span(values).last(rows * columns);
    };
    for (std::size_t i = 0; i < start.specs().size(); ++i) {
        const auto& spec = start.specs()[i];
        const auto tensor = start.tensor(i);
        const bool chosen = !all && !spec.is_norm && glob_matches(plan.layers, spec.name);
        if (chosen) result.matrices_.push_back(i);
        const bool is_embedding = i == start.embedding_index() || i == start.head_index();
        const std::size_t offset = values.size();
        if (plan.learning == Learning::kAdapters) {
            if (!chosen) continue;
            const std::size_t rank = std::size_t(plan.rank);
            if (rank > std::min(spec.rows, spec.columns))
                return bad_parameter(
                    "rank", plan.rank,
                    "at most " + to_text(std::min(spec.rows, spec.columns)) + ", the smaller side of " + spec.name);
            result.entries_.push_back({i, Kind::kAdapted, offset});
            Random random = Random(seed).split(i);
            const double bound = 1.0 / std::sqrt(double(spec.columns));
            for (auto& value : add_slot(rank, spec.columns, true, false))
                value = float(bound * (2.0 * random.uniform() - 1.0));
            add_slot(spec.rows, rank, true, false);
        } else if (plan.learning == Learning::kScales && !spec.is_norm) {
            if (!chosen) continue;
            result.entries_.push_back({i, Kind::kScaled, offset});
            const std::size_t group = result.group_of(spec.columns);
            std::ranges::fill(add_slot(spec.rows, (spec.columns + group - 1) / group, false, false), 1.0f);
        } else {
            result.entries_.push_back({i, chosen ? Kind::kRounded : Kind::kItself, offset});
            std::ranges::copy(tensor.values(),
                              add_slot(spec.rows, spec.columns, !spec.is_norm, !spec.is_norm && !is_embedding).begin());
        }
    }
    if (!all && result.matrices_.empty())
        return bad_parameter("layers", plan.layers, "a pattern that matches a matrix, such as model.layers.*");
    return result;
}

Status Parametrization::set_adapter(std::size_t tensor, const Adapter& adapter) {
    for (const auto& entry : entries_)
        if (entry.tensor == tensor && entry.kind == Kind::kAdapted) {
            const auto& spec = base_->specs()[tensor];
            const auto rank = std::size_t(plan_.rank);
            if (adapter.a.rows() != rank || adapter.a.columns() != spec.columns || adapter.b.rows() != spec.rows ||
                adapter.b.columns() != rank)
                return bad_shape(spec.name, "the adapter of " + spec.name + " must be of rank " + to_text(rank));
            const auto into = start_values_.begin() + std::ptrdiff_t(entry.offset);
            std::ranges::copy(adapter.b.values(), std::ranges::copy(adapter.a.values(), into).out);
            return {};
        }
    return bad_parameter("tensor", base_->specs()[tensor].name, "one that has an adapter");
}

Parametrization::AdapterView Parametrization::adapter(std::span<const float> learnable, std::size_t tensor) const {
    for (const auto& entry : entries_)
        if (entry.tensor == tensor && entry.kind == Kind::kAdapted) {
            const auto& spec = base_->specs()[tensor];
            const auto rank = std::size_t(plan_.rank);
            const float* at = learnable.data() + entry.offset;
            return {{at, rank, spec.columns}, {at + rank * spec.columns, spec.rows, rank}};
        }
    return {};
}

void Parametrization::materialize(std::span<const float> learnable, Weights& weights, ThreadPool& pool) const {
    for (const auto& entry : entries_) {
        const auto out = weights.tensor(entry.tensor);
        const MatrixView<const float> own(learnable.data() + entry.offset, out.rows(), out.columns());
        switch (entry.kind) {
            case Kind::kItself: std::ranges::copy(own.values(), out.values().begin()); break;
            case Kind::kRounded: {
                const auto codes = methods::quantize_uniform(own, plan_.rounding(), Run{pool, 0, {}});
                if (!codes) break;  // the settings were checked, and nothing cancels
                std::ranges::copy(methods::dequantize(*codes, pool).values(), out.values().begin());
                break;
            }
            case Kind::kScaled: {
                const auto base = base_->tensor(entry.tensor);
                const std::size_t group = group_of(out.columns()), groups = (out.columns() + group - 1) / group;
                const float* factors = learnable.data() + entry.offset;
                for (std::size_t r = 0; r < out.rows(); ++r)
                    for (std::size_t c = 0; c < out.columns(); ++c)
                        out(r, c) = base(r, c) * factors[r * groups + c / group];
                break;
            }
            case Kind::kAdapted: {
                const auto adapter = this->adapter(learnable, entry.tensor);
                merge_adapter(base_->tensor(entry.tensor), adapter.a, adapter.b, scaling(), out, pool);
                break;
            }
        }
    }
}

void Parametrization::pull_back(std::span<const float> learnable, const Weights& gradient,
                                std::span<float> learnable_gradient, ThreadPool& pool) const {
    for (const auto& entry : entries_) {
        const auto given = gradient.tensor(entry.tensor);
        float* const into = learnable_gradient.data() + entry.offset;
        switch (entry.kind) {
            case Kind::kItself:
            case Kind::kRounded: std::ranges::copy(given.values(), into); break;
            case Kind::kScaled: {
                const auto base = base_->tensor(entry.tensor);
                const std::size_t group = group_of(given.columns()), groups = (given.columns() + group - 1) / group;
                for (std::size_t r = 0; r < given.rows(); ++r)
                    for (std::size_t g = 0; g < groups; ++g) {
                        double sum = 0;
                        const std::size_t end = std::min(given.columns(), (g + 1) * group);
                        for (std::size_t c = g * group; c < end; ++c) sum += double(given(r, c)) * double(base(r, c));
                        into[r * groups + g] = float(sum);
                    }
                break;
            }
            case Kind::kAdapted: {
                const auto adapter = this->adapter(learnable, entry.tensor);
                const MatrixView<float> a(into, adapter.a.rows(), adapter.a.columns());
                const MatrixView<float> b(into + a.size(), adapter.b.rows(), adapter.b.columns());
                adapter_gradients(given, adapter.a, adapter.b, scaling(), a, b, pool);
                break;
            }
        }
    }
}

}  // namespace quantlens::model
