#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "request/door.h"

namespace quantlens::request {
namespace {

class PlannerCurves : public testing::Test {
protected:
    Json ask(std::string_view text) { return session_.answer_text(text, {}).body; }
    std::string error(std::string_view text) {
        const Json body = ask(text);
        return body.contains("error") ? body["error"]["message"].get<std::string>() : "";
    }
    ThreadPool pool_{1};
    double clock_ = 0;
    Session session_{pool_, [this] { return clock_ += 1; }};
};

TEST_F(PlannerCurves, CachesOfEveryKindOfAttentionAreAsByHand) {
    const Json body = ask(R"({"op":"cache-curve","contexts":[1,1024,32768],
        "models":["llama-2-7b","llama-3.1-8b","falcon-7b","deepseek-v3","gemma-3-27b"]})");
    const Json& curves = body["curves"];
    ASSERT_EQ(curves.size(), 5u);
    const double n = 32768;
    // Key and value, layers, heads that have their own, width of a head, two bytes each.
    EXPECT_EQ(curves[0]["bytes"][2].get<double>(), 2.0 * 32 * 32 * 128 * 2 * n);
    EXPECT_EQ(curves[1]["bytes"][2].get<double>(), 2.0 * 32 * 8 * 128 * 2 * n);
    EXPECT_EQ(curves[2]["bytes"][2].get<double>(), 2.0 * 32 * 1 * 64 * 2 * n);
    // DeepSeek-V3 keeps one vector of 512 + 64 values in each of 61 layers (arXiv 2412.19437, section 4.2).
    EXPECT_EQ(curves[3]["bytes"][2].get<double>(), 61.0 * (512 + 64) * 2 * n);
    EXPECT_EQ(curves[0]["attention"], "multi-head");
    EXPECT_EQ(curves[1]["attention"], "grouped-query");
    EXPECT_EQ(curves[2]["attention"], "multi-query");
    EXPECT_EQ(curves[3]["attention"], "latent");
    EXPECT_EQ(curves[4]["attention"], "sliding window");
    // The formula with the width is right for Llama 2 7B and four times too large for Llama 3.1 8B.
    EXPECT_EQ(curves[0]["times_smaller_than_formula"].get<double>(), 1);
    EXPECT_EQ(curves[1]["times_smaller_than_formula"].get<double>(), 4);
}

TEST_F(PlannerCurves, EachPointOfACurveIsTheMemoryOperations) {
    const Json curve = ask(R"({"op":"cache-curve","models":"gemma-3-27b","contexts":"512,100000","kv_key":"int4",
        "kv_value":"int8","kv_group":64,"kv_residual":128})");
    const Json one = ask(R"({"op":"memory","model":"gemma-3-27b","context":100000,"kv_key":"int4","kv_value":"int8",
        "kv_group":64,"kv_residual":128})");
    EXPECT_EQ(curve["curves"][0]["bytes"][1], one["kv_cache"]["total"]);
    EXPECT_EQ(curve["curves"][0]["per_token"], one["kv_cache"]["per_token"]);
}

TEST_F(PlannerCurves, WorkUnderTheRoofIsWhatSpeedSays) {
    const Json roof = ask(R"({"op":"roofline","model":"llama-3.1-8b","weights":"int4","device":"nvidia-rtx-4090",
        "context":2048,"batches":[1,64,1024]})");
    EXPECT_DOUBLE_EQ(roof["ridge"].get<double>(), 165.2e12 / 1008e9);
    EXPECT_DOUBLE_EQ(roof["roof"]["tflops"][1].get<double>(), 165.2);
    for (const auto& row : roof["decode"]) {
        const Json speed = ask(R"({"op":"speed","model":"llama-3.1-8b","weights":"int4","device":"nvidia-rtx-4090",
            "context":2048,"batch":)" +
                               row["batch"].dump() + "}");
        EXPECT_EQ(row["tokens_per_second"], speed["decode_tokens_per_second"]);
        EXPECT_EQ(row["bound"], speed["bound"]);
        // What is done a second, worked out from the tokens, is where the roof puts it.
        const double batch = row["batch"].get<double>();
        const double done = row["operations"].get<double>() / batch * row["tokens_per_second"].get<double>() / 1e12;
        EXPECT_NEAR(done, row["tflops"].get<double>(), 1e-9 * done);
    }
    // One text at a time waits for memory: 5 bits a weight instead of 16 are 3.2 times as fast, the cache takes some of
    // it.
    EXPECT_EQ(roof["decode"][0]["bound"], "memory");
    EXPECT_NEAR(roof["decode"][0]["times_faster_than_f16"].get<double>(), 3.1, 0.1);
    EXPECT_EQ(roof["prefill"]["bound"], "compute");
    EXPECT_EQ(roof["prefill"]["times_faster_than_f16"].get<double>(), 1);
}

TEST_F(PlannerCurves, TheBestFormatIsTheWidestThatFits) {
    const Json body = ask(R"({"op":"formats-that-fit","model":"llama-3.1-8b","fit":8589934592,"context":8192})");
    ASSERT_FALSE(body["best"].is_null());
    double best = 0, widest = 0;
    for (const auto& row : body["formats"]) {
        const double bits = row["bits_per_weight"].get<double>();
        EXPECT_EQ(row["fits"].get<bool>(), row["total"].get<double>() <= 8589934592.0);
        if (row["fits"].get<bool>()) widest = std::max(widest, bits);
        if (row["format"] == body["best"]) best = bits;
        EXPECT_NEAR(row["times_smaller_than_f16"].get<double>(), 16 / bits, 1e-6);
    }
    EXPECT_EQ(best, widest);
    EXPECT_TRUE(ask(R"({"op":"formats-that-fit","model":"gpt-3-175b","fit":1000000000})")["best"].is_null());
}

TEST_F(PlannerCurves, SpeedSaysWhetherTheDeviceHoldsTheModel) {
    const std::string_view on_4090 =
        R"({"op":"speed","model":"llama-3.1-70b","weights":"f16","device":"nvidia-rtx-4090"})";
    EXPECT_EQ(ask(on_4090)["fits"], false);
    EXPECT_EQ(ask(R"({"op":"speed","model":"llama-3.2-1b","device":"nvidia-rtx-4090"})")["fits"], true);
    EXPECT_TRUE(ask(R"({"op":"speed","model":"llama-3.2-1b","bandwidth":100})")["fits"].is_null());
}

TEST_F(PlannerCurves, ErrorsNameTheFieldTheValueAndWhatIsRight) {
    EXPECT_EQ(error(R"({"op":"cache-curve","models":"llama-2-7b","contexts":"12,x"})"),
              "contexts is 'x', must be a whole number from 1 to 1073741824");
    EXPECT_NE(error(R"({"op":"cache-curve","models":""})").find("models"), std::string::npos);
    EXPECT_NE(error(R"({"op":"cache-curve","models":"lama"})").find("llama-2-7b"), std::string::npos);
    EXPECT_NE(error(R"({"op":"roofline","model":"llama-2-7b","device":"apple-m1"})").find("compute"),
              std::string::npos);
    EXPECT_NE(error(R"({"op":"formats-that-fit","model":"llama-2-7b"})").find("fit"), std::string::npos);
}

}  // namespace
}  // namespace quantlens::request
