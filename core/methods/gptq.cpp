#include "methods/gptq.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <utility>

#include "methods/gptq_plan.h"

namespace quantlens::methods {
namespace {

/// Rows that are rounded together: a column of them is a few vectors, a block of 128 columns 16 kB.
constexpr std::size_t kRows = 32;

/// The grids of a stripe at one column, as the vectorized loop reads them.
struct StripeGrids {
    std::array<float, kRows> scale, zero;
    float low = 0, high = 0;
    bool divides = true;

    void load(const GptqGrids& grids, std::size_t begin, std::size_t count) {
        divides = true;
        scale.fill(1);
        zero.fill(0);
        low = grids.at(begin).low;
        high = grids.at(begin).high;
        for (std::size_t r = 0; r < count; ++r) {
            const Grid& grid = grids.at(begin + r);
            scale[r] = grid.scale;
            zero[r] = float(grid.zero_point);
            divides = divides && grid.rule == Grid::Rule::kDivide;
        }
    }
};

/// One attempt with one plan: W is rounded block by block, stripes of rows in parallel.
class Sweep {
public:
    Sweep(const LinearProblem& problem, const GptqParameters& parameters, const GptqPlan& plan)
        : run_(problem.run),
          rounding_(parameters.rounding),
          plan_(plan),
          weights_(ordered_weights(problem.weights, plan)),
          grids_(problem.weights, plan, parameters, problem.run.pool),
          block_(std::min(std::size_t(parameters.block_size), problem.weights.columns())),
          errors_(problem.weights.rows(), block_),
          losses_(problem.weights.rows()) {
        for (std::size_t r = 0; r < weights_.rows(); ++r) random_.push_back(Random(run_.seed).split(r));
    }

    /// False where weights left the range of float: the plan's damping is too small for them.
    Result<bool> all() {
        const std::size_t rows = weights_.rows(), columns = weights_.columns();
        const std::size_t stripes = (rows + kRows - 1) / kRows;
        Matrix moved(rows, columns);
        for (std::size_t first = 0; first < columns; first += block_) {
            if (run_.should_stop(double(first) / double(columns)))
                return fail(ErrorCode::kCancelled, "", "cancelled");
            const std::size_t last = std::min(columns, first + block_);
            run_.pool.for_each(stripes, [&](std::size_t s) { stripe(s * kRows, first, last); });
            if (!finite_) return false;
            if (last == columns) break;
            // What the block's errors do to the columns after it, in one product.
            const std::size_t rest = columns - last;
            const MatrixView<const float> errors = errors_.view().block(0, 0, rows, last - first);
            const MatrixView<const float> influence = plan_.influence.view().block(first, last, last - first, rest);
            const MatrixView<float> change(moved.values().data(), rows, rest);
            kernels::matmul_nn(errors, influence, change, run_.pool, gptq_kernels(columns));
            run_.pool.for_each(stripes, [&](std::size_t s) {
                for (std::size_t r = s * kRows; r < std::min(rows, (s + 1) * kRows); ++r)
                    for (std::size_t c = 0; c < rest; ++c) weights_(r, last + c) -= change(r, c);
            });
        }
        return true;
    }

    Codes take_codes() { return std::move(grids_.codes); }

    double loss() const {
        double sum = 0;
        for (const double row : losses_) sum += row;
        return sum;
    }

private:
    /// Rounds columns first .. last - 1 of up to kRows rows. The block is held transposed: a column is contiguous.
    void stripe(std::size_t begin, std::size_t first, std::size_t last) {
        const std::size_t count = std::min(kRows, weights_.rows() - begin), width = last - first;
        std::vector<std::array<float, kRows>> block(width);
        for (std::size_t r = 0; r < count; ++r)
            for (std::size_t i = 0; i < width; ++i) block[i][r] = weights_(begin + r, first + i);

        StripeGrids grids;
        std::array<float, kRows> code, error;
        for (std::size_t i = 0; i < width; ++i) {
            const std::size_t place = first + i;
            grids_.advance(place, begin, begin + count, weights_);
            grids.load(grids_, begin, count);
            round_column(block[i], grids, begin, count, code, error);
            if (!std::all_of(error.begin(), error.begin() + std::ptrdiff_t(count), [](float e) { return std::isfinite(e); })) {
                finite_ = false;
                return;
            }
            const double told_a_step = 1 / plan_.diagonal[place];
            for (std::size_t r = 0; r < count; ++r) {
                grids_.codes.codes[(begin + r) * weights_.columns() + plan_.order[place]] = std::int16_t(code[r]);
                errors_(begin + r, i) = error[r];
                const double told = error[r] * told_a_step;
                losses_[begin + r] += told * told / 2;
            }
            const auto influence = plan_.influence.row(place);
            for (std::size_t k = i + 1; k < width; ++k) {
                const float share = influence[first + k];
                for (std::size_t r = 0; r < kRows; ++r) block[k][r] -= error[r] * share;
            }
        }
    }

