#include "model/model_file.h"

#include <cmath>
#include <new>
#include <utility>

#include <gtest/gtest.h>

#include "files/gguf.h"
#include "files/safetensors.h"
#include "small_model.h"

namespace quantlens::model {
namespace {

using namespace test_support;

TEST(ModelFile, SafetensorsComeBack) {
    const auto weights = random_weights(small_config());
    const auto exact = safetensors_of(weights, "f32");
    ASSERT_TRUE(exact) << exact.error().message;
    const auto read = weights_from_safetensors(*exact);
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(read->config(), weights.config());
    EXPECT_TRUE(std::ranges::equal(read->values(), weights.values()));

    const auto half = safetensors_of(weights, "f16");
    ASSERT_TRUE(half);
    const auto rounded = weights_from_safetensors(*half);
    ASSERT_TRUE(rounded);
    for (std::size_t i = 0; i < weights.values().size(); ++i)
        ASSERT_NEAR(rounded->values()[i], weights.values()[i], 0.0005f * std::abs(weights.values()[i]) + 1e-7f);
    EXPECT_FALSE(safetensors_of(weights, "q4_0"));
}

TEST(ModelFile, ReadsOtherPeoplesFiles) {
    // Names without "model.", a config.json beside it, a head stored although it is tied, an old rotary buffer.
    const auto weights = random_weights(small_config());
    const auto* f32 = files::find_by_id("f32");
    std::vector<files::TensorToWrite> tensors;
    const auto bytes_of = [](std::span<const float> values) {
        return std::span(reinterpret_cast<const std::uint8_t*>(values.data()), values.size_bytes());
    };
    for (std::size_t i = 0; i < weights.specs().size(); ++i) {
        const auto& spec = weights.specs()[i];
        std::vector<std::uint64_t> shape{spec.rows, spec.columns};
        if (spec.is_norm) shape.erase(shape.begin());
        tensors.push_back({spec.name.substr(6), f32, shape, bytes_of(weights.tensor(i).values())});
    }
    tensors.push_back({"lm_head.weight", f32, {256, 32}, bytes_of(weights.tensor(0).values())});
    const std::vector<float> frequencies(4, 1.0f);
    tensors.push_back({"layers.0.self_attn.rotary_emb.inv_freq", f32, {4}, bytes_of(frequencies)});
    const auto file = files::build_safetensors(tensors, {});
    ASSERT_TRUE(file) << file.error().message;
    const std::string config = config_to_json(weights.config());
    const auto read = weights_from_safetensors(*file, config);
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_TRUE(std::ranges::equal(read->values(), weights.values()));
    EXPECT_EQ(weights_from_safetensors(*file).error().field, "config.json");

    // A config that asks for petabytes is held against the file first; where std::size_t cannot count them, it is
    // refused as an allocation is.
    const auto huge = [&] {
        return weights_from_safetensors(*file,
                                        R"({"vocab_size": 1048576, "hidden_size": 65536, "num_hidden_layers": 1024,
                "num_attention_heads": 512, "intermediate_size": 262144, "max_position_embeddings": 64})");
    };
    if constexpr (sizeof(std::size_t) > 4)
        EXPECT_EQ(huge().error().field, "model.embed_tokens.weight");
    else
        EXPECT_THROW(static_cast<void>(huge()), std::bad_alloc);
    const auto own_type = std::exchange(tensors[1].type, files::find_by_id("i32"));
    EXPECT_EQ(weights_from_safetensors(*files::build_safetensors(tensors, {}), config).error().code,
              ErrorCode::kUnsupported);
    tensors[1].type = own_type;

