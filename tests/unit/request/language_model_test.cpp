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

}  // namespace
}  // namespace quantlens::request
