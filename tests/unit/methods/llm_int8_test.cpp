#include "methods/llm_int8.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <iostream>

#include "support.h"
#include "tensor/statistics.h"
#include "tensor/synthetic.h"

namespace quantlens::methods {
namespace {

using test::gaussian;
using test::matrix_of;
using test::product;
using test::Threads;

double mean_square_from(const std::vector<double>& wanted, const Matrix& actual) {
    double sum = 0;
    for (std::size_t i = 0; i < wanted.size(); ++i) sum += std::pow(actual.values()[i] - wanted[i], 2);
    return sum / double(wanted.size());
}

TEST(LlmInt8, EqualsTheReferenceOnEveryGoldenCase) {
    const Threads threads;
    double worst = 0;
    for (const auto& one : test::cases("llm_int8")) {
        SCOPED_TRACE(one.name());
        const Matrix weights = matrix_of(one.input_f32("W")), activations = matrix_of(one.input_f32("X"));
        LlmInt8Parameters parameters;
        parameters.threshold = one.parameters().at("threshold");
        const auto layer = llm_int8({weights, activations, threads.run}, parameters);
        ASSERT_TRUE(layer) << layer.error().message;

        const auto codes = one.expected_codes("w_codes");
        ASSERT_EQ(layer->codes->codes.size(), codes.size());
        for (std::size_t i = 0; i < codes.size(); ++i) ASSERT_EQ(layer->codes->codes[i], codes[i]) << i;
        const auto row_maxima = one.expected_f32("w_row_absmax").values;
        for (std::size_t r = 0; r < row_maxima.size(); ++r)
            EXPECT_FLOAT_EQ(layer->codes->scales(r, 0) * 127, row_maxima[r]);

        const auto outliers = one.expected_codes("outlier_columns");
        EXPECT_TRUE(std::ranges::equal(layer->input.float_columns, outliers,
                                       [](std::uint32_t a, int b) { return int(a) == b; }));

        // Activation codes: those columns that stay in the 8-bit product.
        const auto inputs = layer->transformed(activations, threads.run);
        ASSERT_TRUE(inputs);
        const auto input_codes = one.expected_codes("x_codes");
        const auto token_maxima = one.expected_f32("x_row_absmax").values;
        for (std::size_t t = 0; t < activations.rows(); ++t)
            for (std::size_t c = 0; c < activations.columns(); ++c) {
                if (std::ranges::find(outliers, int(c)) != outliers.end())
                    ASSERT_EQ((*inputs)(t, c), activations(t, c));
                else
                    ASSERT_EQ(std::lround((*inputs)(t, c) / (token_maxima[t] / 127)),
                              input_codes[t * activations.columns() + c]);
            }

        const auto output = layer->multiply(activations, threads.run);
        ASSERT_TRUE(output);
        const auto wanted = one.expected_f32("output_exact").values;
        const float largest = std::abs(*std::ranges::max_element(wanted, {}, [](float v) { return std::abs(v); }));
        for (std::size_t i = 0; i < wanted.size(); ++i) {
            ASSERT_NEAR(output->values()[i], wanted[i], 1e-6 * largest) << i;
            worst = std::max(worst, std::abs(double(output->values()[i]) - wanted[i]) / largest);
        }
        const double mse = one.expected("output_mse_vs_fp");
        EXPECT_NEAR(mean_square_from(product(activations, weights), *output), mse, 1e-2 * mse);
    }
    RecordProperty("worst_relative_output_deviation", std::to_string(worst));
    std::cout << "largest output deviation " << worst << " of max|output|\n";
}

TEST(LlmInt8, ThresholdZeroSplitsNothing) {
    const Threads threads;
    const Matrix weights = synthetic_weights(16, 64, 1), activations = synthetic_activations(32, 64, 2);
    LlmInt8Parameters none{0}, unreachable{1e6};
    const auto a = llm_int8({weights, activations, threads.run}, none);
    const auto b = llm_int8({weights, activations, threads.run}, unreachable);
    ASSERT_TRUE(a && b);
    EXPECT_TRUE(a->input.float_columns.empty());
    EXPECT_TRUE(b->input.float_columns.empty());
    EXPECT_TRUE(std::ranges::equal(a->multiply(activations, threads.run)->values(),
                                   b->multiply(activations, threads.run)->values()));
}

TEST(LlmInt8, TinyThresholdLeavesOnlyTheErrorOfTheWeights) {
    const Threads threads;
    const Matrix weights = gaussian(16, 64, 1), activations = gaussian(32, 64, 2);
    const auto layer = llm_int8({weights, activations, threads.run}, {1e-6});
    ASSERT_TRUE(layer);
    EXPECT_EQ(layer->input.float_columns.size(), 64u);
    const auto wanted = product(activations, layer->dequantized);
    EXPECT_LT(mean_square_from(wanted, *layer->multiply(activations, threads.run)), 1e-10);
}

TEST(LlmInt8, SplittingOutliersLowersTheError) {
    const Threads threads;
    const Matrix weights = synthetic_weights(32, 128, 3), activations = synthetic_activations(64, 128, 4);
    const auto wanted = product(activations, weights);
    const auto error = [&](double threshold) {
        const auto layer = llm_int8({weights, activations, threads.run}, {threshold});
        return mean_square_from(wanted, *layer->multiply(activations, threads.run));
    };
    EXPECT_LT(error(6), 0.5 * error(0));
}

TEST(LlmInt8, LooksForOutliersAnewInOtherInputs) {
    const Threads threads;
    const Matrix weights = gaussian(8, 32, 1);
    const Matrix calm = [] {
        Matrix m = gaussian(8, 32, 2);
        for (float& v : m.values()) v = std::clamp(v, -2.0f, 2.0f);
        return m;
    }();
    Matrix loud = calm;
    loud(3, 7) = 100;
    const auto layer = llm_int8({weights, calm, threads.run}, {});
    ASSERT_TRUE(layer);
    EXPECT_TRUE(layer->input.float_columns.empty());
    const auto inputs = layer->transformed(loud, threads.run);
    ASSERT_TRUE(inputs);
    for (std::size_t t = 0; t < loud.rows(); ++t) EXPECT_EQ((*inputs)(t, 7), loud(t, 7));
}

TEST(LlmInt8, ZeroRowsAndZeroTokensGiveZeros) {
    const Threads threads;
    const Matrix weights(3, 4), activations(2, 4);
    const auto layer = llm_int8({weights, activations, threads.run}, {});
    ASSERT_TRUE(layer);
    const auto output = layer->multiply(activations, threads.run);
    ASSERT_TRUE(output);
    for (const float v : output->values()) EXPECT_EQ(v, 0);
}

TEST(LlmInt8, StorageIsCodesAndRowScales) {
    const Threads threads;
    const Matrix weights = gaussian(16, 64, 1);
    const auto layer = llm_int8({weights, weights, threads.run}, {});
    ASSERT_TRUE(layer);
    EXPECT_EQ(layer->stored_bits(), 16 * 64 * 8 + 16 * 16u);
}

TEST(LlmInt8, NeedsActivationsAndAThresholdInRange) {
    const Threads threads;
    const Matrix weights = gaussian(2, 4, 1);
    const auto without = llm_int8({weights, std::nullopt, threads.run}, {});
    ASSERT_FALSE(without);
    EXPECT_EQ(without.error().field, "activations");
    const auto negative = llm_int8({weights, weights, threads.run}, {-1});
    ASSERT_FALSE(negative);
    EXPECT_EQ(negative.error().field, "threshold");
}

}  // namespace
}  // namespace quantlens::methods
