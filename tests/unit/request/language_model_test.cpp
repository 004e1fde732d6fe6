#include <gtest/gtest.h>

#include "model/model_file.h"
#include "support.h"
#include "unit/model/small_model.h"

// A session keeps what it has computed on the language model; what it keeps must not show in an answer.

namespace quantlens::request {
namespace {

std::vector<Array> arrays(std::uint64_t text_seed) {
    const auto bytes = [](std::string name, const auto& from) {
        return Array{std::move(name), {from.size()}, std::vector<std::uint8_t>(from.begin(), from.end())};
    };
    return {bytes("model", *model::safetensors_of(*model::test_support::small_weights(), "f32")),
            bytes("text", model::test_support::random_tokens(96)),
            bytes("calibration", model::test_support::random_tokens(96, text_seed))};
}

using LanguageModel = Asking;

TEST_F(LanguageModel, AnswersAsANewSessionDoesWhateverWasAskedBefore) {
    const std::string gptq = R"({"op": "eval", "method": "gptq", "group_size": 16, "bits": )";
    const struct {
        std::string request;
        std::uint64_t text_seed;
    } kAsked[] = {{gptq + "4}", 5},
                  {gptq + "3}", 5},                              // sees the same inputs
                  {gptq + "3, \"plant_outliers\": 20}", 5},      // those of another original
                  {gptq + "2, \"calibration_tokens\": 32}", 5},  // fewer of them
                  {gptq + "2}", 6},                              // another text
                  {R"({"op": "eval", "method": "awq", "group_size": 16, "bits": 3})", 5}};
    for (const auto& [request, text_seed] : kAsked) {
        const Json answer = ask(request, arrays(text_seed));
        Session fresh(pool_, [] { return 0.0; });
        EXPECT_EQ(answer, fresh.answer_text(request, arrays(text_seed)).body) << request;
        EXPECT_TRUE(answer["done"].get<bool>());
    }
}

TEST_F(LanguageModel, AnotherConfigIsAnotherModel) {
    const auto asked = [](double theta) {
        auto config = model::test_support::small_config();
        config.rope_theta = theta;
        const std::string text = model::config_to_json(config);
        auto with = arrays(5);
        with.push_back({"config", {text.size()}, std::vector<std::uint8_t>(text.begin(), text.end())});
        return with;
    };
    const Json first = ask(R"({"op": "eval"})", asked(10000)), other = ask(R"({"op": "eval"})", asked(50));
    EXPECT_NE(first["bits_per_byte"], other["bits_per_byte"]);
    EXPECT_EQ(first, ask(R"({"op": "eval"})", asked(10000)));

    auto wrong = arrays(5);
    wrong.push_back({"config", {1}, std::vector<float>{1}});
    EXPECT_NE(error(R"({"op": "eval"})", std::move(wrong)).find("'config' must be bytes"), std::string::npos);
}

TEST_F(LanguageModel, WritesAsMuchWithoutAPrompt) {
    for (const char* prompt : {"", "a"}) {
        const Json answer =
            ask(R"({"op": "generate", "tokens": 5, "prompt": ")" + std::string{prompt} + "\"}", arrays(5));
        EXPECT_EQ(answer["tokens"], 5);
        EXPECT_EQ(answer["new_probabilities"].size(), 5u);
        EXPECT_TRUE(answer["done"].get<bool>());
        EXPECT_EQ(values<std::uint8_t>("text").size(), 5u);
    }
}

TEST_F(LanguageModel, ALayerBringsItsOwnActivations) {
    auto with = arrays(5);
    with.push_back({"activations", {1, 32}, std::vector<float>(32, 1.0f)});
    EXPECT_NE(error(R"({"op": "quantize", "layer": "model.layers.0.self_attn.q_proj.weight"})", std::move(with))
                  .find("given together with layer"),
              std::string::npos);
}

}  // namespace
}  // namespace quantlens::request
