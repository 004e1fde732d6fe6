#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "planner/counts.h"
#include "planner/memory.h"

namespace quantlens::planner {
namespace {

struct Case {
    const char* name;
    const char* config;
    double parameters;  // as published for the model
};

// The fields that matter of real config.json files; counts are the models' own (data/models.json or their papers).
const Case kCases[] = {
    {"Llama 3.1 8B", R"({"model_type":"llama","hidden_size":4096,"intermediate_size":14336,"num_attention_heads":32,
        "num_hidden_layers":32,"num_key_value_heads":8,"vocab_size":128256,"tie_word_embeddings":false,
        "max_position_embeddings":131072,"attention_bias":false})",
     8030261248},
    {"Mistral 7B", R"({"model_type":"mistral","hidden_size":4096,"intermediate_size":14336,"num_attention_heads":32,
        "num_hidden_layers":32,"num_key_value_heads":8,"sliding_window":4096,"vocab_size":32000})",
     7241732096},
    {"Mixtral 8x7B", R"({"model_type":"mixtral","hidden_size":4096,"intermediate_size":14336,"num_attention_heads":32,
        "num_hidden_layers":32,"num_key_value_heads":8,"num_local_experts":8,"num_experts_per_tok":2,
        "sliding_window":null,"vocab_size":32000})",
     46702792704},
    {"Qwen2.5 7B", R"({"model_type":"qwen2","hidden_size":3584,"intermediate_size":18944,"num_attention_heads":28,
        "num_hidden_layers":28,"num_key_value_heads":4,"sliding_window":131072,"use_sliding_window":false,
        "max_window_layers":28,"vocab_size":152064,"tie_word_embeddings":false})",
     7615616512},
    {"Qwen1.5-MoE-A2.7B", R"({"model_type":"qwen2_moe","hidden_size":2048,"intermediate_size":5632,
        "moe_intermediate_size":1408,"shared_expert_intermediate_size":5632,"num_experts":60,"num_experts_per_tok":4,
        "decoder_sparse_step":1,"num_attention_heads":16,"num_key_value_heads":16,"num_hidden_layers":24,
        "vocab_size":151936,"tie_word_embeddings":false})",
     14315784192},
    {"Qwen3 8B", R"({"model_type":"qwen3","hidden_size":4096,"intermediate_size":12288,"num_attention_heads":32,
        "num_hidden_layers":36,"num_key_value_heads":8,"head_dim":128,"vocab_size":151936,"use_sliding_window":false,
        "tie_word_embeddings":false})",
     8190735360},
    {"Qwen3 30B-A3B", R"({"model_type":"qwen3_moe","hidden_size":2048,"intermediate_size":6144,
        "moe_intermediate_size":768,"num_experts":128,"num_experts_per_tok":8,"mlp_only_layers":[],
        "decoder_sparse_step":1,"num_attention_heads":32,"num_key_value_heads":4,"head_dim":128,"num_hidden_layers":48,
        "vocab_size":151936,"tie_word_embeddings":false})",
     30532122624},
    {"Gemma 2 9B", R"({"model_type":"gemma2","hidden_size":3584,"intermediate_size":14336,"num_attention_heads":16,
        "num_hidden_layers":42,"num_key_value_heads":8,"head_dim":256,"sliding_window":4096,"vocab_size":256000})",
     9241705984},
    {"Gemma 3 27B text", R"({"model_type":"gemma3","text_config":{"model_type":"gemma3_text","hidden_size":5376,
        "intermediate_size":21504,"num_attention_heads":32,"num_hidden_layers":62,"num_key_value_heads":16,
        "head_dim":128,"sliding_window":1024}})",
     27009346304},
    {"Phi-3 mini", R"({"model_type":"phi3","hidden_size":3072,"intermediate_size":8192,"num_attention_heads":32,
        "num_hidden_layers":32,"num_key_value_heads":32,"sliding_window":2047,"vocab_size":32064,
        "tie_word_embeddings":false})",
     3821079552},
    {"GPT-2", R"({"model_type":"gpt2","n_embd":768,"n_head":12,"n_layer":12,"n_positions":1024,"vocab_size":50257})",
     124439808},
    {"OPT 125M", R"({"model_type":"opt","hidden_size":768,"ffn_dim":3072,"num_attention_heads":12,
        "num_hidden_layers":12,"max_position_embeddings":2048,"vocab_size":50272,"word_embed_proj_dim":768,
        "do_layer_norm_before":true})",
     125239296},
    {"OPT 350M", R"({"model_type":"opt","hidden_size":1024,"ffn_dim":4096,"num_attention_heads":16,
        "num_hidden_layers":24,"max_position_embeddings":2048,"vocab_size":50272,"word_embed_proj_dim":512,
        "do_layer_norm_before":false})",
     331196416},
    {"gpt-oss 20B", R"({"model_type":"gpt_oss","hidden_size":2880,"intermediate_size":2880,"head_dim":64,
        "num_attention_heads":64,"num_key_value_heads":8,"num_hidden_layers":24,"num_local_experts":32,
        "num_experts_per_tok":4,"attention_bias":true,"sliding_window":128,"vocab_size":201088,
        "tie_word_embeddings":false})",
     20914757184},
    {"DeepSeek V2 Lite", R"({"model_type":"deepseek_v2","hidden_size":2048,"intermediate_size":10944,
        "moe_intermediate_size":1408,"n_routed_experts":64,"n_shared_experts":2,"num_experts_per_tok":6,
        "first_k_dense_replace":1,"kv_lora_rank":512,"q_lora_rank":null,"qk_nope_head_dim":128,"qk_rope_head_dim":64,
        "v_head_dim":128,"num_attention_heads":16,"num_key_value_heads":16,"num_hidden_layers":27,
        "vocab_size":102400,"tie_word_embeddings":false})",
     15706484224},
    {"DeepSeek V3", R"({"model_type":"deepseek_v3","hidden_size":7168,"intermediate_size":18432,
        "moe_intermediate_size":2048,"n_routed_experts":256,"n_shared_experts":1,"num_experts_per_tok":8,
        "first_k_dense_replace":3,"kv_lora_rank":512,"q_lora_rank":1536,"qk_nope_head_dim":128,"qk_rope_head_dim":64,
        "v_head_dim":128,"num_attention_heads":128,"num_key_value_heads":128,"num_hidden_layers":61,
        "topk_method":"noaux_tc","vocab_size":129280,"tie_word_embeddings":false})",
     671026419200},
};

