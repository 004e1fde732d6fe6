#include "model/config.h"

#include <cmath>

#include <gtest/gtest.h>

#include "model/arithmetic.h"
#include "model/weights.h"

namespace quantlens::model {
namespace {

TEST(Config, SurvivesItsJson) {
    Config config;
    config.width = 96;
    config.heads = 6;
    config.head_width = 16;
    config.rope_theta = 500000;
    config.tied_embeddings = false;
    const auto read = config_from_json(config_to_json(config));
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(*read, config);
}

TEST(Config, TheReferenceShapeHas2296064Weights) {
    // 256 x 256 embedding; a layer: 256 x (256 + 64 + 64 + 256) attention, 3 x 256 x 512 feed-forward, 2 x 256 norms;
    // 256.
    EXPECT_EQ(Weights(Config{}).values().size(), 65536u + 4 * (163840u + 393216u + 512u) + 256u);
}

TEST(Config, FillsInWhatHuggingFaceLeavesOut) {
    const auto read = config_from_json(R"({"vocab_size": 100, "hidden_size": 64, "num_hidden_layers": 2,
        "num_attention_heads": 4, "intermediate_size": 128, "max_position_embeddings": 64})");
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(read->kv_heads, 4u);
    EXPECT_EQ(read->head_width, 16u);
    EXPECT_FALSE(read->tied_embeddings);
}

TEST(Config, ReadsTheRotaryBaseWhereverItStands) {
    for (const char* rope :
         {R"("rope_theta": 500000)", R"("rope_parameters": {"rope_type": "default", "rope_theta": 5e5})"}) {
        const auto read = config_from_json(R"({"vocab_size": 100, "hidden_size": 64, "num_hidden_layers": 2,
            "num_attention_heads": 4, "intermediate_size": 128, "max_position_embeddings": 64, )" +
                                           std::string{rope} + "}");
        ASSERT_TRUE(read) << read.error().message;
        EXPECT_EQ(read->rope_theta, 500000);
    }
}

TEST(Config, NamesWhatItCannotRun) {
    const auto message = [](std::string extra) {
        const auto read = config_from_json(R"({"vocab_size": 100, "hidden_size": 64, "num_hidden_layers": 2,
            "num_attention_heads": 4, "intermediate_size": 128, "max_position_embeddings": 64, )" +
                                           extra + "}");
        return read ? std::string{"read"} : read.error().field;
    };
    EXPECT_EQ(message(R"("attention_bias": true)"), "attention_bias");
    EXPECT_EQ(message(R"("rope_scaling": {"rope_type": "llama3", "factor": 8})"), "rope_scaling");
    EXPECT_EQ(message(R"("rope_scaling": {"rope_type": 5})"), "rope_scaling");
    EXPECT_EQ(message(R"("rope_scaling": {"type": null})"), "rope_scaling");
    EXPECT_EQ(message(R"("rope_scaling": 8)"), "rope_scaling");
    EXPECT_EQ(message(R"("rope_scaling": {"type": "default"})"), "read");
    EXPECT_EQ(message(R"("rope_parameters": {"rope_type": "yarn", "rope_theta": 5e5})"), "rope_parameters");
    EXPECT_EQ(message(R"("rope_parameters": {"rope_type": "default", "rope_theta": "5"})"), "rope_theta");
    EXPECT_EQ(message(R"("num_key_value_heads": 4294967300)"), "num_key_value_heads");
    EXPECT_EQ(message(R"("hidden_act": "gelu")"), "hidden_act");
    EXPECT_EQ(message(R"("model_type": "gpt2")"), "model_type");
    EXPECT_EQ(message(R"("num_key_value_heads": 3)"), "num_key_value_heads");
    EXPECT_EQ(message(R"("num_key_value_heads": -1)"), "num_key_value_heads");
    EXPECT_EQ(message(R"("rms_norm_eps": "small")"), "rms_norm_eps");
    EXPECT_EQ(message(R"("rope_scaling": null, "attention_bias": false)"), "read");
    EXPECT_FALSE(config_from_json("[1, 2]"));
    EXPECT_FALSE(config_from_json("{"));
    const auto negative = config_from_json(R"({"vocab_size": -5, "hidden_size": 64})");
    ASSERT_FALSE(negative);
    EXPECT_EQ(negative.error().code, ErrorCode::kBadFile);  // of a file, not of a command line
    EXPECT_NE(negative.error().message.find("config.json: vocab_size is -5"), std::string::npos)
        << negative.error().message;
}

TEST(Exponential, IsWithin3e7OfTheStandardLibrary) {
    double worst = 0;
    for (double x = -86; x < 87; x += 0.00137) {
        const double wanted = std::exp(double(float(x)));
        worst = std::max(worst, std::abs(double(exponential(float(x))) - wanted) / wanted);
    }
    EXPECT_LT(worst, 3e-7);
    EXPECT_LT(exponential(-1e30f), 1e-37f);
    EXPECT_LT(exponential(-INFINITY), 1e-37f);
    EXPECT_TRUE(std::isfinite(exponential(1e30f)));
    EXPECT_EQ(exponential(0.0f), 1.0f);
}

TEST(Glob, MatchesAsAShellDoes) {
    EXPECT_TRUE(glob_matches("model.layers.*", "model.layers.0.mlp.up_proj.weight"));
    EXPECT_TRUE(glob_matches("*.mlp.*", "model.layers.0.mlp.up_proj.weight"));
    EXPECT_TRUE(glob_matches("*layers.?.self_attn.[q_proj].weight", "model.layers.0.self_attn.[q_proj].weight"));
    EXPECT_TRUE(glob_matches("*", ""));
    EXPECT_FALSE(glob_matches("*.up_proj", "model.layers.0.mlp.up_proj.weight"));
    EXPECT_FALSE(glob_matches("", "a"));
}

}  // namespace
}  // namespace quantlens::model
