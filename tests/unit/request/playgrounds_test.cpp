#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "support.h"

namespace quantlens::request {
namespace {

class Playgrounds : public Asking {};

std::string traced(int step, std::string_view more = "") {
    return R"({"op":"gptq-trace","synthetic":"6x16","synthetic_tokens":48,"bits":3,"granularity":"channel","step":)" +
           std::to_string(step) + std::string{more} + "}";
}

TEST_F(Playgrounds, TheLastStepOfATraceIsTheLayerThatGptqMakes) {
    for (const auto* order : {"", R"(,"activation_order":true)"}) {
        const Json traced_body = ask(traced(16, order));
        const auto now = values("now");
        const Json body = ask(R"({"op":"quantize","method":"gptq","synthetic":"6x16","synthetic_tokens":48,"bits":3,)"
                              R"("granularity":"channel","return":"dequantized")" +
                              std::string{order} + "}");
        const auto dequantized = values("dequantized");
        for (std::size_t i = 0; i < now.size(); ++i) EXPECT_FLOAT_EQ(now[i], dequantized[i]);
        EXPECT_NEAR(traced_body["output_mse"].get<double>(), body["output_mse"].get<double>(),
                    1e-4 * body["output_mse"].get<double>());
        EXPECT_NEAR(traced_body["output_mse_rtn"].get<double>(), body["output_mse_rtn"].get<double>(),
                    1e-4 * body["output_mse_rtn"].get<double>());
        EXPECT_EQ(traced_body["bytes"], body["bytes"]);
    }
}

TEST_F(Playgrounds, ATraceStartsWithTheLayerAsItWas) {
    const Json body = ask(traced(0));
    EXPECT_EQ(values("now"), values("weights"));
    EXPECT_EQ(body["output_mse_so_far"].get<double>(), 0);
    EXPECT_EQ(body["largest_push"].get<double>(), 0);
    EXPECT_FALSE(body.contains("column"));
}

TEST_F(Playgrounds, AStepMovesOnlyColumnsStillToCome) {
    const Json body = ask(traced(5, R"(,"activation_order":true)"));
    const auto order = values<std::int32_t>("order");
    const auto push = values("push");
    std::vector<bool> done(16);
    for (int i = 0; i < 5; ++i) done[std::size_t(order[std::size_t(i)])] = true;
    EXPECT_EQ(body["column"].get<int>(), order[4]);
    const auto rounded = values<std::int32_t>("rounded");
    bool moved = false;
    for (std::size_t r = 0; r < 6; ++r)
        for (std::size_t c = 0; c < 16; ++c) {
            EXPECT_EQ(rounded[c] != 0, bool(done[c]));
            if (done[c])
                EXPECT_EQ(push[r * 16 + c], 0) << r << ' ' << c;
            else
                moved = moved || push[r * 16 + c] != 0;
        }
    EXPECT_TRUE(moved);
    EXPECT_EQ(body["by_step"]["output_mse"].size(), 17u);
}

TEST_F(Playgrounds, TheBestRoundingIsTheBestOfAllCombinations) {
    // 2 bits and 4 weights: 256 combinations, tried here one by one on the levels that the row's grid has.
    const std::vector<float> weights{0.31f, -0.52f, 0.77f, 0.06f};
    const std::vector<float> inputs{1, 0.9f, 0.8f, -0.5f, 0.2f, 0.4f, 0.1f, 1, -0.7f, -0.6f, 0.3f, 0.5f};
    const Json body =
        ask(R"({"op":"best-rounding","bits":2})", {{"weights", {1, 4}, weights}, {"activations", {3, 4}, inputs}});
    // GPTQ's grid: scale = (max - min) / 3, zero point = round(-min / scale).
    const float scale = (0.77f + 0.52f) / 3, zero = std::round(0.52f / scale);
    double best = INFINITY;
    for (int i = 0; i < 256; ++i) {
        double sum = 0;
        for (std::size_t t = 0; t < 3; ++t) {
            double output = 0;
            for (std::size_t c = 0; c < 4; ++c) {
                const float level = (float((i >> (2 * c)) & 3) - zero) * scale;
                output += double(inputs[t * 4 + c]) * (double(level) - double(weights[c]));
            }
            sum += output * output;
        }
        best = std::min(best, sum / 3);
    }
    EXPECT_NEAR(body["output_mse_best"].get<double>(), best, 1e-6 * best);
    EXPECT_LE(body["output_mse_best"].get<double>(), body["output_mse_gptq"].get<double>() * (1 + 1e-6));
    EXPECT_LE(body["output_mse_best"].get<double>(), body["output_mse_rtn"].get<double>() * (1 + 1e-6));
    EXPECT_EQ(body["combinations_per_row"].get<double>(), 256);
}

TEST_F(Playgrounds, ARotationKeepsTheOutputAndFlattensTheInputs) {
    const Json body = ask(R"({"op":"rotated","synthetic":"16x64","synthetic_tokens":32,"bins":20})");
    EXPECT_LT(body["output_largest_difference"].get<double>(), 1e-5 * body["output_rms"].get<double>());
    const auto& inputs = body["activations"];
    EXPECT_LT(inputs["after"]["max_over_rms"].get<double>(), inputs["before"]["max_over_rms"].get<double>() / 2);
    EXPECT_NEAR(inputs["after"]["rms"].get<double>(), inputs["before"]["rms"].get<double>(), 1e-5);
    for (const auto* when : {"before", "after"}) {
        const auto counts = inputs[when]["histogram"]["counts"].get<std::vector<int>>();
        EXPECT_EQ(std::accumulate(counts.begin(), counts.end(), 0), 32 * 64);
    }
    EXPECT_NE(error(R"({"op":"rotated","synthetic":"4x7"})").find("Hadamard"), std::string::npos);
}

TEST_F(Playgrounds, NothingBeatsWhatTheComparisonCallsBest) {
    const Json body = ask(R"({"op":"compare","synthetic":"8x64","synthetic_tokens":16})");
    const auto& results = body["results"];
    ASSERT_GT(results.size(), 40u);
    std::size_t best = 0;
    for (const auto& one : results) {
        bool beaten = false;
        for (const auto& other : results)
            beaten = beaten ||
                     (other["bits_per_weight"] <= one["bits_per_weight"] && other["output_mse"] <= one["output_mse"] &&
                      (other["bits_per_weight"] < one["bits_per_weight"] || other["output_mse"] < one["output_mse"]));
        EXPECT_EQ(one["best_output"].get<bool>(), !beaten) << one;
        best += one["best_output"].get<bool>();
    }
    EXPECT_GT(best, 2u);
}

TEST_F(Playgrounds, TheComparisonSaysWhatEachMethodAloneSays) {
    const Json body = ask(R"({"op":"compare","synthetic":"8x64","synthetic_tokens":16})");
    for (const auto& one : body["results"]) {
        Json request{{"op", "quantize"}, {"method", one["method"]}, {"synthetic", "8x64"}, {"synthetic_tokens", 16}};
        if (!one["bits"].is_null()) request["bits"] = one["bits"];
        const Json alone = ask(request.dump());
        EXPECT_EQ(one["bits_per_weight"], alone["bits_per_weight"]) << request;
        EXPECT_EQ(one["output_mse"], alone["output_mse"]) << request;
        EXPECT_EQ(one["bytes"], alone["bytes"]) << request;
    }
}

TEST_F(Playgrounds, WeightsAloneAreComparedByWhatNeedsNoInputs) {
    const Json body = ask(R"({"op":"compare","values":[0.1,-0.2,0.3,0.4]})");
    EXPECT_FALSE(body["results"][0].contains("output_mse"));
    EXPECT_TRUE(std::ranges::any_of(body["left_out"], [](const Json& one) { return one["method"] == "gptq"; }));
}

TEST_F(Playgrounds, WhatIsWrongIsNamed) {
    EXPECT_NE(error(R"({"op":"gptq-trace","values":[1,2]})").find("activations"), std::string::npos);
    EXPECT_NE(error(R"({"op":"gptq-trace","synthetic":"4x8","step":9})").find("at most the number of columns, 8"),
              std::string::npos);
    EXPECT_NE(error(R"({"op":"gptq-trace","synthetic":"1x300"})").find("256"), std::string::npos);
    EXPECT_NE(error(R"({"op":"best-rounding","synthetic":"1x13"})").find("at most 12"), std::string::npos);
    EXPECT_NE(error(R"({"op":"rotated","values":[1,2]})").find("activations"), std::string::npos);
    const float inf = INFINITY;
    EXPECT_NE(error(R"({"op":"rotated"})", {{"weights", {1, 2}, std::vector<float>{1, inf}},
                                            {"activations", {1, 2}, std::vector<float>{1, 2}}})
                  .find("row 0, column 1"),
              std::string::npos);
    EXPECT_NE(error(R"({"op":"compare"})", {{"weights", {0, 2}, std::vector<float>{}}}).find("weights is empty"),
              std::string::npos);
    EXPECT_NE(error(R"({"op":"compare"})", {{"weights", {1, 2}, std::vector<float>{1, inf}}}).find("row 0, column 1"),
              std::string::npos);
}

TEST_F(Playgrounds, ALayerWithoutPlantedOutliersIsTheSameOtherwise) {
    ask(R"({"op":"statistics","of":"activations","synthetic":"4x128","synthetic_tokens":16,"synthetic_outliers":1})");
    const auto plain = values("column_absmax");
    ask(R"({"op":"statistics","of":"activations","synthetic":"4x128","synthetic_tokens":16})");
    const auto planted = values("column_absmax");
    std::size_t larger = 0;
    for (std::size_t c = 0; c < plain.size(); ++c) {
        if (plain[c] == planted[c]) continue;
        EXPECT_FLOAT_EQ(planted[c], 20 * plain[c]);
        ++larger;
    }
    EXPECT_GE(larger, 1u);
    EXPECT_LE(larger, 2u);
}

}  // namespace
}  // namespace quantlens::request
