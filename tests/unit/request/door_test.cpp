#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "request/door.h"
#include "request/json.h"

namespace quantlens::request {
namespace {

class Door : public testing::Test {
protected:
    Json ask(std::string_view text, std::vector<Array> arrays = {}) {
        response_ = session_.answer_text(text, std::move(arrays));
        return response_.body;
    }
    std::string error(std::string_view text, std::vector<Array> arrays = {}) {
        const Json body = ask(text, std::move(arrays));
        return body.contains("error") ? body["error"]["message"].get<std::string>() : "";
    }
    const Array* array(std::string_view name) const {
        for (const auto& a : response_.arrays)
            if (a.name == name) return &a;
        return nullptr;
    }
    std::vector<float> floats(std::string_view name) const {
        return array(name) ? std::get<std::vector<float>>(array(name)->values) : std::vector<float>{};
    }

    ThreadPool pool_{2};
    double clock_ = 0;
    Session session_{pool_, [this] { return clock_ += 1; }};
    Response response_;
};

TEST_F(Door, TheFirstDemoHasTheRightError) {
    // By hand: scale 2.45 / 7 = 0.35, codes 0 -1 2 -4 7, errors 0.15 0.03 0.17 0.17 0, mean square 0.01624.
    const Json body = ask(R"({"op":"quantize","method":"rtn","bits":4,"scheme":"symmetric","granularity":"tensor",
        "values":[0.15,-0.32,0.87,-1.23,2.45],"return":"codes,scales,dequantized"})");
    EXPECT_NEAR(body["weight_mse"].get<double>(), 0.01624, 1e-7);
    EXPECT_EQ(std::get<std::vector<std::int8_t>>(array("codes")->values), (std::vector<std::int8_t>{0, -1, 2, -4, 7}));
    EXPECT_FLOAT_EQ(floats("scales").at(0), 0.35f);
    EXPECT_EQ(array("dequantized")->shape, (std::vector<std::size_t>{1, 5}));
    EXPECT_EQ(body["bits_per_weight"].get<double>(), 4 + 16.0 / 5);
    EXPECT_EQ(body["bytes"].get<int>(), 5);
    EXPECT_EQ(body["seconds"].get<double>(), 1);
    EXPECT_EQ(body["parameters"]["rounding"], "even");
}

TEST_F(Door, TypedTextAndAListAreTheSameRequest) {
    const Json a = ask(R"({"op":"quantize","values":"0.15, -0.32,0.87"})");
    Json b = ask(R"({"op":"quantize","values":[0.15,-0.32,0.87]})");
    b["seconds"] = a["seconds"];
    EXPECT_EQ(a, b);
}

TEST_F(Door, OutputErrorIsMeasuredOnlyWithActivations) {
    const Json with = ask(R"({"op":"quantize","synthetic":"16x64","synthetic_tokens":32,"return":"output"})");
    EXPECT_GT(with["output_mse"].get<double>(), 0);
    EXPECT_EQ(array("output")->shape, (std::vector<std::size_t>{32, 16}));
    EXPECT_FALSE(ask(R"({"op":"quantize","values":[1,2]})").contains("output_mse"));
}

TEST_F(Door, EveryMethodAndFormatAnswersWithItsDefaults) {
    const Json schema = ask(R"({"op":"schema"})");
    ASSERT_GT(schema["methods"].size(), 30u);
    for (const auto& method : schema["methods"]) {
        const Json request{
            {"op", "quantize"}, {"method", method["id"]}, {"synthetic", "8x256"}, {"synthetic_tokens", 300}};
        const Json body = ask(request.dump());
        ASSERT_FALSE(body.contains("error")) << method["id"] << body;
        EXPECT_GT(body["bits_per_weight"].get<double>(), 0) << method["id"];
        EXPECT_EQ(body["bytes"].get<double>(), std::ceil(body["bits_per_weight"].get<double>() * 8 * 256 / 8 - 1e-9))
            << method["id"];
        EXPECT_EQ(body["parameters"].size(), method["fields"].size()) << method["id"];
    }
}

TEST_F(Door, ErrorsNameTheFieldTheValueAndWhatIsRight) {
    EXPECT_EQ(error(R"({"op":"quantize","bits":9,"values":[1]})"), "bits is 9, must be a whole number between 1 and 8");
    EXPECT_EQ(response_.body["error"]["field"], "bits");
    EXPECT_EQ(response_.body["error"]["code"], "bad_parameter");
    EXPECT_NE(error(R"({"op":"quantise"})").find("must be one of schema"), std::string::npos);
    EXPECT_NE(error(R"({"op":"quantize","bitz":4,"values":[1]})").find("unknown parameter 'bitz'"), std::string::npos);
    EXPECT_NE(error(R"({"op":"encode","bits":4})").find("unknown parameter 'bits' for encode; it takes format"),
              std::string::npos);
    EXPECT_NE(error(R"({"op":"quantize","method":"gptq","values":[1,2]})").find("activations"), std::string::npos);
    EXPECT_NE(error(R"({"op":"quantize","values":"1,two"})").find("'two'"), std::string::npos);
    EXPECT_NE(error(R"({"op":"quantize","values":"1,nan"})").find("must be finite"), std::string::npos);
    EXPECT_NE(error(R"({"op":"quantize","values":"1e39"})").find("must be finite"), std::string::npos);
    EXPECT_NE(error(R"({"op":"quantize","values":[1],"synthetic":"2x2"})").find("more than once"), std::string::npos);
    EXPECT_NE(error(R"({"op":"quantize"})").find("missing"), std::string::npos);
    for (const char* shape : {"0x4", "4", "4x", "x4", "-1x4", "4x4x4", "999999999x999999999", "1e3x2"})
        EXPECT_NE(error(Json{{"op", "quantize"}, {"synthetic", shape}}.dump()).find("ROWSxCOLUMNS"), std::string::npos)
            << shape;
}

TEST_F(Door, ASyntheticLayerIsRefusedBeforeItsInputsTakeMemory) {
    const auto message = [this](const char* shape, int tokens) {
        return error(Json{{"op", "quantize"}, {"synthetic", shape}, {"synthetic_tokens", tokens}}.dump());
    };
    EXPECT_EQ(message("1x1048576", 129),
              "synthetic_tokens is 129, must be at most 128 for a layer of 1x1048576: inputs and outputs have at most "
              "134217728 values");
    EXPECT_NE(message("67108864x1", 3).find("at most 2 for"), std::string::npos) << "outputs count as well";
    EXPECT_NE(message("1x134217728", 65536).find("at most 1 for"), std::string::npos);
    EXPECT_EQ(message("1x2048", 65536), "");
}

TEST_F(Door, NamesOfArraysThatThereAreNotAreErrors) {
    EXPECT_EQ(error(R"({"op":"quantize","values":[1,2],"return":"codes,code"})"),
              "return is 'code', must be one or more of all, dequantized, weights, errors, row_mse, codes, scales, "
              "zero_points, column_groups, column_scales, outlier_columns, activations, output, exact_output");
    EXPECT_NE(error(R"({"op":"quantize","values":[1,2],"return":"codes,,scales"})").find("return is ''"),
              std::string::npos);
    EXPECT_EQ(error(R"({"op":"quantize","values":[1,2],"return":["codes","output"]})"), "")
        << "known, though without activations there is none";
    EXPECT_EQ(response_.arrays.size(), 1u);
    const std::vector<Array> cache{{"keys", {4, 2}, std::vector<float>(8, 1)},
                                   {"values", {4, 2}, std::vector<float>(8, 1)},
                                   {"queries", {1, 2}, std::vector<float>(2, 1)}};
    EXPECT_EQ(error(R"({"op":"kv","return":"everything"})", cache),
              "return is 'everything', must be one or more of all, keys, values, attention");
    EXPECT_EQ(error(R"({"op":"kv","return":"all"})", cache), "");
    EXPECT_EQ(response_.arrays.size(), 3u);
    EXPECT_EQ(error(R"({"op":"kv","return":"attention"})", cache), "");
    ASSERT_EQ(response_.arrays.size(), 1u);
    EXPECT_EQ(array("attention")->shape, (std::vector<std::size_t>{1, 2}));
}

TEST_F(Door, TextThatIsNoRequestIsAnError) {
    for (const char* text :
         {"", "{", "[]", "3", "null", "{\"op\":3}", "{\"op\":[{}]}", "{}", "\xff", "{\"op\":\"schema\"} x"})
        EXPECT_NE(error(text), "") << text;
    EXPECT_NE(error(std::string(100000, '[')).find("nesting"), std::string::npos);
    EXPECT_NE(error("{\"op\":nul}").find("byte 10"), std::string::npos);
}

TEST_F(Door, ArraysAreChecked) {
    const std::string request = R"({"op":"quantize"})";
    const float nan = std::numeric_limits<float>::quiet_NaN();
    EXPECT_NE(error(request, {{"weights", {2, 3}, std::vector<float>(5)}}).find("its shape says 6"), std::string::npos);
    EXPECT_NE(error(request, {{"weights", {0, 3}, std::vector<float>{}}}).find("empty"), std::string::npos);
    EXPECT_NE(error(request, {{"weights", {1, 2, 1}, std::vector<float>(2)}}).find("1 or 2"), std::string::npos);
    EXPECT_NE(error(request, {{"weights", {1, 2}, std::vector<std::int8_t>(2)}}).find("float32"), std::string::npos);
    EXPECT_NE(error(request, {{"weights", {2, 2}, std::vector<float>{1, 2, nan, 4}}}).find("row 1, column 0"),
              std::string::npos);
    EXPECT_NE(error(request, {{"weights", {SIZE_MAX, 3}, std::vector<float>{1}}}).find("overflows"), std::string::npos);
    EXPECT_NE(error(request, {{"weights", {2, 2}, std::vector<float>{1, 2, 3, 4}},
                              {"activations", {1, 3}, std::vector<float>{1, 2, 3}}}),
              "");
}

TEST_F(Door, UnusualLayersHaveARightAnswer) {
    const struct {
        std::size_t rows, columns;
        std::vector<float> values;
    } layers[] = {{1, 1, {3}},          {3, 1, {1, -2, 3}},      {1, 3, {0, 0, 0}},
                  {1, 3, {5, 5, 5}},    {1, 2, {1e38f, -1e38f}}, {1, 2, {1e-40f, -1e-42f}},
                  {2, 2, {0, 0, 1, 2}}, {1, 2, {-3, -3}}};
    for (const auto& layer : layers)
        for (const char* scheme : {"symmetric", "asymmetric"})
            for (int bits = 1; bits <= 8; ++bits) {
                const Json request{{"op", "quantize"}, {"bits", bits}, {"scheme", scheme}, {"return", "dequantized"}};
                const Json body = ask(request.dump(), {{"weights", {layer.rows, layer.columns}, layer.values}});
                ASSERT_FALSE(body.contains("error")) << request << layer.values[0] << body;
                for (const float v : floats("dequantized")) EXPECT_TRUE(std::isfinite(v)) << request << layer.values[0];
            }
}

TEST_F(Door, ARangeTooWideForFloat32IsAnErrorAndNotInfinity) {
    const std::string message = error(R"({"op":"quantize","bits":1,"scheme":"asymmetric"})",
                                      {{"weights", {1, 2}, std::vector<float>{3.4e38f, -3.4e38f}}});
    EXPECT_NE(message.find("too wide"), std::string::npos) << message;
}

TEST_F(Door, StatisticsDescribeALayer) {
    const Json body = ask(R"({"op":"statistics","values":[1,-3,2,0],"bins":5})");
    EXPECT_EQ(body["minimum"], -3);
    EXPECT_EQ(body["histogram"]["counts"], (std::vector<int>{1, 0, 0, 1, 2}));
    EXPECT_NE(error(R"({"op":"statistics","values":[1],"of":"activations"})"), "");
}

TEST_F(Door, EncodesAndDecodes) {
    ask(R"({"op":"encode","format":"q8_0"})", {{"input", {32}, std::vector<float>(32, 1.0f)}});
    const auto blocks = std::get<std::vector<std::uint8_t>>(array("blocks")->values);
    ASSERT_EQ(blocks.size(), 34u);
    ask(R"({"op":"decode","format":"q8_0"})", {{"blocks", {34}, blocks}});
    for (const float v : floats("output")) EXPECT_NEAR(v, 1, 1e-3);
    EXPECT_NE(error(R"({"op":"encode","format":"q8_0"})", {{"input", {31}, std::vector<float>(31)}}).find("32"),
              std::string::npos);
}

TEST_F(Door, HadamardTwiceIsTheInput) {
    std::vector<float> x(16);
    x[3] = 2;
    ask(R"({"op":"hadamard"})", {{"input", {2, 8}, x}});
    const auto once = floats("output");
    EXPECT_FLOAT_EQ(std::abs(once[0]), 2 / std::sqrt(8.0f));
    ask(R"({"op":"hadamard"})", {{"input", {2, 8}, once}});
    const auto twice = floats("output");
    for (std::size_t i = 0; i < x.size(); ++i) EXPECT_NEAR(twice[i], x[i], 1e-6);
}

TEST_F(Door, KvAnswersWithItsReceipt) {
    std::vector<float> values(8 * 4);
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = float(i % 5) - 2;
    const std::vector<float> query(4, 1);
    const Json kv = ask(R"({"op":"kv","bits":4,"group_size":4,"residual":0})",
                        {{"keys", {8, 4}, values}, {"values", {8, 4}, values}, {"queries", {1, 4}, query}});
    EXPECT_EQ(kv["receipt"].back()["value"], kv["bits_per_value"]);
    EXPECT_EQ(kv["bits_per_value"], 4 + 32.0 / 4);
    EXPECT_EQ(kv["bytes"], 2 * 8 * 4 * 12 / 8);
}

TEST_F(Door, MemoryAndSpeedAnswerWithReceipts) {
    const Json memory = ask(R"({"op":"memory","model":"llama-2-7b","weights":"q4_0","fit":25769803776})");
    EXPECT_EQ(memory["kv_cache"]["total"].get<double>(), 2147483648.0);
    EXPECT_EQ(memory["weights"]["total"].get<double>(), 6738415616.0 * 4.5 / 8);
    EXPECT_TRUE(memory["fit"]["fits"].get<bool>());
    EXPECT_EQ(memory["receipts"]["kv_cache"].back()["value"], memory["kv_cache"]["total"]);
    const Json speed = ask(R"({"op":"speed","model":"llama-2-7b","device":"apple-m2"})");
    EXPECT_TRUE(speed["prefill_seconds"].is_null());
    EXPECT_TRUE(speed.contains("prefill_unknown_because"));
    EXPECT_NE(error(R"({"op":"memory","model":"llama-9"})").find("llama-2-7b"), std::string::npos);
    EXPECT_EQ(ask(R"({"op":"memory","config":{"model_type":"gpt2","n_embd":768,"n_head":12,"n_layer":12,
        "n_positions":1024,"vocab_size":50257}})")["parameters"]
                  .get<double>(),
              124439808.0);
}

TEST_F(Door, TheSameSeedGivesTheSameBitsAtAnyThreadCount) {
    ThreadPool one(1);
    Session single(one, [] { return 0.0; });
    for (const char* method : {"rtn", "gptq", "awq", "codebook", "quarot"}) {
        const Json request{{"op", "quantize"},       {"method", method},        {"synthetic", "24x128"},
                           {"synthetic_tokens", 96}, {"return", "dequantized"}, {"seed", 7}};
        ask(request.dump());
        const auto two_threads = floats("dequantized");
        const auto other = single.answer_text(request.dump());
        ASSERT_FALSE(two_threads.empty()) << method << response_.body;
        EXPECT_EQ(two_threads, std::get<std::vector<float>>(other.arrays.at(0).values)) << method;
    }
}

TEST_F(Door, ACallerCanCancel) {
    const auto response = session_.answer_text(R"({"op":"quantize","method":"gptq","synthetic":"64x512"})", {},
                                               [](double) { return false; });
    ASSERT_TRUE(response.body.contains("error"));
    EXPECT_EQ(response.body["error"]["code"], "cancelled");
}

}  // namespace
}  // namespace quantlens::request
