// Every case of GPTQ against the numbers of the authors' code.

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

#include "methods/gptq.h"
#include "methods/rtn.h"
#include "unit/methods/support.h"

namespace quantlens::methods {
namespace {

GptqParameters parameters_of_case(const test::GoldenCase& one) {
    const auto& p = one.parameters();
    GptqParameters parameters;
    parameters.bits = p.at("bits");
    parameters.scheme = p.at("sym") ? Scheme::kSymmetric : Scheme::kAsymmetric;
    const int group_size = p.at("group_size");
    parameters.granularity = group_size > 0 ? Granularity::kGroup : Granularity::kChannel;
    if (group_size > 0) parameters.group_size = group_size;
    parameters.activation_order = p.at("actorder");
    parameters.static_groups = p.at("static_groups");
    parameters.range = p.at("mse") ? RangeSearch::kMse : RangeSearch::kMinMax;
    parameters.damping = p.at("percdamp");
    parameters.block_size = p.at("blocksize");
    return parameters;
}

double detail(const QuantizedLayer& layer, const std::string& name) {
    for (const auto& [key, value] : layer.details)
        if (key == name) return std::get<double>(value);
    return std::nan("");
}

TEST(GptqGolden, EveryCaseIsWithinTheReferencesOwnPrecision) {
    test::Threads threads(2);
    for (const auto& one : test::cases("gptq")) {
        SCOPED_TRACE(one.name());
        const Matrix weights = test::matrix_of(one.input_f32("W")), inputs = test::matrix_of(one.input_f32("X"));
        const GptqParameters parameters = parameters_of_case(one);
        const LinearProblem problem{weights, inputs, threads.run};
        const auto layer = gptq(problem, parameters);
        ASSERT_TRUE(layer) << layer.error().message;
        const Codes& codes = *layer->codes;

        const auto wanted = one.expected_codes("codes");
        ASSERT_EQ(codes.codes.size(), wanted.size());
        std::size_t different = 0;
        for (std::size_t i = 0; i < wanted.size(); ++i) different += codes.codes[i] != wanted[i];
        EXPECT_LE(double(different), 2e-3 * double(wanted.size()));

        const auto scales = one.expected_f32("scales").values;
        ASSERT_EQ(codes.scales.size(), scales.size());
        const bool before_compensation = codes.scales.columns() == 1 || parameters.static_groups;
        for (std::size_t i = 0; i < scales.size(); ++i)
            EXPECT_NEAR(codes.scales.values()[i], scales[i], (before_compensation ? 1e-5 : 1e-3) * scales[i]);
        if (one.has_expected("dequantized") && different == 0) {
            const auto values = one.expected_f32("dequantized").values;
            for (std::size_t i = 0; i < values.size(); ++i)
                ASSERT_NEAR(layer->dequantized.values()[i], values[i], 1e-3 * std::abs(values[i]) + 1e-6);
        }
        const auto groups = one.expected_codes("col_group");
        for (std::size_t c = 0; c < groups.size(); ++c)
            EXPECT_EQ(parameters.granularity == Granularity::kGroup ? codes.group_of(c) : 0u, std::size_t(groups[c]));
        if (one.has_expected("perm")) {
            const auto permutation = one.expected_codes("perm");
            const auto found = std::ranges::find(layer->details, "permutation", [](const auto& d) { return d.first; });
            ASSERT_NE(found, layer->details.end());
            for (std::size_t c = 0; c < permutation.size(); ++c)
                EXPECT_EQ(std::get<std::vector<std::uint32_t>>(found->second)[c], std::uint32_t(permutation[c]));
        }
        const double error = one.expected("gptq_output_sse_per_token");
        EXPECT_NEAR(test::squared_error_a_token(inputs, weights, layer->dequantized), error, 1e-3 * error);
        EXPECT_NEAR(detail(*layer, "loss"), double(one.expected("gptq_loss")),
                    1e-3 * double(one.expected("gptq_loss")));

        RtnParameters nearest;
        static_cast<UniformParameters&>(nearest) = parameters;
        const auto rounded = rtn(problem, nearest);
        ASSERT_TRUE(rounded);
        const double rtn_error = one.expected("rtn_output_sse_per_token");
        EXPECT_NEAR(test::squared_error_a_token(inputs, weights, rounded->dequantized), rtn_error, 1e-4 * rtn_error);
    }
}

TEST(GptqGolden, TheHessianCountsBatchesNotTokens) {
    test::Threads threads;
    for (const auto& one : test::cases("gptq_hessian")) {
        const auto x = one.input_f32("X"), h = one.expected_f32("H");
        const std::size_t features = x.shape.back();
        const std::size_t batches = one.expected("nsamples");
        const MatrixView<const float> inputs(x.values.data(), x.values.size() / features, features);
        const Matrix hessian = gptq_hessian(inputs, batches, threads.pool);
        float largest = 0;
        for (const float v : h.values) largest = std::max(largest, std::abs(v));
        ASSERT_EQ(hessian.size(), h.values.size());
        for (std::size_t i = 0; i < h.values.size(); ++i) ASSERT_NEAR(hessian.values()[i], h.values[i], 1e-5 * largest);
    }
    for (const auto& one : test::cases("gptq")) {
        if (!one.has_expected("hessian_diag")) continue;
        const Matrix hessian = gptq_hessian(test::matrix_of(one.input_f32("X")), 1, threads.pool);
        const auto diagonal = one.expected_f32("hessian_diag").values;
        for (std::size_t j = 0; j < diagonal.size(); ++j)
            ASSERT_NEAR(hessian(j, j), diagonal[j], 1e-5 * diagonal[j]) << one.name();
    }
}

}  // namespace
}  // namespace quantlens::methods