    void round_column(const std::array<float, kRows>& column, const StripeGrids& grids, std::size_t begin,
                      std::size_t count, std::array<float, kRows>& code, std::array<float, kRows>& error) {
        if (grids.divides && rounding_ == Rounding::kEven) {
            for (std::size_t r = 0; r < kRows; ++r) {
                const float rounded = round_even(column[r] / grids.scale[r]) + grids.zero[r];
                code[r] = std::clamp(rounded, grids.low, grids.high);
                error[r] = column[r] - (code[r] - grids.zero[r]) * grids.scale[r];
            }
            return;
        }
        error.fill(0);
        for (std::size_t r = 0; r < count; ++r) {
            std::int16_t one;
            float value;
            encode({&column[r], 1}, grids_.at(begin + r), rounding_, random_[begin + r], {&one, 1});
            decode({&one, 1}, grids_.at(begin + r), {&value, 1});
            code[r] = one;
            error[r] = column[r] - value;
        }
    }

    const Run& run_;
    Rounding rounding_;
    const GptqPlan& plan_;
    Matrix weights_;  // [rows x columns] by place; columns of the current block as they stood before it
    GptqGrids grids_;
    std::size_t block_;
    Matrix errors_;   // [rows x block]
    std::vector<double> losses_;
    std::vector<Random> random_;
    std::atomic<bool> finite_{true};
};

}  // namespace

Status check_gptq(const LinearProblem& problem, const GptqParameters& parameters) {
    if (const auto status = check_ranges(parameters); !status) return status;
    if (const auto status = check_uniform(parameters.settings()); !status) return status;
    if (const auto status = check_finite(problem.weights, "weights"); !status) return status;
    if (!problem.activations)
        return fail(ErrorCode::kBadParameter, "activations", "gptq needs activations, the inputs of the layer");
    if (const auto status = check_finite(*problem.activations, "activations"); !status) return status;
    if (problem.activations->columns() != problem.weights.columns())
        return bad_shape("activations", "activations have " + to_text(problem.activations->columns()) +
                                            " columns, must have as many as the weights, " +
                                            to_text(problem.weights.columns()));
    return {};
}

QuantizedLayer finish_gptq(Codes codes, double loss, const GptqPlan& plan, const GptqParameters& parameters,
                           ThreadPool& pool) {
    QuantizedLayer layer = layer_of(std::move(codes), pool);
    layer.input.quantizer = parameters.activation_quantizer();
    layer.details.emplace_back("damping_used", plan.damping);
    if (plan.damping != parameters.damping)
        layer.details.emplace_back("damping_raised", "the Hessian is singular to float32's precision at damping " +
                                                         to_text(parameters.damping) + "; used " +
                                                         to_text(plan.damping));
    if (!plan.dead_inputs.empty()) layer.details.emplace_back("dead_inputs", plan.dead_inputs);
    if (parameters.activation_order) layer.details.emplace_back("permutation", plan.order);
    layer.details.emplace_back("loss", loss);
    return layer;
}

Result<QuantizedLayer> gptq(const LinearProblem& problem, const GptqParameters& parameters) {
    if (const auto status = check_gptq(problem, parameters); !status) return std::unexpected(status.error());
    for (double damping = parameters.damping;;) {
        const auto plan = plan_gptq(*problem.activations, parameters.activation_order, damping, problem.run.pool);
        if (!plan) return std::unexpected(plan.error());
        Sweep sweep(problem, parameters, *plan);
        const auto finished = sweep.all();
        if (!finished) return std::unexpected(finished.error());
        if (*finished) return finish_gptq(sweep.take_codes(), sweep.loss(), *plan, parameters, problem.run.pool);
        damping = raised(plan->damping);
    }
}

}  // namespace quantlens::methods
