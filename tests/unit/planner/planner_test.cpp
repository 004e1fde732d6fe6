#include <gtest/gtest.h>

#include <cmath>

#include "planner/counts.h"
#include "planner/memory.h"
#include "planner/speed.h"
#include "support/expression.h"

namespace quantlens::planner {
namespace {

const ModelShape& model(std::string_view id) { return **find_model(id); }

Memory memory_of(std::string_view id, const std::string& weights, std::uint64_t context, std::uint64_t batch = 1) {
    return *plan_memory(model(id), Storage::all(weights), {context, batch, 0});
}

TEST(Counts, ReproduceThePublishedParametersOfEveryModel) {
    ASSERT_GE(models().size(), 18u);
    for (const auto& m : models()) EXPECT_EQ(count_parameters(m).total(), double(m.published_parameters)) << m.id;
}

TEST(Counts, ActiveParametersOfMixturesCountTheChosenExperts) {
    // Published: 12.88 B of Mixtral with both vocabulary matrices (arXiv 2401.04088), ours leaves out the look-up.
    const auto& mixtral = model("mixtral-8x7b");
    EXPECT_EQ(count_parameters(mixtral).active, 12879925248.0 - 32000.0 * 4096);
    const auto& oss = model("gpt-oss-20b");
    EXPECT_EQ(count_parameters(oss).active, 3608307264.0);
    EXPECT_EQ(count_parameters(model("gpt-oss-120b")).active, 5132849472.0);
}

TEST(Receipts, EveryExpressionGivesItsValue) {
    for (const auto& m : models()) {
        EXPECT_EQ(test::first_wrong_row(count_parameters(m).receipt), "") << m.id;
        Storage storage = Storage::all("q4_K");
        storage.kv_key = "int4";
        storage.kv_value = "int2";
        storage.kv_residual = 100;
        const Load load{3000, 3, 1e9};
        const auto memory = plan_memory(m, storage, load);
        ASSERT_TRUE(memory) << m.id;
        EXPECT_EQ(test::first_wrong_row(memory->weights_receipt), "") << m.id;
        EXPECT_EQ(test::first_wrong_row(memory->kv_receipt), "") << m.id;
        EXPECT_EQ(test::first_wrong_row(memory->total_receipt), "") << m.id;
        const auto speed = plan_speed(m, storage, load, {1008, 165.2});
        ASSERT_TRUE(speed) << m.id;
        EXPECT_EQ(test::first_wrong_row(speed->decode_receipt), "") << m.id;
        EXPECT_EQ(test::first_wrong_row(speed->prefill_receipt), "") << m.id;
        EXPECT_EQ(speed->decode_receipt.back().value, speed->decode_tokens_per_second);
    }
}

TEST(Memory, MultiHeadCacheOfLlama2IsHalfAMebibyteAToken) {
    const auto memory = memory_of("llama-2-7b", "f16", 4096);
    EXPECT_EQ(memory.kv_per_token, 2.0 * 32 * 4096 * 2);
    EXPECT_EQ(memory.kv_total, 2147483648.0);  // 2 GiB, the old page's figure
    EXPECT_EQ(memory.weights_total, 2.0 * 6738415616);
}

TEST(Memory, Gpt3CacheMatchesTheGptqPaper) {
    // GPTQ (arXiv 2210.17323), section 5: about 9 GB for the full history of 2048 tokens.
    EXPECT_NEAR(memory_of("gpt-3-175b", "f16", 2048).kv_total, 9.66e9, 0.01e9);
}

TEST(Memory, TwoBitKiviMatchesTheBitsThatTheKvquantPaperCounts) {
    // KVQuant (arXiv 2401.18079), table 4: KIVI-2 with groups of 32 and 128 recent tokens takes 3.05 bits a value in
    // LLaMA-2-7B-32K.
    Storage storage = Storage::all("f16");
    storage.kv_key = storage.kv_value = "int2";
    storage.kv_group = 32;
    storage.kv_residual = 128;
    const double values = 2.0 * 32 * 4096 * 32768;
    EXPECT_NEAR(plan_memory(model("llama-2-7b"), storage, {32768, 1, 0})->kv_total * 8 / values, 3.05, 0.005);
}

TEST(Memory, ALayerOfLlama270BCachesLessThanOneOf7B) {
    // QuaRot (arXiv 2404.00456), section 5.2: 70B has grouped queries, 7B has not.
    EXPECT_EQ(memory_of("llama-2-70b", "f16", 2048).kv_per_token / 80 * 4,
              memory_of("llama-2-7b", "f16", 2048).kv_per_token / 32);
}

TEST(Memory, GroupedQueriesDivideTheCache) {
    EXPECT_EQ(memory_of("llama-3.1-8b", "f16", 1024).kv_total * 4, memory_of("llama-2-7b", "f16", 1024).kv_total);
}

TEST(Memory, LatentAttentionKeepsOneVectorAToken) {
    EXPECT_EQ(memory_of("deepseek-v3", "f16", 1000).kv_per_token, 61.0 * (512 + 64) * 2);
}

TEST(Memory, SlidingWindowsStopGrowing) {
    const auto& gemma = model("gemma-3-27b");
    const double token_layer = 2.0 * 16 * 128 * 2;
    EXPECT_EQ(memory_of("gemma-3-27b", "f16", 512).kv_per_token, double(gemma.layers) * token_layer);
    EXPECT_EQ(memory_of("gemma-3-27b", "f16", 8192).kv_per_token, 10 * token_layer);
    EXPECT_EQ(memory_of("gemma-3-27b", "f16", 8192).kv_total, (10 * 8192.0 + 52 * 1024.0) * token_layer);
    EXPECT_EQ(memory_of("mistral-7b-v0.1", "f16", 20000).kv_per_token, 0);
}

TEST(Memory, QuantizedCachesCountScalesAndTheResidual) {
    Storage storage = Storage::all("f16");
    storage.kv_key = storage.kv_value = "int4";
    const auto& llama = model("llama-2-7b");
    EXPECT_EQ(plan_memory(llama, storage, {4096, 1, 0})->kv_total, 2147483648.0 * 5 / 16);
    storage.kv_residual = 96;
    EXPECT_EQ(plan_memory(llama, storage, {4096, 1, 0})->kv_total, 262144.0 * (4000 * 5.0 / 8 + 96 * 2.0));
    storage.kv_group = 128;
    storage.kv_residual = 0;
    EXPECT_EQ(plan_memory(llama, storage, {4096, 1, 0})->kv_total, 2147483648.0 * 4.25 / 16);
}

TEST(Memory, FitIsTheLastThatFits) {
    const auto& llama = model("llama-3.1-8b");
    const Storage storage = Storage::all("q4_K");
    const double bytes = 8.0 * 1024 * 1024 * 1024;
    const auto fit = plan_fit(llama, storage, {4096, 2, 1e8}, bytes);
    ASSERT_TRUE(fit);
    EXPECT_LE(plan_memory(llama, storage, {fit->max_context, 2, 1e8})->total, bytes);
    EXPECT_GT(plan_memory(llama, storage, {fit->max_context + 1, 2, 1e8})->total, bytes);
    EXPECT_LE(plan_memory(llama, storage, {4096, fit->max_batch, 1e8})->total, bytes);
    EXPECT_GT(plan_memory(llama, storage, {4096, fit->max_batch + 1, 1e8})->total, bytes);
}

TEST(Memory, FitOfNothingIsZeroAndOfEverythingTheModelsOwnContext) {
    const auto none = plan_fit(model("llama-2-70b"), Storage::all("f16"), {4096, 1, 0}, 1e9);
    EXPECT_EQ(none->max_context, 0u);
    EXPECT_EQ(none->max_batch, 0u);
    EXPECT_EQ(plan_fit(model("mistral-7b-v0.1"), Storage::all("f16"), {4096, 1, 0}, 1e11)->max_context, 32768u);
}

TEST(Memory, SaysWhichFormatIsUnknown) {
    Storage storage = Storage::all("f16");
    storage.weights[std::size_t(Part::kNorms)] = "q4_Z";
    const auto result = plan_memory(model("llama-2-7b"), storage, {4096, 1, 0});
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().field, "weights_norms");
    EXPECT_NE(result.error().message.find("q4_Z"), std::string::npos);
}

TEST(Speed, DecodingIsBandwidthOverBytes) {
    const auto& llama = model("llama-2-7b");
    const auto speed = plan_speed(llama, Storage::all("f16"), {1, 1, 0}, {1008, 165.2});
    const double read = 2.0 * (6738415616.0 - 32000.0 * 4096) + 524288;
    EXPECT_NEAR(speed->decode_tokens_per_second, 1008e9 / read, 1e-9);
    EXPECT_EQ(speed->bound, "memory");
}

TEST(Speed, LargeBatchesReachTheArithmeticLimit) {
    EXPECT_EQ(plan_speed(model("llama-3.1-8b"), Storage::all("f16"), {1, 2048, 0}, {1008, 165.2})->bound, "compute");
}

TEST(Speed, ABatchReadsMoreExpertsButNeverMoreThanAll) {
    const auto& mixtral = model("mixtral-8x7b");
    const auto one = plan_speed(mixtral, Storage::all("f16"), {16, 1, 0}, {1000, std::nullopt});
    const auto many = plan_speed(mixtral, Storage::all("f16"), {16, 64, 0}, {1000, std::nullopt});
    const double expected_read = 2.0 * (12879925248.0 - 32000.0 * 4096);
    EXPECT_NEAR(one->decode_tokens_per_second, 1e12 / (expected_read + 16 * 131072), 1e-6);
    EXPECT_GT(many->decode_tokens_per_second, one->decode_tokens_per_second);
    EXPECT_LT(many->decode_tokens_per_second, 64 * one->decode_tokens_per_second);
}

TEST(Speed, PrefillIsUnknownWithoutAPeakAndSaysWhy) {
    const auto speed = plan_speed(model("llama-2-7b"), Storage::all("int4"), {4096, 1, 0}, {400, std::nullopt});
    EXPECT_FALSE(speed->prefill_seconds);
    EXPECT_FALSE(speed->prefill_unknown_because.empty());
}

}  // namespace
}  // namespace quantlens::planner
