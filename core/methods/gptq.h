#pragma once

#include <cstddef>
#include <cstdint>
#include <tuple>
#include <vector>

#include "methods/layer.h"
#include "methods/rtn.h"
#include "tensor/fields.h"

/// GPTQ: rounds the columns one after another and moves each column's error into the columns still to come, weighted
/// by what the inputs say about how they can make up for it.
namespace quantlens::methods {

struct GptqParameters : UniformParameters {
    bool activation_order = false;
    bool static_groups = false;
    double damping = 0.01;
    int block_size = 128;

    GptqParameters() { convention = Convention::kGptq; }

    static constexpr auto fields() {
        using P = GptqParameters;
        return std::tuple_cat(
            uniform_fields<P>(),
            std::tuple{
                flag("activation_order", &P::activation_order, "Round the columns with the largest inputs first"),
                flag("static_groups", &P::static_groups,
                     "Find every group's scale before the first column is rounded, not when the group is reached"),
                real("damping", &P::damping, 0, 1, 0.01, "",
                     "Share of the mean of the Hessian's diagonal that is added to the diagonal"),
                integer("block_size", &P::block_size, 1, 4096, 1, "columns",
                        "Columns whose errors are gathered before they move the columns after the block"),
            });
    }
};

/// H = 2 / batches * X^T X, [features x features], of the squared output error 1/2 tr(dW H dW^T).
/// `activations` [tokens x features] holds all tokens of all batches. Batches, not tokens, are counted, as in the
/// reference; the codes do not depend on it.
Matrix gptq_hessian(MatrixView<const float> activations, std::size_t batches, ThreadPool& pool);

/// Rounds W.
///
/// Inputs that are always 0 have their weights set to 0 first, as in the reference. The scale of a dynamic group is
/// found when its first column is reached, from W as it stood before the current block. With a damping for which H has
/// no Cholesky factor, the damping is raised tenfold (from 0 to 1e-6 first) until it has one.
/// Needs activations. Details: `damping_used`; `damping_raised` (a sentence) where it was; `dead_inputs` where there are
/// any; `permutation` (the columns in the order they were rounded) with activation order; `loss`, the sum of
/// (w - q)^2 / (2 U_jj^2) that the reference prints.
/// Errors: kBadParameter outside a range; kBadShape, kNotFinite for X; kCancelled.
/// Source: Frantar et al. 2022 (arXiv 2210.17323), algorithm 1; IST-DASLab/gptq gptq.py.
Result<QuantizedLayer> gptq(const LinearProblem& problem, const GptqParameters& parameters);

/// The same where the Hessian [columns x columns] is at hand already, as gptq_hessian makes it of inputs within 1e-12
/// .. 1e12; the problem's activations are not used. Errors: also kBadShape, kNotFinite for the Hessian.
Result<QuantizedLayer> gptq_with_hessian(const LinearProblem& problem, MatrixView<const float> hessian,
                                         const GptqParameters& parameters);

/// GPTQ on a small layer, column by column, for whoever wants to watch.
struct GptqStep {
    std::uint32_t column = 0;      // the original index of the column that was rounded
    std::vector<float> before;     // [rows] the column as the earlier errors left it
    std::vector<float> rounded;    // [rows] what it became
    std::vector<float> error;      // [rows] (before - rounded) / U_jj: what the columns to come are told
    std::vector<float> influence;  // [columns, original order] U_jk / U_jj: what column k takes of it
    Matrix weights;                // [rows x columns, original order] after the step
};

struct GptqTrace {
    QuantizedLayer layer;
    std::vector<GptqStep> steps;
};

/// The largest number of weights that a trace takes: it keeps a copy of W for every column.
inline constexpr std::size_t kGptqTraceLimit = 4096;

/// As `gptq` (the codes are the same), with every step; errors of the steps to come are applied at once, not block by
/// block. Fails with kTooLarge beyond kGptqTraceLimit weights.
Result<GptqTrace> gptq_trace(const LinearProblem& problem, const GptqParameters& parameters);

}  // namespace quantlens::methods
