#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "kernels/matmul.h"
#include "methods/gptq.h"

/// What GPTQ knows before it rounds the first column, and the grids it meets on its way. Internal to core/methods.
namespace quantlens::methods {

/// The inputs, turned into an order of the columns and the influence of each on those after it.
struct GptqPlan {
    std::vector<std::uint32_t> order;        // order[place]: the column of W that is rounded there
    std::vector<std::uint32_t> dead_inputs;  // columns of X that are 0 throughout, ascending
    /// [columns x columns], by place: U_jk / U_jj above the diagonal, U being the upper Cholesky factor of H^-1
    /// (H^-1 = U^T U). A column's error times its row is what the later columns take.
    Matrix influence;
    std::vector<double> diagonal;  // U_jj
    double damping = 0;            // share of mean(diag H) that was added
};

/// The Hessian of the activations, after these were multiplied by a power of two where their squares would leave the
/// range of float: no code depends on it.
Matrix hessian_in_range(MatrixView<const float> activations, ThreadPool& pool);

/// Raises the damping from `damping` tenfold until H has a Cholesky factor.
/// Errors: kNotFinite names a column of the activations.
Result<GptqPlan> plan_gptq(MatrixView<const float> hessian, bool activation_order, double damping, ThreadPool& pool);

/// The columns of a layer up to which all its sums are in the order of the published algorithm.
inline constexpr std::size_t kSmallLayer = 1024;

/// GPTQ carries the error of a column on into those after it, so that one code on a rounding edge changes many. Layers
/// of this size and less, which are quick anyway, are computed with the kernels whose bits are the same natively and in
/// WebAssembly; larger ones with the fastest.
inline kernels::Kernels gptq_kernels(std::size_t columns) {
    return columns <= kSmallLayer ? kernels::Kernels::kPlain : kernels::Kernels::kBest;
}

/// The damping to try after this one.
inline double raised(double damping) { return damping < 1e-6 ? 1e-6 : damping * 10; }

/// U with H^-1 = U^T U, upper triangular, for a symmetric H [n x n]; empty where H is not positive definite to
/// float32's precision.
Matrix inverse_factor(Matrix hessian, ThreadPool& pool);

/// W with its columns in the plan's order and those of dead inputs 0.
Matrix ordered_weights(MatrixView<const float> weights, const GptqPlan& plan, ThreadPool& pool);

/// The grid of each row at each place, and the scales that are stored.
class GptqGrids {
public:
    GptqGrids(MatrixView<const float> weights, const GptqPlan& plan, const GptqParameters& parameters,
              ThreadPool& pool);

    /// Brings rows `begin` .. `end` - 1 to `place`, one after the other from 0 on. A dynamic group that starts there is
    /// fitted to `weights`: [rows x columns] in the plan's order, as they stood before the current block.
    void advance(std::size_t place, std::size_t begin, std::size_t end, MatrixView<const float> weights);

    const Grid& at(std::size_t row) const { return current_[row]; }

    Codes codes;  // the codes themselves are the caller's to fill

private:
    std::size_t group_at(std::size_t place) const;

    UniformSettings settings_;
    std::vector<std::uint32_t> order_;
    bool static_;
    std::vector<Grid> current_;       // [rows]
    std::vector<Grid> static_grids_;  // [rows x groups]
};

/// The layer and its details, once all codes are there.
QuantizedLayer finish_gptq(Codes codes, double loss, const GptqPlan& plan, const GptqParameters& parameters,
                           ThreadPool& pool);

/// The checks that every front of GPTQ makes: of all but the activations, and of these too.
Status check_gptq_weights(const LinearProblem& problem, const GptqParameters& parameters);
Status check_gptq(const LinearProblem& problem, const GptqParameters& parameters);

}  // namespace quantlens::methods
