// What the playgrounds' pictures show that no method's result holds: GPTQ one column at a time, GPTQ beside the best
// rounding there is, a layer before and after a rotation.

#include <algorithm>
#include <cmath>

#include "kernels/rows.h"
#include "methods/exhaustive.h"
#include "methods/gptq.h"
#include "methods/table.h"
#include "request/json.h"
#include "request/layer_source.h"
#include "request/operation.h"
#include "tensor/statistics.h"

namespace quantlens::request {
namespace {

/// Every step is measured on the output, so a trace takes fewer columns than methods::gptq_trace could.
constexpr std::size_t kTraceColumns = 256;

Array matrix_array(std::string name, const Matrix& matrix) {
    return {std::move(name),
            {matrix.rows(), matrix.columns()},
            std::vector<float>(matrix.values().begin(), matrix.values().end())};
}

/// X^T X / tokens, in double: what an error of the weights is worth at the output.
std::vector<double> mean_products(const Matrix& activations) {
    const std::size_t columns = activations.columns();
    std::vector<double> products(columns * columns);
    for (std::size_t t = 0; t < activations.rows(); ++t)
        for (std::size_t i = 0; i < columns; ++i)
            for (std::size_t j = 0; j < columns; ++j)
                products[i * columns + j] += double(activations(t, i)) * double(activations(t, j));
    for (double& product : products) product /= double(activations.rows());
    return products;
}

/// Mean squared error of the output, over tokens and rows, of weights that are off by `change`.
double output_error(const Matrix& change, const std::vector<double>& products) {
    const std::size_t columns = change.columns();
    double sum = 0;
    for (std::size_t r = 0; r < change.rows(); ++r)
        for (std::size_t i = 0; i < columns; ++i) {
            double row = 0;
            for (std::size_t j = 0; j < columns; ++j) row += products[i * columns + j] * double(change(r, j));
            sum += double(change(r, i)) * row;
        }
    return std::max(0.0, sum / double(change.rows()));
}

Status needs_inputs(const Layer& layer, std::string_view operation) {
    if (layer.activations) return {};
    return fail(ErrorCode::kBadParameter, "activations",
                std::string{operation} + " needs activations, the inputs of the layer");
}

Result<methods::QuantizedLayer> nearest_of(const methods::LinearProblem& problem, const methods::GptqParameters& p) {
    const auto method = methods::find("gptq");
    if (!method) return std::unexpected(method.error());
    return (*method)->round_to_nearest(problem, settings_of(p));
}

// -- GPTQ, column by column

struct TraceParameters : LayerSource, methods::GptqParameters {
    int step = 0;
    static constexpr auto fields() {
        return std::tuple_cat(LayerSource::fields(), methods::GptqParameters::fields(),
                              std::tuple{integer("step", &TraceParameters::step, 0, int(kTraceColumns), 1, "columns",
                                                 "columns rounded so far; the arrays show the layer at this moment")});
    }
};

struct Curve {
    std::vector<double> gptq, nearest;  // output error with 0, 1, ... columns rounded
};

/// The other columns are as GPTQ moved them, or as they were beside round-to-nearest.
Curve curve_of(const Matrix& weights, const methods::GptqTrace& trace, const Matrix& nearest,
               const Matrix& activations) {
    const auto products = mean_products(activations);
    Curve curve{{0.0}, {0.0}};
    Matrix change(weights.rows(), weights.columns());
    for (const auto& step : trace.steps) {
        curve.gptq.push_back(output_error(difference(step.weights, weights), products));
        for (std::size_t r = 0; r < weights.rows(); ++r)
            change(r, step.column) = nearest(r, step.column) - weights(r, step.column);
        curve.nearest.push_back(output_error(change, products));
    }
    return curve;
}

Result<Response> gptq_trace(const TraceParameters& p, Call& call) {
    auto layer = layer_from(p, call);
    if (!layer) return std::unexpected(layer.error());
    if (const auto status = needs_inputs(*layer, "gptq-trace"); !status) return std::unexpected(status.error());
    const Matrix& weights = layer->weights;
    if (weights.columns() > kTraceColumns)
        return fail(
            ErrorCode::kTooLarge, "weights",
            "weights have " + to_text(weights.columns()) + " columns, a trace takes at most " + to_text(kTraceColumns));
    if (std::size_t(p.step) > weights.columns())
        return bad_parameter("step", p.step, "at most the number of columns, " + to_text(weights.columns()));
    const methods::LinearProblem problem{weights, *layer->activations, call.run};
    const auto trace = methods::gptq_trace(problem, p);
    if (!trace) return std::unexpected(trace.error());
    const auto nearest = nearest_of(problem, p);
    if (!nearest) return std::unexpected(nearest.error());
    const auto curve = curve_of(weights, *trace, nearest->dequantized, *layer->activations);

    const auto step = std::size_t(p.step);
    const Matrix& now = step == 0 ? weights : trace->steps[step - 1].weights;
    const Matrix& before = step <= 1 ? weights : trace->steps[step - 2].weights;
    std::vector<std::int32_t> order, rounded(weights.columns());
    for (std::size_t i = 0; i < trace->steps.size(); ++i) {
        order.push_back(std::int32_t(trace->steps[i].column));
        rounded[trace->steps[i].column] = i < step;
    }
    Matrix push = difference(now, before);
    double pushed = 0;
    if (step > 0)
        for (std::size_t r = 0; r < weights.rows(); ++r) push(r, trace->steps[step - 1].column) = 0;
    for (const float value : push.values()) pushed = std::max(pushed, double(std::abs(value)));

    Response response;
    response.body = object({{"layer", layer->description},
                            {"rows", weights.rows()},
                            {"columns", weights.columns()},
                            {"step", step},
                            {"bits_per_weight", trace->layer.bits_per_weight()},
                            {"bytes", trace->layer.stored_bytes()},
                            {"weight_mse", deviation_of(weights, trace->layer.dequantized).mse},
                            {"weight_mse_rtn", deviation_of(weights, nearest->dequantized).mse},
                            {"largest_push", pushed},
                            {"output_mse_so_far", curve.gptq[step]},
                            {"output_mse_so_far_rtn", curve.nearest[step]},
                            {"output_mse", curve.gptq.back()},
                            {"output_mse_rtn", curve.nearest.back()},
                            {"by_step", {{"output_mse", Json(curve.gptq)}, {"output_mse_rtn", Json(curve.nearest)}}},
                            {"receipt", to_json(trace->layer.bits_receipt())}});
    if (step > 0) set(response.body, "column", trace->steps[step - 1].column);
    response.arrays = {matrix_array("weights", weights),
                       matrix_array("now", now),
                       matrix_array("change", difference(now, weights)),
                       matrix_array("push", push),
                       {"order", {order.size()}, order},
                       {"rounded", {rounded.size()}, rounded}};
    return response;
}

// -- GPTQ beside the best rounding there is

struct BestParameters : LayerSource {
    int bits = 3;
    methods::Scheme scheme = methods::Scheme::kAsymmetric;
    bool activation_order = false;
    double damping = 0.01;
    static constexpr auto fields() {
        using P = BestParameters;
        return std::tuple_cat(
            LayerSource::fields(),
            std::tuple{
                integer("bits", &P::bits, 2, 8, 1, "bits", "Bits of a weight"),
                choice("scheme", &P::scheme, methods::kSchemeNames, "Whether the codes are centred on zero"),
                flag("activation_order", &P::activation_order, "Round the columns with the largest inputs first"),
                real("damping", &P::damping, 0, 1, 0.01, "",
                     "Share of the mean of the Hessian's diagonal that is added to the diagonal")});
    }
};

Matrix products_as_matrix(const std::vector<double>& products, std::size_t columns) {
    return Matrix(columns, columns, std::vector<float>(products.begin(), products.end()));
}

Result<Response> best_rounding(const BestParameters& p, Call& call) {
    auto layer = layer_from(p, call);
    if (!layer) return std::unexpected(layer.error());
    if (const auto status = needs_inputs(*layer, "best-rounding"); !status) return std::unexpected(status.error());
    const Matrix& weights = layer->weights;
    if (weights.columns() > methods::kExhaustiveLimit)
        return fail(ErrorCode::kTooLarge, "weights",
                    "weights have " + to_text(weights.columns()) + " columns, the search takes at most " +
                        to_text(methods::kExhaustiveLimit));
    methods::GptqParameters gptq;
    gptq.bits = p.bits;
    gptq.scheme = p.scheme;
    gptq.granularity = methods::Granularity::kChannel;
    gptq.activation_order = p.activation_order;
    gptq.damping = p.damping;
    const methods::LinearProblem problem{weights, *layer->activations, call.run};
    const auto with_gptq = methods::gptq(problem, gptq);
    if (!with_gptq) return std::unexpected(with_gptq.error());
    const auto nearest = nearest_of(problem, gptq);
    if (!nearest) return std::unexpected(nearest.error());

    const auto products = mean_products(*layer->activations);
    const Matrix hessian = products_as_matrix(products, weights.columns());
    Matrix best(weights.rows(), weights.columns());
    std::size_t visited = 0;
    for (std::size_t r = 0; r < weights.rows(); ++r) {
        if (call.run.should_stop(double(r) / double(weights.rows())))
            return fail(ErrorCode::kCancelled, "", "cancelled");
        // The very grid that GPTQ used for the row, so that only the choice of codes differs.
        methods::Grid grid = methods::fit_grid(weights.row(r), gptq.settings());
        const auto& codes = *with_gptq->codes;
        grid.scale = codes.scales(r, 0);
        if (!codes.zero_points.empty()) grid.zero_point = codes.zero_points[r];
        const auto found = methods::best_rounding(weights.row(r), hessian, grid, methods::kMostVisited - visited);
        if (!found) return std::unexpected(found.error());
        for (std::size_t c = 0; c < weights.columns(); ++c) best(r, c) = methods::value_of(found->codes[c], grid);
        visited += found->visited;
    }
    const auto error_of = [&](const Matrix& rounded) { return output_error(difference(rounded, weights), products); };
    Response response;
    response.body = object({{"layer", layer->description},
                            {"rows", weights.rows()},
                            {"columns", weights.columns()},
                            {"bits_per_weight", with_gptq->bits_per_weight()},
                            {"combinations_per_row", std::pow(2.0, double(p.bits) * double(weights.columns()))},
                            {"visited", visited},
                            {"output_mse_rtn", error_of(nearest->dequantized)},
                            {"output_mse_gptq", error_of(with_gptq->dequantized)},
                            {"output_mse_best", error_of(best)},
                            {"weight_mse_rtn", deviation_of(weights, nearest->dequantized).mse},
                            {"weight_mse_gptq", deviation_of(weights, with_gptq->dequantized).mse},
                            {"weight_mse_best", deviation_of(weights, best).mse},
                            {"receipt", to_json(with_gptq->bits_receipt())}});
    response.arrays = {matrix_array("weights", weights), matrix_array("rtn", nearest->dequantized),
                       matrix_array("gptq", with_gptq->dequantized), matrix_array("best", best)};
    return response;
}

// -- a rotation

struct RotatedParameters : LayerSource {
    int bins = 61;
    static constexpr auto fields() {
        return std::tuple_cat(LayerSource::fields(), std::tuple{integer("bins", &RotatedParameters::bins, 1, 4096, 1,
                                                                        "bins", "parts of each histogram")});
    }
};

Json spread_of(const Matrix& matrix, double reach, int bins) {
    const auto s = statistics_of(matrix.values());
    const auto histogram = histogram_of(matrix.values(), -reach, reach, std::size_t(bins));
    return object(
        {{"largest", std::max(-s.minimum, s.maximum)},
         {"rms", s.rms},
         {"max_over_rms", s.max_over_rms},
         {"histogram", {{"low", histogram.low}, {"high", histogram.high}, {"counts", Json(histogram.counts)}}}});
}

double reach_of(const Matrix& one, const Matrix& other) {
    double reach = 0;
    for (const Matrix* matrix : {&one, &other})
        for (const float value : matrix->values()) reach = std::max(reach, double(std::abs(value)));
    return reach > 0 ? reach : 1;
}

Result<Response> rotated(const RotatedParameters& p, Call& call) {
    auto layer = layer_from(p, call);
    if (!layer) return std::unexpected(layer.error());
    if (const auto status = needs_inputs(*layer, "rotated"); !status) return std::unexpected(status.error());
    if (const auto status = check_finite(layer->weights, "weights"); !status) return std::unexpected(status.error());
    if (const auto status = check_finite(*layer->activations, "activations"); !status)
        return std::unexpected(status.error());
    methods::QuantizedLayer turned;
    turned.rows = layer->weights.rows();
    turned.columns = layer->weights.columns();
    turned.dequantized = layer->weights;
    turned.input.hadamard = true;
    turned.basis_weights = layer->weights;
    if (const auto status = kernels::hadamard(turned.basis_weights, false, call.run.pool); !status)
        return std::unexpected(status.error());
    const auto inputs = turned.transformed(*layer->activations, call.run);
    if (!inputs) return std::unexpected(inputs.error());
    const auto exact = product(*layer->activations, layer->weights, call.run);
    if (!exact) return std::unexpected(exact.error());
    const auto output = turned.multiply(*layer->activations, call.run);
    if (!output) return std::unexpected(output.error());

    const double input_reach = reach_of(*layer->activations, *inputs);
    const double weight_reach = reach_of(layer->weights, turned.basis_weights);
    const auto deviation = deviation_of(*exact, *output);
    Response response;
    response.body = object({{"layer", layer->description},
                            {"rows", turned.rows},
                            {"columns", turned.columns},
                            {"activations",
                             {{"before", spread_of(*layer->activations, input_reach, p.bins)},
                              {"after", spread_of(*inputs, input_reach, p.bins)}}},
                            {"weights",
                             {{"before", spread_of(layer->weights, weight_reach, p.bins)},
                              {"after", spread_of(turned.basis_weights, weight_reach, p.bins)}}},
                            {"output_rms", statistics_of(exact->values()).rms},
                            {"output_largest_difference", deviation.max_error},
                            {"output_mse", deviation.mse}});
    const auto before = column_absmax(*layer->activations), after = column_absmax(*inputs);
    response.arrays = {{"column_absmax_before", {before.size()}, before},
                       {"column_absmax_after", {after.size()}, after}};
    return response;
}

}  // namespace

std::vector<Operation> playground_operations() {
    const std::vector<std::string_view> arrays{"weights", "activations", "model", "config", "calibration"};
    return {operation<TraceParameters>("gptq-trace", "GPTQ one column at a time, beside round-to-nearest", arrays,
                                       gptq_trace),
            operation<BestParameters>("best-rounding", "round-to-nearest, GPTQ and the best rounding of a short row",
                                      arrays, best_rounding),
            operation<RotatedParameters>("rotated", "a layer and its inputs before and after a Hadamard rotation",
                                         arrays, rotated)};
}

}  // namespace quantlens::request
