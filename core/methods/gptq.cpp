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

/// How a sweep gathers work. In a large layer a whole block takes long column by column, and moving all columns after
/// each block reads and writes W as often as there are blocks: a block is rounded in parts, and what stands far behind
/// is moved by several blocks at once.
struct Gathering {
    std::size_t part;   // columns of a block that move each other one by one; the block's others take them together
    std::size_t block;  // the parameter: a dynamic group's scale is found from W as it stood before this many
    std::size_t wide;   // columns whose errors move all columns after them together

    Gathering(std::size_t columns, const GptqParameters& parameters)
        : part(std::min(std::size_t(parameters.block_size), columns)), block(part), wide(part) {
        if (columns <= kSmallLayer) return;
        part = std::min<std::size_t>(32, block);
        const std::size_t several = std::max<std::size_t>(1, 512 / block) * block;
        // The scale of a group is found where it starts: none may reach into columns that were not moved yet.
        const bool dynamic = parameters.granularity == Granularity::kGroup && !parameters.static_groups;
        if (!dynamic || several % std::size_t(parameters.group_size) == 0) wide = several;
    }
};

/// One attempt with one plan: W is rounded block by block, stripes of rows in parallel.
class Sweep {
public:
    Sweep(const LinearProblem& problem, const GptqParameters& parameters, const GptqPlan& plan)
        : run_(problem.run), rounding_(parameters.rounding), plan_(plan),
          weights_(ordered_weights(problem.weights, plan, problem.run.pool)),
          grids_(problem.weights, plan, parameters, problem.run.pool),
          gathering_(problem.weights.columns(), parameters), moves_(gathering_.wide, problem.weights.rows()),
          losses_(problem.weights.rows()) {
        for (std::size_t r = 0; r < weights_.rows(); ++r) random_.push_back(Random(run_.seed).split(r));
    }

