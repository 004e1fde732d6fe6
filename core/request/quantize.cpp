#include <algorithm>
#include <array>
#include <limits>

#include "methods/table.h"
#include "request/json.h"
#include "request/layer_source.h"
#include "request/operation.h"
#include "request/wanted.h"
#include "tensor/statistics.h"

namespace quantlens::request {
namespace {

constexpr std::array<std::string_view, 13> kArrays{
    "dequantized",   "weights",       "errors",          "row_mse",     "codes",  "scales",      "zero_points",
    "column_groups", "column_scales", "outlier_columns", "activations", "output", "exact_output"};

struct QuantizeParameters : LayerSource {
    std::string method = "rtn";
    std::string wanted;
    static constexpr auto fields() {
        using P = QuantizeParameters;
        return std::tuple_cat(
            std::tuple{text("method", &P::method, "how to quantize: a method or a number format")},
            LayerSource::fields(),
            std::tuple{text("return", &P::wanted, "arrays to return: 'all', or names such as dequantized,codes")});
    }
};

Json details_json(const methods::QuantizedLayer& layer) {
    Json details = Json::object();
    for (const auto& [key, detail] : layer.details)
        details[key] = std::visit([](const auto& value) { return Json(value); }, detail);
    return details;
}

template <class T>
Array matrix_array(std::string name, std::size_t rows, std::vector<T> values) {
    const std::size_t columns = rows > 0 ? values.size() / rows : 0;
    return {std::move(name), {rows, columns}, std::move(values)};
}

Array matrix_array(std::string name, const Matrix& matrix) {
    return matrix_array(std::move(name), matrix.rows(),
                        std::vector<float>(matrix.values().begin(), matrix.values().end()));
}

template <class T>
Array vector_array(std::string name, std::vector<T> values) {
    const std::size_t count = values.size();
    return {std::move(name), {count}, std::move(values)};
}

/// Codes as bytes: their range is within int8 or uint8 by construction.
Array codes_array(std::string name, const std::vector<std::int16_t>& codes, bool is_signed, std::size_t rows) {
    if (is_signed) return matrix_array(std::move(name), rows, std::vector<std::int8_t>(codes.begin(), codes.end()));
    return matrix_array(std::move(name), rows, std::vector<std::uint8_t>(codes.begin(), codes.end()));
}

std::vector<float> row_errors(MatrixView<const float> wanted, MatrixView<const float> actual) {
    std::vector<float> errors(wanted.rows());
    for (std::size_t r = 0; r < wanted.rows(); ++r)
        errors[r] =
            float(deviation_of(wanted.block(r, 0, 1, wanted.columns()), actual.block(r, 0, 1, actual.columns())).mse);
    return errors;
}

/// What each weight is off by: dequantized - original.
std::vector<float> weight_errors(MatrixView<const float> wanted, MatrixView<const float> actual) {
    std::vector<float> errors(wanted.size());
    for (std::size_t i = 0; i < errors.size(); ++i) errors[i] = actual.values()[i] - wanted.values()[i];
    return errors;
}

double mean_square(const Matrix& matrix) {
    double sum = 0;
    for (const float v : matrix.values()) sum += double(v) * v;
    return sum / double(matrix.size());
}

void add_weight_arrays(const Wanted& wanted, const Layer& layer, const methods::QuantizedLayer& quantized,
                       std::vector<Array>& arrays) {
    if (wanted.has("dequantized")) arrays.push_back(matrix_array("dequantized", quantized.dequantized));
    if (wanted.has("weights")) arrays.push_back(matrix_array("weights", layer.weights));
    if (wanted.has("errors"))
        arrays.push_back(
            matrix_array("errors", layer.weights.rows(), weight_errors(layer.weights, quantized.dequantized)));
    if (wanted.has("row_mse"))
        arrays.push_back(vector_array("row_mse", row_errors(layer.weights, quantized.dequantized)));
    if (quantized.codes) {
        const auto& codes = *quantized.codes;
        if (wanted.has("codes")) arrays.push_back(codes_array("codes", codes.codes, codes.is_signed, quantized.rows));
        if (wanted.has("scales")) arrays.push_back(matrix_array("scales", codes.scales));
        if (wanted.has("zero_points") && !codes.zero_points.empty())
            arrays.push_back(matrix_array("zero_points", codes.scales.rows(), codes.zero_points));
        if (wanted.has("column_groups") && !codes.column_groups.empty())
            arrays.push_back(vector_array("column_groups", codes.column_groups));
    }
    if (wanted.has("column_scales") && !quantized.input.column_divisors.empty())
        arrays.push_back(vector_array("column_scales", quantized.input.column_divisors));
    const auto& outliers = quantized.input.float_columns;
    if (wanted.has("outlier_columns") && quantized.input.splits_columns)
        arrays.push_back(vector_array("outlier_columns", std::vector<std::int32_t>(outliers.begin(), outliers.end())));
}

Status add_output(const Wanted& wanted, const methods::Method& method, const methods::LinearProblem& problem,
                  const Settings& settings, const Layer& layer, const methods::QuantizedLayer& quantized,
                  Response& response) {
    const auto exact = product(*layer.activations, layer.weights, problem.run);
    if (!exact) return std::unexpected(exact.error());
    const auto output = quantized.multiply(*layer.activations, problem.run);
    if (!output) return std::unexpected(output.error());
    const auto error = output_error(layer, quantized, *exact, *output, problem.run);
    if (!error) return std::unexpected(error.error());
    set(response.body, "output_mse", *error);
    if (method.round_to_nearest) {
        const auto baseline = method.round_to_nearest(problem, settings);
        if (!baseline) return std::unexpected(baseline.error());
        const auto baseline_output = baseline->multiply(*layer.activations, problem.run);
        if (!baseline_output) return std::unexpected(baseline_output.error());
        const auto baseline_error = output_error(layer, *baseline, *exact, *baseline_output, problem.run);
        if (!baseline_error) return std::unexpected(baseline_error.error());
        set(response.body, "output_mse_rtn", *baseline_error);
    }
    if (wanted.has("activations")) response.arrays.push_back(matrix_array("activations", *layer.activations));
    if (wanted.has("output")) response.arrays.push_back(matrix_array("output", *output));
    if (wanted.has("exact_output")) response.arrays.push_back(matrix_array("exact_output", *exact));
    return {};
}

Result<Response> quantize(const QuantizeParameters& p, Call& call) {
    const auto method = methods::find(p.method);
    if (!method) return std::unexpected(method.error());
    const auto parameters = (*method)->effective(call.method_settings);
    if (!parameters) return std::unexpected(parameters.error());
    const auto wanted = Wanted::from(p.wanted, kArrays);
    if (!wanted) return std::unexpected(wanted.error());
    auto layer = layer_from(p, call);
    if (!layer) return std::unexpected(layer.error());

    methods::LinearProblem problem{layer->weights, std::nullopt, call.run};
    if (layer->activations) problem.activations = *layer->activations;
    const double start = call.session.now();
    const auto quantized = methods::quantize(**method, problem, call.method_settings);
    if (!quantized) return std::unexpected(quantized.error());
    const double seconds = call.session.now() - start;

    const auto deviation = deviation_of(layer->weights, quantized->dequantized);
    const auto errors = row_errors(layer->weights, quantized->dequantized);
    const auto worst = std::ranges::max_element(errors);
    Response response;
    response.body = object({
        {"method", p.method},
        {"parameters", to_json(*parameters)},
        {"layer", layer->description},
        {"rows", layer->weights.rows()},
        {"columns", layer->weights.columns()},
        {"bits_per_weight", quantized->bits_per_weight()},
        {"bytes", quantized->stored_bytes()},
        {"weight_mse", deviation.mse},
        {"weight_max_error", deviation.max_error},
        {"weight_sqnr_db", number_or_null(deviation.sqnr_db)},
        {"worst_channel", {{"row", worst - errors.begin()}, {"weight_mse", *worst}}},
    });
    if (layer->activations)
        if (const auto status =
                add_output(*wanted, **method, problem, call.method_settings, *layer, *quantized, response);
            !status)
            return std::unexpected(status.error());
    set(response.body, "seconds", seconds);
    set(response.body, "details", details_json(*quantized));
    set(response.body, "receipt", to_json(quantized->bits_receipt()));
    add_weight_arrays(*wanted, *layer, *quantized, response.arrays);
    return response;
}

struct StatisticsParameters : LayerSource {
    int bins = 64;
    std::string of = "weights";
    static constexpr auto fields() {
        using P = StatisticsParameters;
        return std::tuple_cat(LayerSource::fields(),
                              std::tuple{text("of", &P::of, "weights or activations"),
                                         integer("bins", &P::bins, 1, 4096, 1, "bins", "parts of the histogram")});
    }
};

Result<Response> statistics(const StatisticsParameters& p, Call& call) {
    auto layer = layer_from(p, call);
    if (!layer) return std::unexpected(layer.error());
    if (p.of != "weights" && p.of != "activations") return bad_parameter("of", p.of, "weights or activations");
    if (p.of == "activations" && !layer->activations)
        return bad_parameter("of", p.of, "weights, since this layer has no activations");
    const Matrix& matrix = p.of == "weights" ? layer->weights : *layer->activations;
    if (const auto status = check_finite(matrix, p.of); !status) return std::unexpected(status.error());

    const auto s = statistics_of(matrix.values());
    const auto histogram = histogram_of(matrix.values(), s.minimum, s.maximum, std::size_t(p.bins));
    Response response;
    response.body =
        object({{"layer", layer->description},
                {"of", p.of},
                {"rows", matrix.rows()},
                {"columns", matrix.columns()},
                {"minimum", s.minimum},
                {"maximum", s.maximum},
                {"mean", s.mean},
                {"rms", s.rms},
                {"standard_deviation", s.standard_deviation},
                {"max_over_rms", s.max_over_rms},
                {"histogram", {{"low", histogram.low}, {"high", histogram.high}, {"counts", Json(histogram.counts)}}}});
    response.arrays.push_back(vector_array("column_absmax", column_absmax(matrix)));
    response.arrays.push_back(vector_array("column_absmean", column_absmean(matrix)));
    return response;
}

}  // namespace

Result<Matrix> product(const Matrix& inputs, Matrix weights, const Run& run) {
    methods::QuantizedLayer plain;
    plain.rows = weights.rows();
    plain.columns = weights.columns();
    plain.dequantized = std::move(weights);
    return plain.multiply(inputs, run);
}

Matrix difference(const Matrix& left, const Matrix& right) {
    Matrix result(left.rows(), left.columns());
    for (std::size_t i = 0; i < result.size(); ++i) result.values()[i] = left.values()[i] - right.values()[i];
    return result;
}

Result<double> output_error(const Layer& layer, const methods::QuantizedLayer& quantized, const Matrix& exact,
                            const Matrix& output, const Run& run) {
    if (quantized.input.quantizer.active() || quantized.input.splits_columns) return deviation_of(exact, output).mse;
    const auto error = product(*layer.activations, difference(layer.weights, quantized.dequantized), run);
    if (!error) return std::unexpected(error.error());
    return mean_square(*error);
}

std::vector<Operation> layer_operations() {
    return {operation<QuantizeParameters>("quantize", "quantize a linear layer and say what it costs",
                                          {"weights", "activations", "model", "config", "calibration"}, quantize, true),
            operation<StatisticsParameters>("statistics", "range, spread, outliers and histogram of a layer",
                                            {"weights", "activations", "model", "config", "calibration"}, statistics)};
}

}  // namespace quantlens::request