TEST(Config, CountsTheParametersOfEachFamily) {
    for (const auto& c : kCases) {
        const auto model = model_from_config(c.config);
        ASSERT_TRUE(model) << c.name << ": " << model.error().message;
        EXPECT_EQ(count_parameters(*model).total(), c.parameters) << c.name;
    }
}

TEST(Config, ReadsSlidingWindows) {
    const auto gemma = model_from_config(kCases[8].config);
    ASSERT_TRUE(gemma->window);
    EXPECT_EQ(gemma->window->window, 1024u);
    EXPECT_EQ(gemma->window->layers, 52u);
    EXPECT_FALSE(model_from_config(kCases[3].config)->window) << "use_sliding_window is false";
    EXPECT_EQ(model_from_config(kCases[13].config)->window->layers, 12u);
}

TEST(Config, AnUnknownArchitectureListsTheFieldsItLacks) {
    const auto result = model_from_config(R"({"model_type":"mamba","hidden_size":2560,"vocab_size":50280})");
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().message,
              "config.json of model_type 'mamba' lacks num_hidden_layers, num_attention_heads, intermediate_size");
}

TEST(Config, SizesThatDoNotFitTogetherAreErrors) {
    const auto read = [](const std::string& extra) {
        return model_from_config(R"({"model_type":"gpt_oss","hidden_size":64,"intermediate_size":128,"vocab_size":100,
            "num_hidden_layers":2,)" +
                                 extra + "}");
    };
    const auto message = [&](const std::string& extra) {
        const auto model = read(extra);
        return model ? std::string{"read"} : model.error().message;
    };
    EXPECT_EQ(message(R"("num_attention_heads":4)"), "read");
    EXPECT_NE(message(R"("num_attention_heads":4,"num_key_value_heads":0)").find("num_key_value_heads is 0"),
              std::string::npos);
    EXPECT_NE(message(R"("num_attention_heads":400)").find("head_dim"), std::string::npos);
    EXPECT_NE(message(R"("num_attention_heads":4,"num_local_experts":8,"num_experts_per_tok":9)").find("8 experts"),
              std::string::npos);
    const auto windowed = read(R"("num_attention_heads":4,"sliding_window":16,"layer_types":["sliding_attention",
        "sliding_attention","sliding_attention"])");
    ASSERT_TRUE(windowed);
    EXPECT_EQ(windowed->window->layers, 2u) << "no more than there are";

    const auto vast = read(R"("num_attention_heads":4294967296,"head_dim":4294967296)");
    ASSERT_TRUE(vast);
    EXPECT_GE(plan_memory(*vast, Storage::all("f16"), {}).value().kv_total, 0x1p64) << "products beyond 64 bits";
}