    /// False where weights left the range of float: the plan's damping is too small for them.
    Result<bool> all() {
        const std::size_t columns = weights_.columns();
        for (std::size_t start = 0; start < columns; start += gathering_.wide) {
            const std::size_t end = std::min(columns, start + gathering_.wide);
            for (std::size_t first = start; first < end; first += gathering_.block) {
                if (run_.should_stop(double(first) / double(columns)))
                    return fail(ErrorCode::kCancelled, "", "cancelled");
                const std::size_t last = std::min(end, first + gathering_.block);
                run_.pool.for_each((weights_.rows() + kRows - 1) / kRows,
                                   [&](std::size_t s) { stripe(s * kRows, first, last, first - start); });
                if (!finite_) return false;
                move(first, last, first - start, end);
            }
            move(start, end, 0, columns);
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
    /// What the errors of columns first .. last - 1, from row `slot` of moves_ on, do to columns last .. end - 1.
    void move(std::size_t first, std::size_t last, std::size_t slot, std::size_t end) {
        if (last == end) return;
        const std::size_t rows = weights_.rows(), steps = last - first;
        kernels::matmul_tn(
            moves_.view().block(slot, 0, steps, rows), plan_.influence.view().block(first, last, steps, end - last),
            weights_.view().block(0, last, rows, end - last), true, run_.pool, gptq_kernels(weights_.columns()));
    }

    /// Rounds columns first .. last - 1 of up to kRows rows. The block is held transposed: a column is contiguous.
    void stripe(std::size_t begin, std::size_t first, std::size_t last, std::size_t slot) {
        const std::size_t count = std::min(kRows, weights_.rows() - begin), width = last - first;
        std::vector<std::array<float, kRows>> block(width);
        std::vector<std::array<std::int16_t, kRows>> codes(width);
        for (std::size_t r = 0; r < count; ++r)
            for (std::size_t i = 0; i < width; ++i) block[i][r] = weights_(begin + r, first + i);

        StripeGrids grids;
        std::array<float, kRows> code, error;
        for (std::size_t part = 0; part < width; part += gathering_.part) {
            const std::size_t end = std::min(width, part + gathering_.part);
            for (std::size_t i = part; i < end; ++i) {
                const std::size_t place = first + i;
                grids_.advance(place, begin, begin + count, weights_);
                grids.load(grids_, begin, count);
                round_column(block[i], grids, begin, count, code, error);
                bool finite = true;
                for (std::size_t r = 0; r < count; ++r) finite &= std::isfinite(error[r]);
                if (!finite) {
                    finite_ = false;
                    return;
                }
                const double told_a_step = 1 / plan_.diagonal[place];
                for (std::size_t r = 0; r < count; ++r) {
                    codes[i][r] = std::int16_t(code[r]);
                    moves_(slot + i, begin + r) = -error[r];
                    const double told = error[r] * told_a_step;
                    losses_[begin + r] += told * told / 2;
                }
                const auto influence = plan_.influence.row(place);
                for (std::size_t k = i + 1; k < end; ++k) {
                    const float share = influence[first + k];
                    for (std::size_t r = 0; r < kRows; ++r) block[k][r] -= error[r] * share;
                }
            }
            if (end == width) break;
            kernels::matmul_tn(plan_.influence.view().block(first + part, first + end, end - part, width - end),
                               moves_.view().block(slot + part, begin, end - part, count),
                               MatrixView<float>(block[end].data(), width - end, count, kRows), true, run_.pool,
                               gptq_kernels(weights_.columns()));
        }
        for (std::size_t r = 0; r < count; ++r)
            for (std::size_t i = 0; i < width; ++i)
                grids_.codes.codes[(begin + r) * weights_.columns() + plan_.order[first + i]] = codes[i][r];
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
    Gathering gathering_;
    Matrix moves_;  // [wide x rows] the errors with their sign turned, by which a column moves those after it
    std::vector<double> losses_;
    std::vector<Random> random_;
    std::atomic<bool> finite_{true};
};

}  // namespace

Status check_gptq_weights(const LinearProblem& problem, const GptqParameters& parameters) {
    if (const auto status = check_ranges(parameters); !status) return status;
    if (const auto status = check_uniform(parameters.settings()); !status) return status;
    return check_finite(problem.weights, "weights");
}

Status check_gptq(const LinearProblem& problem, const GptqParameters& parameters) {
    if (const auto status = check_gptq_weights(problem, parameters); !status) return status;
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

namespace {

Result<QuantizedLayer> rounded(const LinearProblem& problem, MatrixView<const float> hessian,
                               const GptqParameters& parameters) {
    for (double damping = parameters.damping;;) {
        const auto plan = plan_gptq(hessian, parameters.activation_order, damping, problem.run.pool);
        if (!plan) return std::unexpected(plan.error());
        Sweep sweep(problem, parameters, *plan);
        const auto finished = sweep.all();
        if (!finished) return std::unexpected(finished.error());
        if (*finished) return finish_gptq(sweep.take_codes(), sweep.loss(), *plan, parameters, problem.run.pool);
        damping = raised(plan->damping);
    }
}

}  // namespace

Result<QuantizedLayer> gptq(const LinearProblem& problem, const GptqParameters& parameters) {
    if (const auto status = check_gptq(problem, parameters); !status) return std::unexpected(status.error());
    return rounded(problem, hessian_in_range(*problem.activations, problem.run.pool), parameters);
}

Result<QuantizedLayer> gptq_with_hessian(const LinearProblem& problem, MatrixView<const float> hessian,
                                         const GptqParameters& parameters) {
    if (const auto status = check_gptq_weights(problem, parameters); !status) return std::unexpected(status.error());
    if (const auto status = check_finite(hessian, "hessian"); !status) return std::unexpected(status.error());
    const std::size_t columns = problem.weights.columns();
    if (hessian.rows() != columns || hessian.columns() != columns)
        return bad_shape("hessian", "hessian is " + to_text(hessian.rows()) + " x " + to_text(hessian.columns()) +
                                        ", must be " + to_text(columns) + " x " + to_text(columns) +
                                        ", as the weights have columns");
    return rounded(problem, hessian, parameters);
}

}  // namespace quantlens::methods
