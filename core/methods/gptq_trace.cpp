// GPTQ without blocks, threads or vectors, with a record of every step.

#include <utility>

#include "methods/gptq.h"
#include "methods/gptq_plan.h"

namespace quantlens::methods {

Result<GptqTrace> gptq_trace(const LinearProblem& problem, const GptqParameters& parameters) {
    if (const auto status = check_gptq(problem, parameters); !status) return std::unexpected(status.error());
    const std::size_t rows = problem.weights.rows(), columns = problem.weights.columns();
    if (rows * columns > kGptqTraceLimit)
        return fail(
            ErrorCode::kTooLarge, "weights",
            "weights have " + to_text(rows * columns) + " values, a trace takes at most " + to_text(kGptqTraceLimit));
    const auto plan = plan_gptq(hessian_in_range(*problem.activations, problem.run.pool), parameters.activation_order,
                                parameters.damping, problem.run.pool);
    if (!plan) return std::unexpected(plan.error());

    Matrix working = ordered_weights(problem.weights, *plan, problem.run.pool);
    Matrix before_block;
    GptqGrids grids(problem.weights, *plan, parameters, problem.run.pool);
    std::vector<Random> random;
    for (std::size_t r = 0; r < rows; ++r) random.push_back(Random(problem.run.seed).split(r));

    GptqTrace trace;
    double loss = 0;
    for (std::size_t place = 0; place < columns; ++place) {
        if (place % std::size_t(parameters.block_size) == 0) before_block = working;
        grids.advance(place, 0, rows, before_block);
        GptqStep step;
        step.column = plan->order[place];
        step.influence.assign(columns, 0);
        for (std::size_t k = place; k < columns; ++k) step.influence[plan->order[k]] = plan->influence(place, k);
        for (std::size_t r = 0; r < rows; ++r) {
            const float value = working(r, place);
            std::int16_t& code = grids.codes.codes[r * columns + step.column];
            float rounded = 0;
            encode({&value, 1}, grids.at(r), parameters.rounding, random[r], {&code, 1});
            decode({&code, 1}, grids.at(r), {&rounded, 1});
            const float error = value - rounded;
            working(r, place) = rounded;
            for (std::size_t k = place + 1; k < columns; ++k) working(r, k) -= error * plan->influence(place, k);
            const double told = double(error) / plan->diagonal[place];
            loss += told * told / 2;
            step.before.push_back(value);
            step.rounded.push_back(rounded);
            step.error.push_back(float(told));
        }
        step.weights = Matrix(rows, columns);
        for (std::size_t r = 0; r < rows; ++r)
            for (std::size_t k = 0; k < columns; ++k) step.weights(r, plan->order[k]) = working(r, k);
        trace.steps.push_back(std::move(step));
    }
    trace.layer = finish_gptq(std::move(grids.codes), loss, *plan, parameters, problem.run.pool);
    return trace;
}

}  // namespace quantlens::methods