TEST(Config, TheOutputMatrixIsAsWideAsTheEmbedding) {
    const auto opt = model_from_config(kCases[12].config);
    ASSERT_TRUE(opt);
    ASSERT_EQ(opt->embedding_width, 512u);
    const auto counts = count_parameters(*opt);
    // All but the positions, 2050 x 1024: the tied vocabulary's matrix is multiplied with once a token.
    EXPECT_EQ(counts.active, counts.total() - 2050.0 * 1024);
}

std::string moe_config(std::string_view settings) {
    return R"({"model_type":"qwen2_moe","hidden_size":64,"intermediate_size":96,"moe_intermediate_size":32,"vocab_size":100,
        "num_attention_heads":4,"num_hidden_layers":12,"num_experts":8,"num_experts_per_tok":2)" +
           std::string{settings} + "}";
}

TEST(Config, ALayerHasExpertsWhereTheStepAndTheListBothSaySo) {
    // transformers' rule, layer by layer: not listed, and (layer + 1) is a multiple of the step.
    const struct {
        std::size_t step;
        std::vector<std::size_t> listed;
        const char* text;
    } cases[] = {{1, {}, ""},
                 {1, {0, 5}, R"(,"mlp_only_layers":[0,5])"},
                 {2, {}, R"(,"decoder_sparse_step":2)"},
                 {2, {1, 4}, R"(,"decoder_sparse_step":2,"mlp_only_layers":[1,4])"},
                 {3, {2, 5, 3}, R"(,"decoder_sparse_step":3,"mlp_only_layers":[2,5,3])"},
                 {2, {3, 12}, R"(,"decoder_sparse_step":2,"mlp_only_layers":[3,3,12,99])"},
                 {13, {}, R"(,"decoder_sparse_step":13,"mlp_only_layers":[])"}};
    for (const auto& c : cases) {
        double with_experts = 0;
        for (std::size_t layer = 0; layer < 12; ++layer)
            with_experts += std::ranges::find(c.listed, layer) == c.listed.end() && (layer + 1) % c.step == 0;
        const auto model = model_from_config(moe_config(c.text));
        ASSERT_TRUE(model) << c.text << model.error().message;
        const double experts = 64 * 8 + 8 * 3 * 64 * 32, dense = 3 * 64 * 96;
        EXPECT_EQ(count_parameters(*model).of_part[2], with_experts * experts + (12 - with_experts) * dense) << c.text;
    }
    const auto wrong = model_from_config(moe_config(R"(,"mlp_only_layers":[0,"x"])"));
    ASSERT_FALSE(wrong);
    EXPECT_NE(wrong.error().message.find("mlp_only_layers is [0,\"x\"]"), std::string::npos) << wrong.error().message;
}

TEST(Config, HeadsShareTheWidthEvenlyUnlessTheirOwnIsGiven) {
    const auto message = [](const std::string& text) {
        const auto model = model_from_config(text);
        return model ? std::string{"read"} : model.error().message;
    };
    const std::string llama = R"({"hidden_size":64,"intermediate_size":128,"vocab_size":100,"num_hidden_layers":2,)";
    const std::string wrong = "config.json: num_attention_heads is 6, must divide hidden_size, 64";
    EXPECT_EQ(message(llama + R"("num_attention_heads":6})"), wrong + ", or head_dim must be given");
    EXPECT_EQ(message(llama + R"("num_attention_heads":6,"head_dim":16})"), "read");
    EXPECT_EQ(message(llama + R"("num_attention_heads":6,"model_type":"gemma2"})"), "read") << "256 wide by default";
    EXPECT_EQ(message(R"({"model_type":"opt","hidden_size":64,"ffn_dim":128,"vocab_size":100,"num_hidden_layers":2,
        "max_position_embeddings":32,"num_attention_heads":6})"),
              wrong);
    EXPECT_EQ(message(R"({"model_type":"gpt2","n_embd":64,"n_layer":2,"vocab_size":100,"n_positions":32,"n_head":6})"),
              "config.json: n_head is 6, must divide n_embd, 64");
}

TEST(Config, HostileTextIsAnErrorAndNoCrash) {
    for (const char* text : {"", "[]", "3", "{", "{\"hidden_size\": -1}", "{\"hidden_size\": 1e99}", "null",
                             "{\"model_type\": 5, \"num_hidden_layers\": 99999999999999999999}",
                             "{\"text_config\": {\"text_config\": {}}}"})
        EXPECT_FALSE(model_from_config(text)) << text;
    EXPECT_FALSE(model_from_config(std::string(100000, '[')));
    EXPECT_FALSE(model_from_config(std::string(2u << 20, ' ')));
    EXPECT_LT(model_from_config("{\"a\":\"" + std::string(100000, 'x')).error().message.size(), 250u);
}

}  // namespace
}  // namespace quantlens::planner
