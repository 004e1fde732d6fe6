#include <gtest/gtest.h>

#include "planner/counts.h"
#include "planner/finetune.h"
#include "support/expression.h"

namespace quantlens::planner {
namespace {

FinetuneMemory memory_of(std::string_view id, const FinetunePlan& plan) {
    return *plan_finetune(**find_model(id), plan);
}

TEST(Finetune, QloraOfLlama27BIsAsByHand) {
    FinetunePlan plan;
    plan.sequence = 1000;
    plan.batch = 2;
    const auto memory = memory_of("llama-2-7b", plan);
    // Seven matrices a layer: four of 4096 x 4096, three between 4096 and 11008.
    const double learnable = 32.0 * 16 * (4 * (4096 + 4096) + 3 * (4096 + 11008));
    EXPECT_EQ(memory.learnable, learnable);
    EXPECT_EQ(memory.adapters, 2 * learnable);
    EXPECT_EQ(memory.gradients, 2 * learnable);
    EXPECT_EQ(memory.optimizer, 8 * learnable);
    // Four bits, a byte for 64 of them, and for each 256 blocks of 64 a number of 32 bits (QLoRA, section 3: 4.127
    // bits).
    const double matrices = 32.0 * (4.0 * 4096 * 4096 + 3.0 * 4096 * 11008);
    const double others = 2.0 * 32000 * 4096 + 65.0 * 4096;
    EXPECT_NEAR(memory.base, matrices * (4 + 8.0 / 64 + 32.0 / (64 * 256)) / 8 + 2 * others, 1e-9 * memory.base);
    // A token of a layer: two inputs of norms and two of matrices, queries, keys, values and attention's output (all
    // 4096 wide), gate, up and their product, and seven times what leaves A.
    const double token = 32.0 * (8 * 4096 + 3 * 11008 + 7 * 16);
    EXPECT_EQ(memory.activations, 2000 * (2 * token + 8.0 * 32000));
    EXPECT_EQ(memory.total, memory.base + memory.adapters + memory.gradients + memory.optimizer + memory.activations);
}

TEST(Finetune, CheckpointsKeepTheInputsOfLayersAndOneLayer) {
    FinetunePlan plan;
    plan.sequence = 100;
    plan.checkpointing = true;
    const double layer = 8 * 4096 + 3 * 11008 + 7 * 16;
    EXPECT_EQ(memory_of("llama-2-7b", plan).activations, 100 * (2 * (32.0 * 4096 + layer) + 8.0 * 32000));
}

TEST(Finetune, AMatrixWithoutAdapterKeepsNoInput) {
    FinetunePlan plan;
    plan.sequence = 1;
    plan.adapted = Adapted::kQueryValue;
    const auto memory = memory_of("llama-2-7b", plan);
    EXPECT_EQ(memory.learnable, 32.0 * 16 * 2 * (4096 + 4096));
    EXPECT_EQ(memory.activations, 2 * 32.0 * (7 * 4096 + 2 * 11008 + 2 * 16) + 8.0 * 32000);
}

TEST(Finetune, AllWeightsTakeTwelveBytesEach) {
    // QLoRA (arXiv 2305.14314), section 1: more than 780 GB for a model of 65 billion, that is 12 bytes a parameter.
    FinetunePlan plan;
    plan.whole = true;
    plan.base = "f16";
    const auto memory = memory_of("llama-2-70b", plan);
    EXPECT_EQ(memory.adapters, 0);
    EXPECT_EQ(memory.total - memory.activations, 12.0 * 68976648192);
    // Four bits of 65 billion and their adapters fit into its 48 GB.
    plan = {};
    plan.rank = 64;
    plan.checkpointing = true;
    EXPECT_LT(memory_of("llama-2-70b", plan).total, 48e9);
}

TEST(Finetune, ExpertsHaveAdaptersEachButOnlyTheChosenKeepActivations) {
    FinetunePlan plan;
    plan.sequence = 1;
    const auto memory = memory_of("mixtral-8x7b", plan);
    const double attention = 2 * (4096 + 4096) + 2 * (4096 + 1024);
    EXPECT_EQ(memory.learnable, 32.0 * 16 * (attention + 8 * 3 * (4096 + 14336)));
    const double token = 4 * 4096 + 2 * 4096 + 2 * 1024 + 2 * 3 * 14336 + (4 + 2 * 3) * 16;
    EXPECT_EQ(memory.activations, 2 * 32.0 * token + 8.0 * 32000);
}

TEST(Finetune, EveryExpressionGivesItsValue) {
    for (const auto& m : models())
        for (const auto adapted : {Adapted::kAll, Adapted::kAttention, Adapted::kQueryValue})
            for (const bool whole : {false, true}) {
                FinetunePlan plan;
                plan.whole = whole;
                if (whole) plan.base = "f16";
                plan.adapted = adapted;
                plan.checkpointing = adapted != Adapted::kAttention;
                const auto memory = plan_finetune(m, plan);
                if (m.latent) {
                    EXPECT_EQ(memory.error().field, "model");
                    continue;
                }
                ASSERT_TRUE(memory) << m.id;
                for (const auto* receipt : {&memory->learnable_receipt, &memory->base_receipt,
                                            &memory->activations_receipt, &memory->total_receipt})
                    EXPECT_EQ(test::first_wrong_row(*receipt), "") << m.id;
            }
}

TEST(Finetune, SaysWhatIsWrong) {
    FinetunePlan plan;
    const auto& llama = **find_model("llama-2-7b");
    plan.base = "q4_Z";
    EXPECT_EQ(plan_finetune(llama, plan).error().field, "weights");
    plan = {};
    plan.whole = true;
    EXPECT_EQ(plan_finetune(llama, plan).error().field, "weights");
    plan = {};
    plan.rank = 0;
    EXPECT_EQ(plan_finetune(llama, plan).error().field, "rank");
}

}  // namespace
}  // namespace quantlens::planner
