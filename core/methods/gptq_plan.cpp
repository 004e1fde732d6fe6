#include "methods/gptq_plan.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include "kernels/cholesky.h"
#include "methods/order.h"

namespace quantlens::methods {
namespace {

/// X times a power of two that keeps the squares of its largest values inside float32; empty where they are.
Matrix brought_into_range(MatrixView<const float> activations) {
    float largest = 0;
    for (std::size_t t = 0; t < activations.rows(); ++t)
        for (const float v : activations.row(t)) largest = std::max(largest, std::abs(v));
    if (largest == 0 || (largest > 1e-12f && largest < 1e12f)) return {};
    const int exponent = -std::ilogb(largest);
    Matrix inputs(activations);
    for (float& v : inputs.values()) v = std::ldexp(v, exponent);
    return inputs;
}

/// Calls body(row) for each row, several in a piece.
template <class Body>
void for_rows(std::size_t rows, ThreadPool& pool, const Body& body) {
    constexpr std::size_t kRows = 64;
    pool.for_each((rows + kRows - 1) / kRows, [&](std::size_t piece) {
        for (std::size_t r = piece * kRows; r < std::min(rows, (piece + 1) * kRows); ++r) body(r);
    });
}

/// H in the plan's order; its diagonal is `diagonal` plus the damping's share of that one's mean.
Matrix damped(MatrixView<const float> hessian, std::span<const float> diagonal, const std::vector<std::uint32_t>& order,
              double damping, ThreadPool& pool) {
    const std::size_t n = hessian.rows();
    double mean = 0;
    for (const float d : diagonal) mean += d;
    const auto added = float(damping * (mean / double(n)));
    Matrix h(n, n);
    for_rows(n, pool, [&](std::size_t i) {
        const float* from = &hessian(order[i], 0);
        for (std::size_t j = 0; j < n; ++j) h(i, j) = from[order[j]];
        h(i, i) = diagonal[order[i]] + added;
    });
    return h;
}

}  // namespace

Matrix gptq_hessian(MatrixView<const float> activations, std::size_t batches, ThreadPool& pool) {
    Matrix h(activations.columns(), activations.columns());
    kernels::gram(activations, h, pool, gptq_kernels(activations.columns()));
    const float factor = 2 / float(batches);
    for (float& v : h.values()) v *= factor;
    return h;
}

Matrix hessian_in_range(MatrixView<const float> activations, ThreadPool& pool) {
    const Matrix rescaled = brought_into_range(activations);
    return gptq_hessian(rescaled.empty() ? activations : rescaled, 1, pool);
}

Matrix inverse_factor(Matrix hessian, ThreadPool& pool) {
    std::vector<float> diagonal(hessian.rows());
    for (std::size_t j = 0; j < diagonal.size(); ++j) diagonal[j] = hessian(j, j);
    Matrix factor = std::move(hessian);
    if (!kernels::inverse_cholesky(factor, pool, gptq_kernels(factor.rows()))) return {};
    // 1 / U_jj^2 is what is left of H_jj once the later columns are known. Below a few rounding errors of H_jj it is
    // noise.
    for (std::size_t j = 0; j < diagonal.size(); ++j) {
        const double left = 1 / (double(factor(j, j)) * factor(j, j));
        if (!(left > 8 * double(std::numeric_limits<float>::epsilon()) * diagonal[j])) return {};
    }
    return factor;
}

Result<GptqPlan> plan_gptq(MatrixView<const float> hessian, bool activation_order, double damping, ThreadPool& pool) {
    GptqPlan plan;
    const std::size_t n = hessian.columns();
    std::vector<float> diagonal(n);
    for (std::size_t j = 0; j < n; ++j) {
        diagonal[j] = hessian(j, j);
        if (!std::isfinite(diagonal[j]))
            return fail(ErrorCode::kNotFinite, "activations",
                        "activations: the squares of column " + to_text(j) + " sum to " + to_text(diagonal[j]) +
                            ", must be finite");
        if (diagonal[j] == 0) {
            plan.dead_inputs.push_back(std::uint32_t(j));
            diagonal[j] = 1;
        }
    }
    if (activation_order) {
        plan.order = largest_first(diagonal);
    } else {
        plan.order.resize(n);
        std::iota(plan.order.begin(), plan.order.end(), 0u);
    }

    plan.damping = damping;
    plan.influence = inverse_factor(damped(hessian, diagonal, plan.order, plan.damping, pool), pool);
    while (plan.influence.empty()) {
        plan.damping = raised(plan.damping);
        if (plan.damping > 1e12)
            return fail(ErrorCode::kNotFinite, "activations",
                        "activations: their Hessian has no Cholesky factor at any damping, must be finite");
        plan.influence = inverse_factor(damped(hessian, diagonal, plan.order, plan.damping, pool), pool);
    }
    plan.diagonal.resize(n);
    for_rows(n, pool, [&](std::size_t j) {
        const float pivot = plan.influence(j, j);
        plan.diagonal[j] = pivot;
        for (std::size_t k = j; k < n; ++k) plan.influence(j, k) /= pivot;
    });
    return plan;
}

Matrix ordered_weights(MatrixView<const float> weights, const GptqPlan& plan, ThreadPool& pool) {
    std::vector<std::uint8_t> dead(weights.columns());
    for (const auto column : plan.dead_inputs) dead[column] = 1;
    Matrix ordered(weights.rows(), weights.columns());
    for_rows(weights.rows(), pool, [&](std::size_t r) {
        for (std::size_t p = 0; p < weights.columns(); ++p)
            ordered(r, p) = dead[plan.order[p]] ? 0.0f : weights(r, plan.order[p]);
    });
    return ordered;
}

GptqGrids::GptqGrids(MatrixView<const float> weights, const GptqPlan& plan, const GptqParameters& parameters,
                     ThreadPool& pool)
    : codes(make_codes(weights.rows(), weights.columns(), parameters.settings())), settings_(parameters.settings()),
      order_(plan.order), static_(parameters.static_groups || parameters.granularity != Granularity::kGroup),
      current_(weights.rows()) {
    const std::size_t rows = weights.rows(), columns = weights.columns(), group = codes.group_size;
    if (parameters.activation_order && parameters.granularity == Granularity::kGroup) {
        codes.stores_column_groups = !static_;
        codes.column_groups.resize(columns);
        for (std::size_t p = 0; p < columns; ++p)
            codes.column_groups[order_[p]] = std::int32_t((static_ ? order_[p] : p) / group);
    }
    if (!static_) return;

    // One scale for a row or the tensor sees W as it is; groups see it without the weights of dead inputs: gptq.py.
    Matrix seen(weights);
    if (parameters.granularity == Granularity::kGroup)
        for (const auto column : plan.dead_inputs)
            for (std::size_t r = 0; r < rows; ++r) seen(r, column) = 0;
    static_grids_.resize(codes.scales.size());
    if (codes.one_scale()) {
        static_grids_[0] =
            fit_grid(parameters.granularity == Granularity::kTensor ? seen.values() : seen.row(0), settings_);
    } else {
        const std::size_t groups = codes.scales.columns();
        pool.for_each(rows, [&](std::size_t r) {
            for (std::size_t g = 0; g < groups; ++g) {
                const std::size_t first = g * group;
                static_grids_[r * groups + g] =
                    fit_grid(seen.row(r).subspan(first, std::min(group, columns - first)), settings_);
            }
        });
    }
    for (std::size_t i = 0; i < static_grids_.size(); ++i) store_grid(static_grids_[i], i, codes);
}

std::size_t GptqGrids::group_at(std::size_t place) const { return codes.group_of(order_[place]); }

void GptqGrids::advance(std::size_t place, std::size_t begin, std::size_t end, MatrixView<const float> weights) {
    const std::size_t group = codes.group_size;
    if (static_) {
        if (place > 0 && (codes.one_scale() || group_at(place) == group_at(place - 1))) return;
        for (std::size_t r = begin; r < end; ++r) current_[r] = static_grids_[codes.scale_index(r, order_[place])];
        return;
    }
    if (place % group != 0) return;
    const std::size_t count = std::min(group, weights.columns() - place);
    for (std::size_t r = begin; r < end; ++r) {
        current_[r] = fit_grid(weights.row(r).subspan(place, count), settings_);
        store_grid(current_[r], codes.scale_index(r, order_[place]), codes);
    }
}

}  // namespace quantlens::methods