    tensors.push_back({"layers.0.self_attn.q_proj.bias", f32, {4}, bytes_of(frequencies)});
    EXPECT_EQ(weights_from_safetensors(*files::build_safetensors(tensors, {}), config).error().code,
              ErrorCode::kUnsupported);
    tensors.erase(tensors.begin() + 3);
    EXPECT_EQ(weights_from_safetensors(*files::build_safetensors(tensors, {}), config).error().field,
              "model.layers.0.self_attn.k_proj.weight");
}

TEST(ModelFile, ACutFileIsAnErrorAtEveryLength) {
    Config tiny = small_config();
    tiny.width = 8;
    tiny.layers = 1;
    tiny.feed_forward = 8;
    tiny.vocabulary = 4;
    const auto file = *safetensors_of(random_weights(tiny), "f16");
    for (std::size_t length = 0; length < file.size(); length += 7)
        EXPECT_FALSE(weights_from_safetensors(std::span(file).first(length))) << length;
}

TEST(ModelFile, ACheckpointGoesOnWithTheSameBits) {
    ThreadPool pool(1);
    TrainingParameters parameters;
    parameters.steps = 4;
    parameters.batch = 2;
    parameters.sequence = 32;
    parameters.averaging = 0.5;
    const auto start = initial_weights(small_config(), 0);
    auto straight = Trainer::create(start, easy_text(100), parameters, 3);
    for (int i = 0; i < 2; ++i) ASSERT_TRUE(straight->step(pool));
    const auto file = checkpoint_of(*straight, 3);
    ASSERT_TRUE(file) << file.error().message;
    for (int i = 0; i < 2; ++i) ASSERT_TRUE(straight->step(pool));

    auto checkpoint = checkpoint_from(*file);
    ASSERT_TRUE(checkpoint) << checkpoint.error().message;
    EXPECT_EQ(checkpoint->seed, 3u);
    EXPECT_EQ(checkpoint->parameters.sequence, 32);
    EXPECT_EQ(checkpoint->parameters.averaging, 0.5);
    auto resumed = Trainer::create(start, easy_text(100), checkpoint->parameters, checkpoint->seed);
    ASSERT_TRUE(resumed->restore(std::move(checkpoint->state), pool));
    while (!resumed->done()) ASSERT_TRUE(resumed->step(pool));
    EXPECT_TRUE(std::ranges::equal(straight->weights().values(), resumed->weights().values()));
    EXPECT_TRUE(weights_from_safetensors(*file));  // it is a model as well
    EXPECT_FALSE(checkpoint_from(*safetensors_of(start, "f32")));
}

TEST(Gguf, HasLlamaCppsNamesShapesAndRowOrder) {
    const auto weights = random_weights(small_config());
    const auto file = gguf_of(weights, "f32", "small");
    ASSERT_TRUE(file) << file.error().message;
    const auto directory = files::parse_whole(*file);
    ASSERT_TRUE(directory) << directory.error().message;
    EXPECT_EQ(directory->tensors.size(), 2u + 2 * 9);
    EXPECT_EQ(std::get<std::string>(*directory->find("general.architecture")), "llama");
    EXPECT_EQ(std::get<std::uint32_t>(*directory->find("llama.attention.head_count_kv")), 2u);
    const auto& tokens = std::get<std::vector<std::string>>(
        std::get<files::MetadataArray>(*directory->find("tokenizer.ggml.tokens")).values);
    ASSERT_EQ(tokens.size(), 256u);
    EXPECT_EQ(tokens['a'], "a");
    EXPECT_EQ(tokens[' '], "\u0120");
    EXPECT_EQ(tokens['\n'], "\u010a");
    EXPECT_EQ(tokens[0], "\u0100");
    EXPECT_EQ(tokens[255], "\u00ff");

    const auto info = directory->tensor("blk.1.attn_q.weight");
    ASSERT_TRUE(info) << info.error().message;
    const auto values = files::decode_tensor(
        **info, std::span(*file).subspan(std::size_t((*info)->offset), std::size_t((*info)->bytes)));
    ASSERT_TRUE(values);
    // Heads of 8: rows 0 1 2 3 4 5 6 7 of a head hold the halves' rows 0 4 1 5 2 6 3 7.
    const auto original = weights.tensor(1, Part::kQuery);
    constexpr std::size_t kOrder[] = {0, 4, 1, 5, 2, 6, 3, 7};
    for (std::size_t r = 0; r < original.rows(); ++r)
        for (std::size_t c = 0; c < 32; ++c)
            ASSERT_EQ((*values)[r * 32 + c], original(r / 8 * 8 + kOrder[r % 8], c)) << r;
}

TEST(Gguf, StoresRowsThatFitNoBlockInF16) {
    const auto weights = random_weights(small_config());
    for (const char* format : {"f16", "q8_0", "q4_0", "q4_K", "q6_K"}) {
        const auto file = gguf_of(weights, format, "small");
        ASSERT_TRUE(file) << format << ": " << file.error().message;
        const auto directory = files::parse_whole(*file);
        ASSERT_TRUE(directory);
        const bool fits = std::string_view{format} == "q8_0" || std::string_view{format} == "q4_0";
        EXPECT_EQ((*directory->tensor("blk.0.ffn_up.weight"))->type->id, fits ? format : "f16") << format;
        EXPECT_EQ((*directory->tensor("blk.0.ffn_norm.weight"))->type->id, "f32");
    }
    EXPECT_FALSE(gguf_of(weights, "nf4", "small"));
    Config words = small_config();
    words.vocabulary = 100;
    EXPECT_EQ(gguf_of(random_weights(words), "f16", "words").error().field, "vocab_size");
}

}  // namespace
}  // namespace quantlens::model
