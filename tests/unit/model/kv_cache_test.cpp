#include <array>
#include <cmath>
#include <tuple>

#include <gtest/gtest.h>

#include "kernels/rows.h"
#include "model/kv_cache.h"
#include "small_model.h"

namespace quantlens::model {
namespace {

using namespace test_support;

TEST(KvCache, StepByStepGivesTheLogitsOfTheWholePass) {
    ThreadPool pool(2);
    const auto model = small_model();
    const auto tokens = random_tokens(90);
    Activations whole(model->config(), false), step(model->config(), false);
    ASSERT_TRUE(model->run({tokens}, whole, nullptr, pool));
    KvCache cache = model->new_cache();
    for (std::size_t at = 0; at < 90;) {
        const std::size_t count = at == 0 ? 70 : 1;  // a long prompt, then one by one
        ASSERT_TRUE(model->run({std::span(tokens).subspan(at, count)}, step, &cache, pool));
        for (std::size_t i = 0; i < count; ++i)
            for (std::size_t v = 0; v < 256; ++v) ASSERT_NEAR(step.logits(i, v), whole.logits(at + i, v), 2e-4);
        at += count;
    }
    EXPECT_EQ(cache.size(), 90u);
    EXPECT_FALSE(model->run({std::span(tokens).first(7)}, step, &cache, pool));  // beyond the context of 96
}

TEST(KvCache, AQuantizedCacheIsTheSameWholeOrStepByStep) {
    ThreadPool pool(1);
    Model model(small_weights());
    ASSERT_TRUE(model.set_cache({"int2", "int2", 8, 16}));
    const auto tokens = random_tokens(60);
    Activations whole(model.config(), false), step(model.config(), false), exact(model.config(), false);
    KvCache at_once = model.new_cache(), one_by_one = model.new_cache();
    ASSERT_TRUE(model.run({tokens}, whole, &at_once, pool));
    ASSERT_TRUE(small_model()->run({tokens}, exact, nullptr, pool));
    for (std::size_t t = 0; t < 60; ++t) {
        ASSERT_TRUE(model.run({std::span(tokens).subspan(t, 1)}, step, &one_by_one, pool));
        for (std::size_t v = 0; v < 256; ++v) ASSERT_NEAR(step.logits(0, v), whole.logits(t, v), 2e-4) << t;
    }
    EXPECT_GT(largest_difference(whole.logits, exact.logits), 0.05);
    for (std::size_t t = 0; t + 1 < 16; ++t)  // the residual: nothing is quantized yet
        for (std::size_t v = 0; v < 256; ++v) EXPECT_NEAR(whole.logits(t, v), exact.logits(t, v), 2e-4);
}

TEST(KvCache, KeysInGroupsAlongATokenNeedNotWaitForOthers) {
    ThreadPool pool(1);
    const auto fourth = [&](const Model& model) {
        const auto tokens = random_tokens(8);
        Activations activations(model.config(), false);
        KvCache cache = model.new_cache();
        EXPECT_TRUE(model.run({tokens}, activations, &cache, pool));
        Matrix row(1, 256);
        std::ranges::copy(activations.logits.row(3), row.row(0).begin());
        return row;
    };
    const auto keys_in = [&](methods::CacheGranularity granularity) {
        Model model(small_weights());
        EXPECT_TRUE(model.set_cache({"int2", "f32", 8, 0, granularity}));
        return fourth(model);
    };
    const Matrix exact = fourth(*small_model());
    // Of four tokens none is stored along a channel yet, since eight share a scale; along a token all are.
    EXPECT_LT(largest_difference(keys_in(methods::CacheGranularity::kChannel), exact), 2e-4);
    EXPECT_GT(largest_difference(keys_in(methods::CacheGranularity::kToken), exact), 0.01);
}

TEST(KvCache, RotatedValuesAreThoseOfAModelWhoseWeightsAreRotated) {
    ThreadPool pool(1);
    const auto tokens = random_tokens(60);
    const auto logits = [&](Weights weights, bool rotate) {
        const Config config = weights.config();
        Model model(std::make_shared<const Weights>(std::move(weights)));
        EXPECT_TRUE(model.set_cache({.value_format = "int4", .group = 8, .residual = 0, .rotate = rotate}));
        Activations activations(config, false);
        KvCache cache = model.new_cache();
        EXPECT_TRUE(model.run({tokens}, activations, &cache, pool));
        return Matrix(activations.logits);
    };
    // As QuaRot folds the rotation: a head's rows of the value matrix, and the columns of the output matrix that meet
    // it.
    Weights folded = *small_weights();
    const auto& config = folded.config();
    const std::size_t width = config.head_width;
    for (std::size_t layer = 0; layer < config.layers; ++layer) {
        const auto values = folded.tensor(layer, Part::kValue);
        for (std::size_t head = 0; head < config.kv_heads; ++head)
            for (std::size_t column = 0; column < values.columns(); ++column) {
                Matrix line(1, width);
                for (std::size_t i = 0; i < width; ++i) line(0, i) = values(head * width + i, column);
                ASSERT_TRUE(kernels::hadamard(line, false, pool));
                for (std::size_t i = 0; i < width; ++i) values(head * width + i, column) = line(0, i);
            }
        const auto output = folded.tensor(layer, Part::kOutput);
        for (std::size_t head = 0; head < config.heads; ++head)
            ASSERT_TRUE(kernels::hadamard(output.block(0, head * width, output.rows(), width), false, pool));
    }
    const Matrix turned = logits(*small_weights(), true);
    EXPECT_LT(largest_difference(turned, logits(folded, false)), 2e-4);
    EXPECT_GT(largest_difference(turned, logits(*small_weights(), false)), 0.02);
}

TEST(KvCache, ARotationSpreadsAKeyChannelThatTowersOverTheOthers) {
    ThreadPool pool(1);
    const auto tokens = random_tokens(96);
    // One channel of each head's keys is 16 times as large, and the queries' 16 times as small: the scores are the
    // same.
    Weights towering = *small_weights();
    const auto& config = towering.config();
    for (std::size_t layer = 0; layer < config.layers; ++layer)
        for (const std::size_t channel : {0uz, config.head_width / 2})  // which a position turns into each other
            for (const auto& [part, heads, factor] :
                 {std::tuple{Part::kKey, config.kv_heads, 16.0f}, std::tuple{Part::kQuery, config.heads, 1.0f / 16}})
                for (std::size_t head = 0; head < heads; ++head)
                    for (auto& value : towering.tensor(layer, part).row(head * config.head_width + channel))
                        value *= factor;
    const auto shared = std::make_shared<const Weights>(std::move(towering));
    Activations exact(config, false), quantized(config, false);
    ASSERT_TRUE(Model(shared).run({tokens}, exact, nullptr, pool));
    const auto error = [&](bool rotate) {
        Model model(shared);
        EXPECT_TRUE(model.set_cache({.key_format = "int4",
                                     .group = 8,
                                     .residual = 0,
                                     .key_granularity = methods::CacheGranularity::kToken,
                                     .rotate = rotate}));
        KvCache cache = model.new_cache();
        EXPECT_TRUE(model.run({tokens}, quantized, &cache, pool));
        double sum = 0;
        for (std::size_t i = 0; i < exact.logits.size(); ++i)
            sum += std::pow(double(exact.logits.values()[i]) - quantized.logits.values()[i], 2);
        return sum;
    };
    EXPECT_LT(error(true), 0.5 * error(false));
    Config odd = small_config();
    odd.head_width = 18;
    EXPECT_FALSE(KvCache::create(odd, {.rotate = true}));
}

TEST(KvCache, MoreBitsComeNearer) {
    ThreadPool pool(1);
    const auto tokens = random_tokens(96);
    Activations exact(small_config(), false), quantized(small_config(), false);
    ASSERT_TRUE(small_model()->run({tokens}, exact, nullptr, pool));
    double before = 1e9;
    for (const char* format : {"int2", "int4", "int8"}) {
        Model model(small_weights());
        ASSERT_TRUE(model.set_cache({format, format, 8, 0}));
        KvCache cache = model.new_cache();
        ASSERT_TRUE(model.run({tokens}, quantized, &cache, pool));
        const double difference = largest_difference(quantized.logits, exact.logits);
        EXPECT_LT(difference, 0.5 * before) << format;
        before = difference;
    }
    Model model(small_weights());
    EXPECT_FALSE(model.set_cache({"q8_0", "f32", 8, 0}));  // blocks of 32 in heads of 8
    EXPECT_FALSE(model.set_cache({"int9", "f32", 8, 0}));
}

}  // namespace
}  // namespace quantlens::model
