// What the page shows one step at a time: how a row of numbers is rounded, what each product of a layer becomes, and
// the cache of a model that is given by its layers and width alone.

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "methods/rtn.h"
#include "methods/table.h"
#include "planner/memory.h"
#include "request/json.h"
#include "request/layer_source.h"
#include "request/operation.h"
#include "tensor/statistics.h"

namespace quantlens::request {
namespace {

using methods::Grid;

enum class ZeroPointSign : std::uint8_t { kRight, kWrong };
constexpr std::array<std::string_view, 2> kSignNames{"right", "wrong"};

struct AffineParameters : methods::UniformParameters {
    AffineParameters() {
        granularity = methods::Granularity::kTensor;
        group_size = 0;
    }
    std::string values;
    ZeroPointSign zero_point_sign = ZeroPointSign::kRight;
    static constexpr auto fields() {
        using P = AffineParameters;
        using namespace methods;
        return std::tuple{
            text<P>("values", &P::values, "the numbers to round: 0.15,-0.32,..."),
            integer<P>("group_size", &P::group_size, 0, 1 << 20, 1, "numbers",
                       "Neighbours that share a scale; the last group may be shorter; 0: all of them do"),
            integer<P>("bits", &P::bits, 1, 8, 1, "bits", "Bits of a code"),
            choice<P, Scheme>("scheme", &P::scheme, kSchemeNames, "Whether the codes are centred on zero"),
            choice<P, RangeSearch>("range", &P::range, kRangeSearchNames,
                                   "All values, or the range with the least error"),
            choice<P, CodeRange>("code_range", &P::code_range, kCodeRangeNames,
                                 "Symmetric: as many negative as positive codes, or all 2^bits"),
            choice<P, Rounding>("rounding", &P::rounding, kRoundingNames, "What happens to the rest"),
            real<P>("clip_ratio", &P::clip_ratio, 0.05, 1, 0.05, "", "Share of the range that the codes cover"),
            choice<P, ZeroPointSign>(
                "zero_point_sign", &P::zero_point_sign, kSignNames,
                "Asymmetric: right, zero point = -round(min / scale); wrong, the sign turned over"),
        };
    }
};

Receipt symmetric_receipt(const AffineParameters& p, double largest) {
    const bool full = p.code_range == methods::CodeRange::kFull;
    const double levels = std::ldexp(1.0, p.bits);
    Receipt receipt{{"largest", largest, "", "", "largest magnitude of the values"},
                    {"levels", levels, "codes", "", "2 to the power of bits"}};
    const double top = full ? (levels - 1) / 2 : levels / 2 - 1;
    receipt.push_back({"top", top, "steps", full ? "(levels - 1) / 2" : "levels / 2 - 1", ""});
    receipt.push_back({"scale", largest == 0 ? 1.0 : largest / top, "", largest == 0 ? "1" : "largest / top", ""});
    return receipt;
}

Receipt asymmetric_receipt(const AffineParameters& p, const Grid& grid, const Statistics& s) {
    const double low = std::min(s.minimum, 0.0), high = std::max(s.maximum, 0.0);
    const double levels = std::ldexp(1.0, p.bits);
    const bool flat = low == 0 && high == 0;
    const double scale = flat ? 1.0 : (high - low) / (levels - 1);
    return {{"minimum", low, "", "", "least value, or 0 where all are positive"},
            {"maximum", high, "", "", "largest value, or 0 where all are negative"},
            {"levels", levels, "codes", "", "2 to the power of bits"},
            {"scale", scale, "", flat ? "1" : "(maximum - minimum) / (levels - 1)", ""},
            {"steps_below_zero", -low / scale, "steps", "0 - minimum / scale", ""},
            {"zero_point", double(grid.zero_point), "code", "", "steps_below_zero, rounded half to even"}};
}

/// How the scale came about; empty where a search or clipping chose the range, which no formula shows.
Receipt affine_receipt(const AffineParameters& p, const Grid& grid, const Statistics& s) {
    if (p.range != methods::RangeSearch::kMinMax || p.clip_ratio != 1 || p.bits == 1 ||
        p.zero_point_sign == ZeroPointSign::kWrong)
        return {};
    if (p.scheme == methods::Scheme::kSymmetric)
        return symmetric_receipt(p, std::max(std::abs(s.minimum), std::abs(s.maximum)));
    return asymmetric_receipt(p, grid, s);
}

/// Every number that a code stands for, from the lowest code to the highest.
std::vector<float> lattice_of(const Grid& grid) {
    std::vector<float> lattice;
    for (int code = grid.low; code <= grid.high; ++code) {
        if (grid.rule == Grid::Rule::kSign && code == 0) continue;
        lattice.push_back(methods::value_of(std::int16_t(code), grid));
    }
    return lattice;
}

/// round(value / scale), before the zero point is added and the code clamped.
std::vector<std::int16_t> rounded_steps(std::span<const float> values, Grid grid, const AffineParameters& p,
                                        Random random) {
    grid.zero_point = 0;
    grid.low = std::numeric_limits<std::int16_t>::min();
    grid.high = std::numeric_limits<std::int16_t>::max();
    std::vector<std::int16_t> steps(values.size());
    methods::encode(values, grid, p.rounding, random, steps);
    return steps;
}

/// The numbers that share one scale, each step of each.
struct RoundedGroup {
    Grid grid;
    Statistics statistics;
    int right_zero_point = 0;
    int clamped = 0;
};

/// Rounds one group into `restored` and adds a row for each number.
RoundedGroup round_group(std::span<const float> values, std::size_t index, const AffineParameters& p, Random& random,
                         std::span<float> restored, Json& rows) {
    RoundedGroup group{methods::fit_grid(values, p.settings()), statistics_of(values)};
    Grid& grid = group.grid;
    group.right_zero_point = grid.zero_point;
    if (p.zero_point_sign == ZeroPointSign::kWrong) grid.zero_point = -grid.zero_point;

    const auto steps = rounded_steps(values, grid, p, random);
    std::vector<std::int16_t> codes(values.size());
    methods::encode(values, grid, p.rounding, random, codes);
    methods::decode(codes, grid, restored);
    for (std::size_t i = 0; i < values.size(); ++i) {
        const bool outside = grid.rule != Grid::Rule::kSign && steps[i] + grid.zero_point != codes[i];
        group.clamped += int(outside);
        rows.push_back(object({{"value", values[i]},
                               {"group", index},
                               {"divided", values[i] / grid.scale},
                               {"rounded", steps[i]},
                               {"code", codes[i]},
                               {"clamped", outside},
                               {"restored", restored[i]},
                               {"error", restored[i] - values[i]}}));
    }
    return group;
}

/// The figures of the answer itself are those of all numbers; scale, zero point and receipt are the first group's.
Result<Response> affine(const AffineParameters& p, Call& call) {
    auto numbers = parse_numbers(p.values, "values");
    if (!numbers) return std::unexpected(numbers.error());
    const std::size_t count = numbers->size();
    const Matrix values(1, count, *numbers);
    if (const auto status = check_finite(values, "values"); !status) return std::unexpected(status.error());
    if (const auto status = methods::check_uniform(p.settings()); !status) return std::unexpected(status.error());

    const std::size_t share = p.group_size == 0 ? count : std::min(count, std::size_t(p.group_size));
    Matrix restored(1, count);
    Random random(call.run.seed);
    Json rows = Json::array(), groups = Json::array();
    std::vector<RoundedGroup> rounded;
    std::vector<float> lattices;
    for (std::size_t first = 0; first < count; first += share) {
        const std::size_t size = std::min(share, count - first);
        const auto group = round_group(values.values().subspan(first, size), rounded.size(), p, random,
                                       restored.values().subspan(first, size), rows);
        groups.push_back(object({{"first", first},
                                 {"numbers", size},
                                 {"minimum", group.statistics.minimum},
                                 {"maximum", group.statistics.maximum},
                                 {"scale", group.grid.scale},
                                 {"zero_point", group.grid.zero_point}}));
        const auto lattice = lattice_of(group.grid);
        lattices.insert(lattices.end(), lattice.begin(), lattice.end());
        rounded.push_back(group);
    }
    int clamped = 0;
    for (const auto& group : rounded) clamped += group.clamped;
    const auto& first = rounded.front();
    const auto all = statistics_of(values.values());
    const auto deviation = deviation_of(values, restored);
    Response response;
    response.body = object({{"minimum", all.minimum},
                            {"maximum", all.maximum},
                            {"code_minimum", first.grid.low},
                            {"code_maximum", first.grid.high},
                            {"scale", first.grid.scale},
                            {"zero_point", first.grid.zero_point},
                            {"right_zero_point", first.right_zero_point},
                            {"clamped", clamped},
                            {"mse", deviation.mse},
                            {"max_error", deviation.max_error},
                            {"sqnr_db", number_or_null(deviation.sqnr_db)},
                            {"groups", std::move(groups)},
                            {"values", std::move(rows)},
                            {"receipt", to_json(affine_receipt(p, first.grid, first.statistics))}});
    response.arrays.push_back({"lattice", {rounded.size(), lattices.size() / rounded.size()}, lattices});
    response.arrays.push_back(
        {"restored", {count}, std::vector<float>(restored.values().begin(), restored.values().end())});
    return response;
}

struct ProductsParameters {
    std::string method = "rtn";
    std::string values, inputs, bias;
    static constexpr auto fields() {
        using P = ProductsParameters;
        return std::tuple{text("method", &P::method, "how to quantize the weights"),
                          text("values", &P::values, "the weights, row by row: 0.6,-0.4,..."),
                          text("inputs", &P::inputs, "the inputs; a row has as many weights"),
                          text("bias", &P::bias, "one number an output; 0 where not given")};
    }
};

constexpr std::size_t kMostProducts = 4096;

/// A layer small enough to be written down.
struct WrittenLayer {
    Matrix weights;  // [outputs x inputs]
    Matrix inputs;   // [1 x inputs]
    std::vector<float> bias;
};

Result<WrittenLayer> written_layer(const ProductsParameters& p) {
    auto weights = parse_numbers(p.values, "values");
    if (!weights) return std::unexpected(weights.error());
    auto inputs = parse_numbers(p.inputs, "inputs");
    if (!inputs) return std::unexpected(inputs.error());
    const std::size_t columns = inputs->size(), rows = weights->size() / columns;
    if (weights->size() % columns != 0 || weights->size() > kMostProducts)
        return bad_shape("values", to_text(weights->size()) + " weights, must be a multiple of the " +
                                       to_text(columns) + " inputs, at most " + to_text(kMostProducts));
    WrittenLayer layer{Matrix(rows, columns, *weights), Matrix(1, columns, *inputs), std::vector<float>(rows, 0.0f)};
    if (!p.bias.empty()) {
        auto bias = parse_numbers(p.bias, "bias");
        if (!bias) return std::unexpected(bias.error());
        layer.bias = *std::move(bias);
    }
    if (layer.bias.size() != rows)
        return bad_shape(
            "bias", to_text(layer.bias.size()) + " numbers, must be one for each of the " + to_text(rows) + " outputs");
    if (const auto status = check_finite(Matrix(1, rows, layer.bias), "bias"); !status)
        return std::unexpected(status.error());
    return layer;
}

/// y = W x + b, product by product, before and after W is quantized; b stays as it is.
Result<Response> products(const ProductsParameters& p, Call& call) {
    const auto method = methods::find(p.method);
    if (!method) return std::unexpected(method.error());
    const auto layer = written_layer(p);
    if (!layer) return std::unexpected(layer.error());
    const std::size_t rows = layer->weights.rows(), columns = layer->weights.columns();
    methods::LinearProblem problem{layer->weights, layer->inputs.view(), call.run};
    const auto quantized = methods::quantize(**method, problem, call.method_settings);
    if (!quantized) return std::unexpected(quantized.error());

    Json outputs = Json::array();
    std::vector<float> exact_outputs, quantized_outputs;
    for (std::size_t r = 0; r < rows; ++r) {
        double exact_sum = layer->bias[r], quantized_sum = layer->bias[r];
        Json items = Json::array();
        for (std::size_t c = 0; c < columns; ++c) {
            const double x = layer->inputs(0, c);
            const double exact = double(layer->weights(r, c)) * x,
                         approximate = double(quantized->dequantized(r, c)) * x;
            exact_sum += exact;
            quantized_sum += approximate;
            items.push_back(object({{"weight", layer->weights(r, c)},
                                    {"stored", quantized->dequantized(r, c)},
                                    {"input", x},
                                    {"product", exact},
                                    {"quantized_product", approximate},
                                    {"error", approximate - exact}}));
        }
        exact_outputs.push_back(float(exact_sum));
        quantized_outputs.push_back(float(quantized_sum));
        outputs.push_back(object({{"products", std::move(items)},
                                  {"bias", layer->bias[r]},
                                  {"output", exact_sum},
                                  {"quantized_output", quantized_sum},
                                  {"error", quantized_sum - exact_sum}}));
    }
    const auto deviation = deviation_of(Matrix(1, rows, exact_outputs), Matrix(1, rows, quantized_outputs));
    return Response{object({{"outputs", std::move(outputs)},
                            {"weight_mse", deviation_of(layer->weights, quantized->dequantized).mse},
                            {"output_mse", deviation.mse},
                            {"bits_per_weight", quantized->bits_per_weight()}}),
                    {}};
}

/// A model of which only two numbers are known: attention without shared heads, a feed-forward part four times as wide.
struct SketchParameters {
    int layers = 32, width = 4096, context = 4096, batch = 1;
    std::string weights = "f16", kv_key = "f16", kv_value = "f16";
    double memory = 25769803776.0;
    static constexpr auto fields() {
        using P = SketchParameters;
        return std::tuple{
            integer("layers", &P::layers, 1, 1024, 1, "layers", "layers of the model"),
            integer("width", &P::width, 128, 65536, 128, "values", "width of the model; heads are 128 wide"),
            integer("context", &P::context, 1, 1 << 24, 1, "tokens", "length of each sequence"),
            integer("batch", &P::batch, 1, 1 << 20, 1, "sequences", "sequences at a time"),
            text("weights", &P::weights, "format of the weights"),
            text("kv_key", &P::kv_key, "format of the cached keys"),
            text("kv_value", &P::kv_value, "format of the cached values"),
            real("memory", &P::memory, 0, 1e18, 1, "bytes", "memory that weights and cache must fit into"),
        };
    }
};

Result<Response> cache_sketch(const SketchParameters& p, Call&) {
    constexpr std::uint64_t kHeadDim = 128;
    planner::ModelShape model;
    model.name = "a model of " + to_text(p.layers) + " layers";
    model.source = "chosen";
    model.layers = std::uint64_t(p.layers);
    model.hidden = std::uint64_t(p.width);
    model.head_dim = kHeadDim;
    model.heads = model.kv_heads = std::max<std::uint64_t>(1, model.hidden / kHeadDim);
    model.ffn = 4 * model.hidden;
    model.gated = false;
    model.tied_embeddings = true;
    model.norms_per_layer = 0;
    model.final_norm = false;
    model.max_context = std::uint64_t(p.context);

    if (!(p.memory > 0)) return bad_parameter("memory", p.memory, "more than 0 bytes");
    auto storage = planner::Storage::all(p.weights);
    storage.kv_key = p.kv_key;
    storage.kv_value = p.kv_value;
    const planner::Load load{std::uint64_t(p.context), std::uint64_t(p.batch), 0};
    const auto memory = planner::plan_memory(model, storage, load);
    if (!memory) return std::unexpected(memory.error());
    auto unrounded_storage = planner::Storage::all(p.weights);
    const auto unrounded = planner::plan_memory(model, unrounded_storage, load);
    if (!unrounded) return std::unexpected(unrounded.error());
    const auto fit = planner::plan_fit(model, storage, load, p.memory);
    if (!fit) return std::unexpected(fit.error());
    return Response{
        object(
            {{"weights", memory->weights_total},
             {"kv_cache", memory->kv_total},
             {"kv_cache_f16", unrounded->kv_total},
             {"times_smaller", number_or_null(unrounded->kv_total / memory->kv_total)},
             {"kv_per_token", memory->kv_per_token},
             {"total", memory->total},
             {"memory", p.memory},
             {"max_batch", fit->max_batch},
             {"receipts", {{"weights", to_json(memory->weights_receipt)}, {"kv_cache", to_json(memory->kv_receipt)}}}}),
        {}};
}

}  // namespace

std::vector<Operation> walkthrough_operations() {
    return {operation<AffineParameters>("affine", "round a row of numbers, step by step", {}, affine),
            operation<ProductsParameters>("products", "each product of a small layer, before and after quantization",
                                          {}, products, true),
            operation<SketchParameters>("cache-sketch", "KV cache of a model given by its layers and width alone", {},
                                        cache_sketch)};
}

}  // namespace quantlens::request
