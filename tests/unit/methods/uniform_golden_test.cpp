// Every case of uniform quantization against the numbers of the methods' own code.

#include <cmath>

#include <gtest/gtest.h>

#include "methods/uniform.h"
#include "unit/methods/support.h"

namespace quantlens::methods {
namespace {

UniformSettings settings_of_case(const test::GoldenCase& one) {
    const auto& p = one.parameters();
    UniformSettings settings;
    settings.bits = p.at("bits");
    settings.scheme = p.at("sym") ? Scheme::kSymmetric : Scheme::kAsymmetric;
    const std::string granularity = p.at("granularity");
    settings.granularity = granularity == "tensor"    ? Granularity::kTensor
                           : granularity == "channel" ? Granularity::kChannel
                                                      : Granularity::kGroup;
    if (granularity == "group") settings.group_size = p.at("group_size");
    if (p.value("mse", false)) settings.range = RangeSearch::kMse;
    const std::string variant = p.value("variant", std::string{});
    settings.convention = variant == "awq"                 ? Convention::kAwq
                          : variant == "quarot"            ? Convention::kQuarot
                          : variant == "restricted_absmax" ? Convention::kPlain
                                                           : Convention::kGptq;
    return settings;
}

std::vector<float> flattened(const Matrix& matrix) { return {matrix.values().begin(), matrix.values().end()}; }

void expect_close(const std::vector<float>& actual, const std::vector<float>& wanted, double relative,
                  double absolute) {
    ASSERT_EQ(actual.size(), wanted.size());
    for (std::size_t i = 0; i < actual.size(); ++i)
        ASSERT_LE(std::abs(double(actual[i]) - wanted[i]), relative * std::abs(double(wanted[i])) + absolute)
            << "element " << i;
}

/// The scales of the vectors are one for each row even where the whole tensor shares one.
std::vector<float> as_many(std::vector<float> values, std::size_t count) {
    if (values.size() == 1) values.assign(count, values.front());
    return values;
}

TEST(UniformGolden, EveryCaseGivesTheReferencesCodesAndScales) {
    test::Threads threads(2);
    for (const auto& one : test::cases("uniform_quant")) {
        SCOPED_TRACE(one.name());
        const Matrix weights = test::matrix_of(one.input_f32("W"));
        const auto codes = quantize_uniform(weights, settings_of_case(one), threads.run);
        ASSERT_TRUE(codes) << codes.error().message;

        const auto wanted = one.expected_codes("codes");
        ASSERT_EQ(codes->codes.size(), wanted.size());
        std::size_t different = 0;
        for (std::size_t i = 0; i < wanted.size(); ++i) different += codes->codes[i] != wanted[i];
        EXPECT_EQ(different, 0u);

        const auto scales = one.expected_f32("scales");
        expect_close(as_many(flattened(codes->scales), scales.values.size()), scales.values, 1e-6, 0);
        if (one.has_expected("zeros")) {
            const auto zeros = one.expected_f32("zeros").values;
            for (std::size_t i = 0; i < zeros.size(); ++i) {
                const std::size_t at = codes->one_scale() ? 0 : i;
                ASSERT_EQ(codes->zero_points.empty() ? 0.0f : float(codes->zero_points[at]), zeros[i])
                    << "zero point " << i;
            }
        }
        const Matrix values = dequantize(*codes, threads.pool);
        if (one.has_expected("dequantized"))
            expect_close(flattened(values), one.expected_f32("dequantized").values, 1e-6, 1e-7);
        const double mse = one.expected("weight_mse");
        EXPECT_NEAR(test::mean_squared_error(weights, values), mse, 1e-5 * mse);
    }
}

TEST(UniformGolden, DeepSpeedsGroupsMayCrossRows) {
    test::Threads threads;
    for (const auto& one : test::cases("zeroquant_weight")) {
        SCOPED_TRACE(one.name());
        const Matrix weights = test::matrix_of(one.input_f32("W"));
        UniformSettings settings;
        settings.bits = one.parameters().at("bits");
        settings.scheme = one.parameters().at("sym") ? Scheme::kSymmetric : Scheme::kAsymmetric;
        settings.granularity = Granularity::kChannel;
        settings.convention = Convention::kDeepspeed;
        const std::size_t group = one.parameters().at("group_elems");
        const MatrixView<const float> regrouped(weights.values().data(), weights.size() / group, group);
        const auto codes = quantize_uniform(regrouped, settings, threads.run);
        ASSERT_TRUE(codes) << codes.error().message;

        const auto wanted = one.expected_codes("codes");
        std::size_t different = 0;
        for (std::size_t i = 0; i < wanted.size(); ++i) different += codes->codes[i] != wanted[i];
        EXPECT_EQ(different, 0u);
        expect_close(flattened(codes->scales), one.expected_f32("scales").values, 1e-6, 0);
        if (one.has_expected("zero_points")) {
            std::vector<float> zero_points;
            for (std::size_t i = 0; i < codes->zero_points.size(); ++i)
                zero_points.push_back(-float(codes->zero_points[i]) * codes->scales.values()[i]);
            expect_close(zero_points, one.expected_f32("zero_points").values, 1e-6, 1e-9);
        }
        const Matrix values = dequantize(*codes, threads.pool);
        if (one.has_expected("dequantized"))
            expect_close(flattened(values), one.expected_f32("dequantized").values, 1e-6, 1e-7);
    }
}

}  // namespace
}  // namespace quantlens::methods
