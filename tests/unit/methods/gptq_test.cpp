#include "methods/gptq.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <gtest/gtest.h>

#include "methods/exhaustive.h"
#include "methods/gptq_plan.h"
#include "methods/rtn.h"
#include "support.h"

namespace quantlens::methods {
namespace {

QuantizedLayer quantized(const Matrix& weights, const Matrix& inputs, const GptqParameters& parameters,
                         std::size_t threads = 1) {
    test::Threads t(threads);
    auto layer = gptq({weights, inputs, t.run}, parameters);
    EXPECT_TRUE(layer) << layer.error().message;
    return std::move(*layer);
}

QuantizedLayer nearest(const Matrix& weights, const UniformParameters& parameters) {
    test::Threads t;
    RtnParameters same;
    static_cast<UniformParameters&>(same) = parameters;
    auto layer = rtn({weights, std::nullopt, t.run}, same);
    EXPECT_TRUE(layer) << layer.error().message;
    return std::move(*layer);
}

const Detail* detail(const QuantizedLayer& layer, const std::string& name) {
    const auto found = std::ranges::find(layer.details, name, [](const auto& d) { return d.first; });
    return found == layer.details.end() ? nullptr : &found->second;
}

Matrix identity(std::size_t n) {
    Matrix matrix(n, n);
    for (std::size_t i = 0; i < n; ++i) matrix(i, i) = 1;
    return matrix;
}

TEST(Gptq, EqualsRoundToNearestWithAnIdentityHessian) {
    const Matrix weights = test::gaussian(5, 48, 1), inputs = identity(48);
    for (const Convention convention :
         {Convention::kPlain, Convention::kGptq, Convention::kAwq, Convention::kQuarot, Convention::kDeepspeed})
        for (const Granularity granularity : {Granularity::kTensor, Granularity::kChannel, Granularity::kGroup})
            for (const bool order : {false, true}) {
                GptqParameters parameters;
                parameters.convention = convention;
                parameters.granularity = granularity;
                parameters.group_size = 20;
                parameters.activation_order = order;
                parameters.block_size = 13;
                EXPECT_EQ(quantized(weights, inputs, parameters).codes->codes,
                          nearest(weights, parameters).codes->codes);
            }
}

TEST(Gptq, BeatsRoundToNearestOnCorrelatedInputs) {
    for (std::uint64_t seed = 0; seed < 8; ++seed) {
        const Matrix weights = test::gaussian(16, 64, seed), inputs = test::correlated(200, 64, seed + 100);
        for (const int bits : {2, 3, 4}) {
            GptqParameters parameters;
            parameters.bits = bits;
            parameters.group_size = 32;
            const double error =
                test::squared_error_a_token(inputs, weights, quantized(weights, inputs, parameters).dequantized);
            const double plain = test::squared_error_a_token(inputs, weights, nearest(weights, parameters).dequantized);
            EXPECT_LT(error, 0.8 * plain) << bits << " bits, seed " << seed;
        }
    }
}

TEST(Gptq, TheErrorFallsAsBitsRise) {
    double before = std::numeric_limits<double>::infinity();
    for (int bits = 2; bits <= 8; ++bits) {
        double error = 0;
        for (std::uint64_t seed = 0; seed < 6; ++seed) {
            const Matrix weights = test::gaussian(8, 48, seed), inputs = test::correlated(96, 48, seed + 50);
            GptqParameters parameters;
            parameters.bits = bits;
            error += test::squared_error_a_token(inputs, weights, quantized(weights, inputs, parameters).dequantized);
        }
        EXPECT_LT(error, before);
        before = error;
    }
}

TEST(Gptq, TheFactorIsThatOfTheInverse) {
    ThreadPool pool(1);
    const std::size_t n = 150;
    Matrix hessian = gptq_hessian(test::correlated(400, n, 3), 1, pool);
    for (std::size_t j = 0; j < n; ++j) hessian(j, j) *= 1.01f;
    const Matrix u = inverse_factor(hessian, pool);
    ASSERT_FALSE(u.empty());
    // U^T (U H) = 1, in double.
    std::vector<double> product(n * n);
    for (std::size_t i = 0; i < n; ++i) {
        for (std::size_t j = 0; j < i; ++j) EXPECT_EQ(u(i, j), 0);
        for (std::size_t k = i; k < n; ++k)
            for (std::size_t j = 0; j < n; ++j) product[i * n + j] += double(u(i, k)) * hessian(k, j);
    }
    for (std::size_t i = 0; i < n; ++i)
        for (std::size_t j = 0; j < n; ++j) {
            double sum = 0;
            for (std::size_t k = 0; k <= i; ++k) sum += double(u(k, i)) * product[k * n + j];
            const double scale = std::sqrt(double(hessian(j, j)) / hessian(i, i));
            EXPECT_NEAR(sum / scale, i == j ? 1 : 0, 2e-3) << i << ", " << j;
        }
}

TEST(Gptq, TheTraceTakesTheSameSteps) {
    test::Threads threads;
    const Matrix weights = test::gaussian(6, 24, 5), inputs = test::correlated(64, 24, 6);
    for (const bool order : {false, true}) {
        GptqParameters parameters;
        parameters.bits = 3;
        parameters.group_size = 8;
        parameters.block_size = 10;
        parameters.activation_order = order;
        const auto trace = gptq_trace({weights, inputs, threads.run}, parameters);
        ASSERT_TRUE(trace) << trace.error().message;
        const QuantizedLayer layer = quantized(weights, inputs, parameters);
        EXPECT_EQ(trace->layer.codes->codes, layer.codes->codes);
        ASSERT_EQ(trace->steps.size(), 24u);
        for (const auto& step : trace->steps) {
            EXPECT_FLOAT_EQ(step.influence[step.column], 1);
            for (std::size_t r = 0; r < 6; ++r) EXPECT_EQ(step.weights(r, step.column), step.rounded[r]);
        }
        const auto& last = trace->steps.back().weights;
        for (std::size_t i = 0; i < last.size(); ++i) EXPECT_FLOAT_EQ(last.values()[i], layer.dequantized.values()[i]);
        // Each step's change is the error times the influence.
        const Matrix& first = trace->steps[0].weights;
        const auto& step = trace->steps[1];
        for (std::size_t r = 0; r < 6; ++r)
            for (std::size_t k = 0; k < 24; ++k)
                if (k != step.column) {
                    const double moved = (step.before[r] - step.rounded[r]) * step.influence[k];
                    EXPECT_NEAR(step.weights(r, k), first(r, k) - moved, 1e-5);
                }
    }
    EXPECT_EQ(gptq_trace({test::gaussian(65, 64, 1), test::gaussian(64, 64, 2), threads.run}, {}).error().code,
              ErrorCode::kTooLarge);
}

// A layer of more than kSmallLayer columns gathers its moves in another order.
TEST(Gptq, ALargeLayerTakesTheStepsOfTheTrace) {
    test::Threads threads;
    const std::size_t columns = 1100;
    const Matrix weights = test::gaussian(3, columns, 31), inputs = test::correlated(1400, columns, 32);
    for (const int block : {128, 100, 1}) {
        GptqParameters parameters;
        parameters.bits = 3;
        parameters.group_size = 64;
        parameters.block_size = block;
        const auto trace = gptq_trace({weights, inputs, threads.run}, parameters);
        ASSERT_TRUE(trace) << trace.error().message;
        const QuantizedLayer layer = quantized(weights, inputs, parameters);
        std::size_t different = 0;
        for (std::size_t i = 0; i < layer.codes->codes.size(); ++i)
            different += layer.codes->codes[i] != trace->layer.codes->codes[i];
        // A value on an edge that tips moves those after it in its row, each by less than a step.
        EXPECT_LE(different, layer.codes->codes.size() / 20) << block;
        const double loss = std::get<double>(*detail(layer, "loss"));
        EXPECT_NEAR(loss, std::get<double>(*detail(trace->layer, "loss")), 0.005 * loss) << block;
    }
}

TEST(Gptq, ALargeLayerHasTheSameBitsAtAnyThreadCountAndBeatsRounding) {
    const Matrix weights = test::gaussian(70, 1100, 33), inputs = test::correlated(1300, 1100, 34);
    GptqParameters parameters;
    parameters.bits = 3;
    parameters.activation_order = true;
    const QuantizedLayer one = quantized(weights, inputs, parameters, 1),
                         many = quantized(weights, inputs, parameters, 3);
    EXPECT_EQ(one.codes->codes, many.codes->codes);
    EXPECT_EQ(std::get<double>(*detail(one, "loss")), std::get<double>(*detail(many, "loss")));
    EXPECT_LT(test::squared_error_a_token(inputs, weights, one.dequantized),
              0.6 * test::squared_error_a_token(inputs, weights, nearest(weights, parameters).dequantized));
}

TEST(Gptq, AHessianAtHandGivesTheSameLayer) {
    test::Threads threads;
    const Matrix weights = test::gaussian(9, 40, 35), inputs = test::correlated(90, 40, 36);
    const Matrix hessian = gptq_hessian(inputs, 1, threads.pool);
    const QuantizedLayer layer = quantized(weights, inputs, {});
    const auto same = gptq_with_hessian({weights, std::nullopt, threads.run}, hessian, {});
    ASSERT_TRUE(same) << same.error().message;
    EXPECT_EQ(same->codes->codes, layer.codes->codes);
    EXPECT_TRUE(std::ranges::equal(same->dequantized.values(), layer.dequantized.values()));
    EXPECT_EQ(
        gptq_with_hessian({weights, std::nullopt, threads.run}, hessian.view().block(0, 0, 40, 39), {}).error().message,
        "hessian is 40 x 39, must be 40 x 40, as the weights have columns");
    Matrix broken = hessian;
    broken(3, 7) = std::nanf("");
    EXPECT_EQ(gptq_with_hessian({weights, std::nullopt, threads.run}, broken, {}).error().code, ErrorCode::kNotFinite);
}

TEST(Gptq, TheBlockSizeDoesNotMatterWithOneScaleARow) {
    const Matrix weights = test::gaussian(40, 96, 7), inputs = test::correlated(200, 96, 8);
    GptqParameters parameters;
    parameters.granularity = Granularity::kChannel;
    const auto whole = quantized(weights, inputs, parameters).codes->codes;
    for (const int block : {1, 7, 64}) {
        parameters.block_size = block;
        const auto codes = quantized(weights, inputs, parameters).codes->codes;
        std::size_t different = 0;
        for (std::size_t i = 0; i < codes.size(); ++i) different += codes[i] != whole[i];
        // Sums in another order may tip a value that lies on an edge, and with it the rest of its row.
        EXPECT_LE(different, codes.size() / 200) << block;
    }
}

TEST(Gptq, ComesNearTheBestRoundingThereIs) {
    double gptq_error = 0, rtn_error = 0, best_error = 0;
    for (std::uint64_t seed = 0; seed < 40; ++seed) {
        test::Threads threads;
        const std::size_t n = 8;
        const Matrix weights = test::gaussian(1, n, seed), inputs = test::correlated(64, n, seed + 500);
        GptqParameters parameters;
        parameters.bits = 2 + int(seed % 2);
        parameters.granularity = Granularity::kChannel;
        const Grid grid = fit_grid(weights.row(0), parameters.settings());
        const Matrix hessian = gptq_hessian(inputs, 2, threads.pool);  // X^T X
        const auto best = best_rounding(weights.row(0), hessian, grid);
        ASSERT_TRUE(best) << best.error().message;
        const double tokens = double(inputs.rows());
        const double by_gptq =
            tokens * test::squared_error_a_token(inputs, weights, quantized(weights, inputs, parameters).dequantized);
        const double by_rtn =
            tokens * test::squared_error_a_token(inputs, weights, nearest(weights, parameters).dequantized);
        EXPECT_GE(by_gptq, best->error * (1 - 1e-4));
        EXPECT_GE(by_rtn, best->error * (1 - 1e-4));
        gptq_error += by_gptq;
        rtn_error += by_rtn;
        best_error += best->error;
    }
    EXPECT_LT(gptq_error, 0.6 * rtn_error);
    EXPECT_LT(gptq_error, 3 * best_error);
}

TEST(BestRounding, IsTheLeastOfAllCombinations) {
    test::Threads threads;
    for (std::uint64_t seed = 0; seed < 10; ++seed) {
        const Matrix weights = test::gaussian(1, 5, seed), inputs = test::correlated(20, 5, seed + 9);
        UniformSettings settings;
        settings.bits = 2;
        const Grid grid = fit_grid(weights.row(0), settings);
        const Matrix hessian = gptq_hessian(inputs, 2, threads.pool);
        double least = std::numeric_limits<double>::infinity();
        for (int combination = 0; combination < 1024; ++combination) {
            double d[5], error = 0;
            for (int i = 0; i < 5; ++i)
                d[i] = double(weights(0, std::size_t(i))) - value_of(std::int16_t(combination >> (2 * i) & 3), grid);
            for (std::size_t i = 0; i < 5; ++i)
                for (std::size_t j = 0; j < 5; ++j) error += d[i] * hessian(i, j) * d[j];
            least = std::min(least, error);
        }
        const auto best = best_rounding(weights.row(0), hessian, grid);
        ASSERT_TRUE(best);
        EXPECT_NEAR(best->error, least, 1e-9 * least);
        EXPECT_LT(best->visited, 1364u);  // of 4 + 16 + 64 + 256 + 1024
    }
    // Twelve weights take at least twelve partial roundings: with one less there is an error and no answer.
    UniformSettings eight;
    eight.bits = 8;
    const Matrix weights = test::gaussian(1, 12, 3);
    const auto unfinished = best_rounding(weights.row(0), gptq_hessian(test::correlated(40, 12, 4), 2, threads.pool),
                                          fit_grid(weights.row(0), eight), 11);
    ASSERT_FALSE(unfinished);
    EXPECT_EQ(unfinished.error().code, ErrorCode::kTooLarge);
    EXPECT_EQ(best_rounding(test::gaussian(1, 13, 1).row(0), Matrix(13, 13), {}).error().code, ErrorCode::kTooLarge);
    EXPECT_EQ(best_rounding(test::gaussian(1, 3, 1).row(0), Matrix(2, 2), {}).error().code, ErrorCode::kBadShape);
}

TEST(Gptq, WeightsOfDeadInputsAreZero) {
    const Matrix weights = test::gaussian(4, 16, 9);
    Matrix inputs = test::correlated(64, 16, 10);
    for (std::size_t t = 0; t < 64; ++t) inputs(t, 3) = inputs(t, 11) = 0;
    const QuantizedLayer layer = quantized(weights, inputs, {});
    ASSERT_NE(detail(layer, "dead_inputs"), nullptr);
    EXPECT_EQ(std::get<std::vector<std::uint32_t>>(*detail(layer, "dead_inputs")), (std::vector<std::uint32_t>{3, 11}));
    for (std::size_t r = 0; r < 4; ++r) {
        EXPECT_EQ(layer.dequantized(r, 3), 0);
        EXPECT_EQ(layer.dequantized(r, 11), 0);
    }
    const QuantizedLayer all_dead = quantized(weights, Matrix(5, 16), {});
    for (const float v : all_dead.dequantized.values()) EXPECT_EQ(v, 0);
}

TEST(Gptq, ASingularHessianRaisesTheDampingAndSaysSo) {
    // 5 tokens cannot tell 32 inputs apart; without damping there is no Cholesky factor.
    const Matrix weights = test::gaussian(4, 32, 11), inputs = test::gaussian(5, 32, 12);
    GptqParameters parameters;
    parameters.damping = 0;
    const QuantizedLayer layer = quantized(weights, inputs, parameters);
    EXPECT_GT(std::get<double>(*detail(layer, "damping_used")), 0);
    EXPECT_NE(detail(layer, "damping_raised"), nullptr);
    EXPECT_TRUE(check_finite(layer.dequantized, "dequantized"));

    parameters.damping = 0.01;
    const QuantizedLayer damped = quantized(weights, inputs, parameters);
    EXPECT_EQ(std::get<double>(*detail(damped, "damping_used")), 0.01);
    EXPECT_EQ(detail(damped, "damping_raised"), nullptr);

    Matrix twins = test::gaussian(64, 2, 13);  // two equal inputs
    for (std::size_t t = 0; t < 64; ++t) twins(t, 1) = twins(t, 0);
    parameters.damping = 0;
    EXPECT_NE(detail(quantized(test::gaussian(4, 2, 14), twins, parameters), "damping_raised"), nullptr);
}

TEST(Gptq, InputsOfAnySizeGiveFiniteWeights) {
    for (const float size : {1e-40f, 1e-30f, 1e-15f, 1e15f, 1e30f, 3e37f})
        for (const float weight_size : {1e-38f, 1.0f, 1e37f}) {
            Matrix weights = test::gaussian(4, 16, 15), inputs = test::gaussian(40, 16, 16);
            for (float& v : inputs.values()) v *= size;
            for (float& v : weights.values()) v *= weight_size;
            EXPECT_TRUE(check_finite(quantized(weights, inputs, {}).dequantized, "dequantized")) << size;
        }
    // A power of two changes nothing at all.
    Matrix weights = test::gaussian(4, 16, 15), inputs = test::gaussian(40, 16, 16), large = inputs;
    for (float& v : large.values()) v *= 0x1p100f;
    EXPECT_EQ(quantized(weights, inputs, {}).codes->codes, quantized(weights, large, {}).codes->codes);
}

TEST(Gptq, ActivationOrderTakesTheLargestInputsFirst) {
    test::Threads threads;
    const Matrix weights = test::gaussian(4, 20, 17), inputs = test::correlated(64, 20, 18);
    GptqParameters parameters;
    parameters.activation_order = true;
    parameters.group_size = 8;
    const QuantizedLayer layer = quantized(weights, inputs, parameters);
    const auto& order = std::get<std::vector<std::uint32_t>>(*detail(layer, "permutation"));
    const Matrix hessian = gptq_hessian(inputs, 1, threads.pool);
    for (std::size_t p = 1; p < 20; ++p) EXPECT_GE(hessian(order[p - 1], order[p - 1]), hessian(order[p], order[p]));
    ASSERT_EQ(layer.codes->column_groups.size(), 20u);
    for (std::size_t p = 0; p < 20; ++p) EXPECT_EQ(layer.codes->column_groups[order[p]], std::int32_t(p / 8));
    // Groups that are no runs of columns are stored: 20 indices of 32 bits.
    EXPECT_EQ(layer.stored_bits(), 4u * 80 + 12 * (16 + 4) + 20 * 32);

    parameters.static_groups = true;
    const QuantizedLayer fixed = quantized(weights, inputs, parameters);
    for (std::size_t c = 0; c < 20; ++c) EXPECT_EQ(fixed.codes->column_groups[c], std::int32_t(c / 8));
    EXPECT_EQ(fixed.stored_bits(), 4u * 80 + 12 * (16 + 4));
    const Codes found = *nearest(weights, parameters).codes;
    EXPECT_TRUE(std::ranges::equal(fixed.codes->scales.values(), found.scales.values()));
}

TEST(Gptq, SameBitsAtAnyThreadCount) {
    const Matrix weights = test::gaussian(70, 160, 19), inputs = test::correlated(300, 160, 20);
    GptqParameters parameters;
    parameters.activation_order = true;
    parameters.rounding = Rounding::kStochastic;
    const QuantizedLayer one = quantized(weights, inputs, parameters, 1),
                         many = quantized(weights, inputs, parameters, 5);
    EXPECT_EQ(one.codes->codes, many.codes->codes);
    EXPECT_TRUE(std::ranges::equal(one.dequantized.values(), many.dequantized.values()));
}

TEST(Gptq, OneWeightAndOneColumnWork) {
    EXPECT_NEAR(quantized(Matrix(1, 1, {0.5f}), Matrix(1, 1, {2}), {}).dequantized(0, 0), 0.5f, 1e-6);
    const Matrix column = test::gaussian(9, 1, 21);
    const QuantizedLayer layer = quantized(column, test::gaussian(3, 1, 22), {});
    for (std::size_t r = 0; r < 9; ++r) EXPECT_NEAR(layer.dequantized(r, 0), column(r, 0), 1e-6);
}

TEST(Gptq, WhatItCannotDoIsAnErrorThatSaysWhatWouldBeRight) {
    test::Threads threads;
    const Matrix weights = test::gaussian(4, 16, 23), inputs = test::gaussian(8, 16, 24);
    EXPECT_EQ(gptq({weights, std::nullopt, threads.run}, {}).error().message,
              "gptq needs activations, the inputs of the layer");
    EXPECT_EQ(gptq({weights, test::gaussian(8, 15, 1), threads.run}, {}).error().message,
              "activations have 15 columns, must have as many as the weights, 16");
    GptqParameters parameters;
    parameters.block_size = 0;
    EXPECT_EQ(gptq({weights, inputs, threads.run}, parameters).error().field, "block_size");
    parameters = {};
    parameters.bits = 0;
    EXPECT_EQ(gptq({weights, inputs, threads.run}, parameters).error().field, "bits");
    Matrix broken = inputs;
    broken(2, 5) = std::nanf("");
    EXPECT_EQ(gptq({weights, broken, threads.run}, {}).error().code, ErrorCode::kNotFinite);
    const quantlens::Run stopped{threads.pool, 0, [](double) { return false; }};
    EXPECT_EQ(gptq({weights, inputs, stopped}, {}).error().code, ErrorCode::kCancelled);
}

}  // namespace
}  // namespace quantlens::methods
