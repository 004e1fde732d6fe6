// Every case of AWQ's searches against the numbers of the authors' code.

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

#include "methods/awq.h"
#include "tensor/statistics.h"
#include "unit/methods/support.h"

namespace quantlens::methods {
namespace {

AwqParameters parameters_of_case(const test::GoldenCase& one) {
    AwqParameters parameters;
    parameters.bits = one.parameters().at("bits");
    parameters.group_size = one.parameters().at("group_size");
    parameters.grid = one.parameters().at("n_grid");
    return parameters;
}

void expect_search(const AwqSearch& search, const test::GoldenCase& one) {
    const auto losses = one.expected_f32("losses").values;
    ASSERT_EQ(search.losses.size(), losses.size());
    for (std::size_t i = 0; i < losses.size(); ++i) EXPECT_NEAR(search.losses[i], losses[i], 1e-3 * losses[i]);
    EXPECT_DOUBLE_EQ(search.ratios[search.best], double(one.expected("best_ratio")));
    const auto scales = one.expected_f32("best_scales").values;
    ASSERT_EQ(search.scales.size(), scales.size());
    for (std::size_t c = 0; c < scales.size(); ++c) EXPECT_NEAR(search.scales[c], scales[c], 1e-5 * scales[c]);
}

TEST(AwqGolden, TheScaleSearchFindsTheReferencesLossesAndScales) {
    test::Threads threads(2);
    for (const auto& one : test::cases("awq_search")) {
        SCOPED_TRACE(one.name());
        const Matrix weights = test::matrix_of(one.input_f32("W")), inputs = test::matrix_of(one.input_f32("X"));
        const auto parameters = parameters_of_case(one);
        const MatrixView<const float> layers[]{weights};
        const auto search = awq_search(layers, inputs, parameters, threads.run);
        ASSERT_TRUE(search) << search.error().message;
        expect_search(*search, one);
        const double rtn_loss = one.expected("rtn_loss");
        EXPECT_NEAR(search->losses[0], rtn_loss, 1e-3 * rtn_loss);
        const auto means = column_absmean(inputs);
        const auto wanted = one.has_expected("act_mean_abs") ? one.expected_f32("act_mean_abs").values : means;
        for (std::size_t c = 0; c < wanted.size(); ++c) EXPECT_NEAR(means[c], wanted[c], 1e-5 * wanted[c]);

        const auto layer = awq({weights, inputs, threads.run}, parameters);
        ASSERT_TRUE(layer) << layer.error().message;
        if (one.has_expected("weight_mse")) {
            const double mse = one.expected("weight_mse");
            EXPECT_NEAR(test::mean_squared_error(weights, layer->dequantized), mse, 1e-2 * mse);
        }
        if (one.has_expected("dequantized")) {
            const auto values = one.expected_f32("dequantized").values;
            std::size_t far = 0;
            for (std::size_t i = 0; i < values.size(); ++i)
                far += std::abs(layer->dequantized.values()[i] - values[i]) > 1e-6f;
            EXPECT_LE(double(far), 5e-3 * double(values.size()));
        }
        const double loss = one.expected("best_loss");
        const auto output = layer->multiply(inputs, threads.run);
        ASSERT_TRUE(output);
        const auto exact = test::product(inputs, weights);
        double sum = 0;
        for (std::size_t i = 0; i < exact.size(); ++i)
            sum += (exact[i] - double(output->values()[i])) * (exact[i] - double(output->values()[i]));
        EXPECT_NEAR(sum / double(exact.size()), loss, 1e-3 * loss);
    }
}

TEST(AwqGolden, LayersWithTheSameInputsAreSearchedTogether) {
    test::Threads threads;
    for (const auto& one : test::cases("awq_search_joint")) {
        SCOPED_TRACE(one.name());
        const Matrix q = test::matrix_of(one.input_f32("Wq")), k = test::matrix_of(one.input_f32("Wk")),
                     v = test::matrix_of(one.input_f32("Wv")), inputs = test::matrix_of(one.input_f32("X"));
        const MatrixView<const float> layers[]{q, k, v};
        const auto search = awq_search(layers, inputs, parameters_of_case(one), threads.run);
        ASSERT_TRUE(search) << search.error().message;
        expect_search(*search, one);
    }
}

TEST(AwqGolden, TheClipSearchPicksTheReferencesClips) {
    test::Threads threads(2);
    for (const auto& one : test::cases("awq_clip")) {
        SCOPED_TRACE(one.name());
        Matrix weights = test::matrix_of(one.input_f32("W")), inputs = test::matrix_of(one.input_f32("X"));
        const auto scales = one.input_f32("scales").values;
        for (std::size_t r = 0; r < weights.rows(); ++r)
            for (std::size_t c = 0; c < weights.columns(); ++c) weights(r, c) *= scales[c];
        for (std::size_t t = 0; t < inputs.rows(); ++t)
            for (std::size_t c = 0; c < inputs.columns(); ++c) inputs(t, c) /= scales[c];
        const AwqParameters parameters = parameters_of_case(one);
        const auto clip = awq_clip(weights, inputs, parameters, one.parameters().at("n_sample_token"), threads.run);
        ASSERT_TRUE(clip) << clip.error().message;

        const auto indices = one.expected_codes("clip_index");
        const auto largest = one.expected_f32("max_val").values;
        ASSERT_EQ(clip->indices.size(), indices.size());
        std::size_t different = 0;
        for (std::size_t i = 0; i < indices.size(); ++i) {
            if (clip->indices[i] != indices[i]) {
                ++different;
                continue;
            }
            EXPECT_NEAR(clip->largest.values()[i], largest[i], 1e-5 * largest[i]);
        }
        EXPECT_LE(double(different), 1e-2 * double(indices.size()));

        // Without the search, then held to its clips: Q(W s) / s as the layer computes it.
        for (const bool clipped : {false, true}) {
            Matrix held = weights;
            for (std::size_t r = 0; r < held.rows() && clipped; ++r)
                for (std::size_t c = 0; c < held.columns(); ++c) {
                    const float limit = clip->largest(r, c / std::size_t(parameters.group_size));
                    held(r, c) = std::clamp(held(r, c), -limit, limit);
                }
            const auto codes = quantize_uniform(held, parameters.nearest().settings(), threads.run);
            ASSERT_TRUE(codes);
            const double error =
                test::squared_error_a_token(inputs, weights, dequantize(*codes, threads.pool)) / double(weights.rows());
            const double wanted = one.expected(clipped ? "output_mse_scale_clip" : "output_mse_scale_only");
            EXPECT_NEAR(error, wanted, 1e-2 * wanted);
        }
    }
}

}  // namespace
}  // namespace quantlens::methods
