#include <cmath>
#include <numbers>

#include <gtest/gtest.h>

#include "model/evaluation.h"
#include "model/generator.h"
#include "model/outliers.h"
#include "model/quantization.h"
#include "small_model.h"

namespace quantlens::model {
namespace {

using namespace test_support;

TEST(Sampling, TemperatureZeroTakesTheLikeliest) {
    Random random(1);
    const std::vector<float> logits{0.5f, 3.0f, -1.0f};
    const auto token = sample(logits, {0.0, 0, 1.0}, random);
    EXPECT_EQ(token.token, 1);
    EXPECT_NEAR(token.probability, std::exp(3.0) / (std::exp(0.5) + std::exp(3.0) + std::exp(-1.0)), 1e-6);
}

TEST(Sampling, DrawsAsOftenAsTheProbabilitiesSay) {
    const std::vector<float> logits{std::log(0.5f), std::log(0.3f), std::log(0.15f), std::log(0.05f)};
    const auto shares = [&](const Sampling& sampling) {
        Random random(3);
        std::vector<double> counts(4);
        for (int i = 0; i < 20000; ++i) counts[std::size_t(sample(logits, sampling, random).token)] += 1.0 / 20000;
        return counts;
    };
    const auto all = shares({1.0, 0, 1.0});
    EXPECT_NEAR(all[0], 0.5, 0.015);
    EXPECT_NEAR(all[3], 0.05, 0.01);
    const auto two = shares({1.0, 2, 1.0});
    EXPECT_NEAR(two[0], 0.625, 0.015);
    EXPECT_EQ(two[2], 0.0);
    const auto nucleus = shares({1.0, 0, 0.75});  // 0.5 is too little, 0.8 is enough
    EXPECT_NEAR(nucleus[1], 0.375, 0.015);
    EXPECT_EQ(nucleus[2], 0.0);
    const auto cold = shares({0.5, 0, 1.0});  // probabilities squared
    EXPECT_NEAR(cold[0], 0.25 / (0.25 + 0.09 + 0.0225 + 0.0025), 0.015);
}

TEST(Generator, IsTheSameForASeedAndGoesBeyondTheContext) {
    ThreadPool one(1), two(2);
    const auto prompt = random_tokens(10);
    auto a = Generator::create(small_model(), prompt, {}, 4);
    auto b = Generator::create(small_model(), prompt, {}, 4);
    ASSERT_TRUE(a && b);
    for (int i = 0; i < 150; ++i) {
        const auto from_a = a->next(one), from_b = b->next(two);
        ASSERT_TRUE(from_a) << from_a.error().message;
        ASSERT_TRUE(from_b);
        ASSERT_EQ(from_a->token, from_b->token) << i;
    }
    EXPECT_EQ(a->tokens().size(), 160u);
    EXPECT_TRUE(Generator::create(small_model(), {}, {}, 0));
    EXPECT_FALSE(Generator::create(small_model(), std::vector<Token>{300}, {}, 0));
}

TEST(Evaluation, AModelWithEqualLogitsTakesEightBitsAByte) {
    ThreadPool pool(1);
    Weights weights(small_config());  // all zero
    const auto model = std::make_shared<const Model>(std::make_shared<const Weights>(weights));
    auto baseline = Baseline::create(model, random_tokens(300));
    ASSERT_TRUE(baseline);
    const auto result = evaluate(model, *baseline, quantlens::Run{pool, 0, {}});
    ASSERT_TRUE(result) << result.error().message;
    EXPECT_EQ(result->tokens, 300u - 4u);  // windows of 96: three whole and one of 12
    EXPECT_NEAR(result->bits_per_byte.value, 8.0, 1e-6);
    EXPECT_NEAR(result->bits_per_byte.low, 8.0, 1e-6);
    EXPECT_NEAR(result->perplexity.high, 256.0, 1e-3);
    EXPECT_EQ(result->kl_divergence.value, 0.0);
    EXPECT_EQ(result->top1_agreement.value, 1.0);
}

TEST(Evaluation, TheMeansByPositionMakeTheWholeAndBeginAfterTheResidual) {
    ThreadPool pool(1);
    const auto original = small_model();
    const auto baseline = Baseline::create(original, random_tokens(3 * 96 + 40));
    auto quantized = std::make_shared<Model>(small_weights());
    ASSERT_TRUE(quantized->set_cache({"int2", "int2", 8, 32}));
    Evaluation evaluation(quantized, *baseline);
    while (*evaluation.advance(pool)) {
    }
    const auto whole = evaluation.result(0);
    const auto rows = evaluation.by_position(10);
    ASSERT_EQ(rows.size(), 10u);  // 95 scored positions of a window
    EXPECT_EQ(rows[0].first, 1u);
    EXPECT_EQ(rows[9].first, 91u);
    EXPECT_EQ(rows[0].tokens, 40u);  // four windows
    EXPECT_EQ(rows[4].tokens, 30u);  // the last, short window ends before
    EXPECT_EQ(rows[9].tokens, 15u);
    double tokens = 0, divergence = 0, bits = 0, increase = 0;
    for (const auto& row : rows) {
        tokens += double(row.tokens);
        divergence += row.kl_divergence * double(row.tokens);
        bits += row.bits_per_byte * double(row.tokens);
        increase += row.bits_per_byte_increase * double(row.tokens);
    }
    EXPECT_EQ(tokens, double(whole.tokens));
    EXPECT_NEAR(divergence / tokens, whole.kl_divergence.value, 1e-12);
    EXPECT_NEAR(bits / tokens, whole.bits_per_byte.value, 1e-12);
    EXPECT_NEAR(increase / tokens, whole.bits_per_byte_increase.value, 1e-12);
    for (std::size_t i = 0; i < 3; ++i) EXPECT_LT(std::abs(rows[i].kl_divergence), 1e-6);  // nothing is stored yet
    EXPECT_GT(rows[6].kl_divergence, 1e-3);
}

TEST(Evaluation, AgreesWithASlowSum) {
    ThreadPool pool(2);
    const auto model = small_model();
    const auto method = methods::find("rtn");
    auto quantization = Quantization::create(small_weights(), *method,
                                             {{"bits", std::int64_t{3}}, {"group_size", std::int64_t{16}}}, {}, {});
    ASSERT_TRUE(quantization) << quantization.error().message;
    const auto quantized = quantize(*quantization, quantlens::Run{pool, 0, {}});
    ASSERT_TRUE(quantized);
    const auto text = random_tokens(150);
    auto baseline = Baseline::create(model, text);
    const auto result = evaluate(*quantized, *baseline, quantlens::Run{pool, 0, {}});
    ASSERT_TRUE(result);

    double bits = 0, base_bits = 0, divergence = 0, same = 0, count = 0;
    for (std::size_t first = 0; first < 150; first += 96) {
        const auto window = std::span(text).subspan(first, std::min<std::size_t>(96, 150 - first));
        Activations p(small_config(), false), q(small_config(), false);
        ASSERT_TRUE(model->run({window}, p, nullptr, pool));
        ASSERT_TRUE((*quantized)->run({window}, q, nullptr, pool));
        for (std::size_t t = 0; t + 1 < window.size(); ++t) {
            const auto probabilities = [&](const Matrix& logits) {
                std::vector<double> out;
                double sum = 0;
                for (const float value : logits.row(t)) sum += std::exp(double(value));
                for (const float value : logits.row(t)) out.push_back(std::exp(double(value)) / sum);
                return out;
            };
            const auto a = probabilities(p.logits), b = probabilities(q.logits);
            for (std::size_t v = 0; v < 256; ++v) divergence += a[v] * std::log(a[v] / b[v]);
            bits -= std::log2(b[std::size_t(window[t + 1])]);
            base_bits -= std::log2(a[std::size_t(window[t + 1])]);
            same += std::ranges::max_element(a) - a.begin() == std::ranges::max_element(b) - b.begin();
            ++count;
        }
    }
    EXPECT_NEAR(result->bits_per_byte.value, bits / count, 1e-4);
    EXPECT_NEAR(result->bits_per_byte_increase.value, (bits - base_bits) / count, 1e-4);
    EXPECT_NEAR(result->kl_divergence.value, divergence / count, 1e-4);
    EXPECT_NEAR(result->top1_agreement.value, same / count, 1e-9);
    EXPECT_LE(result->kl_divergence.low, result->kl_divergence.value);
    EXPECT_GE(result->kl_divergence.high, result->kl_divergence.value);
}

TEST(Bootstrap, CoversTheMeanAsOftenAsItSays) {
    // 200 samples of 40 blocks of 5 equal values each: the interval must widen by the blocks, and hold the true mean.
    Random random(11);
    int covered = 0;
    for (int sample = 0; sample < 200; ++sample) {
        std::vector<double> values;
        std::vector<std::size_t> ends;
        for (int block = 0; block < 40; ++block) {
            const double value = random.normal();
            for (int i = 0; i < 5; ++i) values.push_back(value);
            ends.push_back(values.size());
        }
        const auto estimate = bootstrap_mean(values, ends, std::uint64_t(sample));
        covered += estimate.low <= 0 && estimate.high >= 0;
    }
    EXPECT_GE(covered, 178);  // 95 % of 200 is 190; the percentile interval is a little narrow at 40 blocks
    EXPECT_LE(covered, 198);
}

TEST(PlantedOutliers, DoNotMoveTheLogits) {
    ThreadPool pool(1);
    const auto weights = small_weights();
    const auto tokens = random_tokens(80);
    Activations before(small_config(), false), after(small_config(), false);
    forward(*weights, {tokens}, before, {}, pool);
    for (const double factor : {64.0, 50.0}) {
        Weights planted = *weights;
        const auto channels = outlier_channels(small_config(), 4, 0);
        ASSERT_TRUE(plant_outliers(planted, channels, factor));
        forward(planted, {tokens}, after, {}, pool);
        if (factor == 64.0)
            EXPECT_TRUE(std::ranges::equal(before.logits.values(), after.logits.values()));
        else
            EXPECT_LT(largest_difference(before.logits, after.logits), 1e-4);
        const auto calibration =
            Calibration::capture(Model(std::make_shared<const Weights>(planted)), tokens, tokens.size(), pool);
        ASSERT_TRUE(calibration);
        const auto inputs = calibration->inputs(planted.index(0, Part::kQuery));
        double outlier = 0, other = 0;
        for (std::size_t r = 0; r < inputs.rows(); ++r)
            for (std::size_t c = 0; c < inputs.columns(); ++c) {
                auto& into = std::ranges::binary_search(channels, c) ? outlier : other;
                into = std::max(into, std::abs(double(inputs(r, c))));
            }
        EXPECT_GT(outlier, 20 * other);
    }
    Weights planted = *weights;
    EXPECT_FALSE(plant_outliers(planted, std::vector<std::size_t>{32}, 2));
    EXPECT_FALSE(plant_outliers(planted, std::vector<std::size_t>{0}, 0));
}

TEST(Quantization, EightBitsHardlyMoveTheModelAndTwoDo) {
    ThreadPool pool(1);
    auto baseline = Baseline::create(small_model(), random_tokens(192));
    double divergence[2];
    for (const int bits : {8, 2}) {
        auto quantization =
            Quantization::create(small_weights(), *methods::find("rtn"), {{"bits", std::int64_t{bits}}}, {}, {});
        const auto model = quantize(*quantization, quantlens::Run{pool, 0, {}});
        ASSERT_TRUE(model);
        divergence[bits == 2] = evaluate(*model, *baseline, quantlens::Run{pool, 0, {}})->kl_divergence.value;
        // 14 matrices in groups of at most 128: rows of 32 and 64 columns are one group each
        EXPECT_GT((*model)->quantized_bits_per_weight(), bits + 16 / 64.0);
        EXPECT_LT((*model)->quantized_bits_per_weight(), bits + 24 / 32.0 + 1e-9);
        EXPECT_FALSE((*model)->is_quantized((*model)->weights().embedding_index()));
    }
    EXPECT_LT(divergence[0], 1e-3);
    EXPECT_GT(divergence[1], 20 * divergence[0]);
}

TEST(Quantization, RotatingAndSmoothingAloneChangeNothing) {
    ThreadPool pool(1);
    const auto tokens = random_tokens(96);
    QuantizationPlan plan;
    plan.rotate = true;
    plan.smooth = 0.5;
    auto quantization = Quantization::create(small_weights(), *methods::find("f32"), {}, plan, tokens);
    ASSERT_TRUE(quantization) << quantization.error().message;
    const auto model = quantize(*quantization, quantlens::Run{pool, 0, {}});
    ASSERT_TRUE(model) << model.error().message;
    Activations before(small_config(), false), after(small_config(), false);
    ASSERT_TRUE(small_model()->run({tokens}, before, nullptr, pool));
    ASSERT_TRUE((*model)->run({tokens}, after, nullptr, pool));
    EXPECT_LT(largest_difference(before.logits, after.logits), 2e-3);
}

TEST(Quantization, RotatingHelpsFourBitActivationsWithOutliers) {
    ThreadPool pool(1);
    const auto tokens = random_tokens(192);
    double divergence[2];
    for (const bool rotate : {false, true}) {
        QuantizationPlan plan;
        plan.rotate = rotate;
        plan.activation_bits = 4;
        plan.plant_outliers = 8;
        auto quantization =
            Quantization::create(small_weights(), *methods::find("rtn"), {{"bits", std::int64_t{8}}}, plan, {});
        ASSERT_TRUE(quantization) << quantization.error().message;
        const auto model = quantize(*quantization, quantlens::Run{pool, 0, {}});
        ASSERT_TRUE(model) << model.error().message;
        auto baseline = Baseline::create(quantization->original(), tokens);
        const auto result = evaluate(*model, *baseline, quantlens::Run{pool, 0, {}});
        ASSERT_TRUE(result) << result.error().message;
        divergence[rotate] = result->kl_divergence.value;
    }
    EXPECT_LT(divergence[true], 0.5 * divergence[false]);
}

TEST(Quantization, SaysWhatIsWrong) {
    const auto method = [](const char* id) { return *methods::find(id); };
    QuantizationPlan plan;
    plan.layers = "*.bias";
    EXPECT_EQ(Quantization::create(small_weights(), method("rtn"), {}, plan, {}).error().field, "layers");
    plan = {};
    EXPECT_EQ(Quantization::create(small_weights(), method("gptq"), {}, plan, {}).error().field, "calibration");
    EXPECT_FALSE(Quantization::create(small_weights(), method("rtn"), {{"bitz", std::int64_t{4}}}, plan, {}));
    plan.rotate = true;
    auto stacked = Quantization::create(small_weights(), method("smoothquant"), {}, plan, random_tokens(50));
    ASSERT_TRUE(stacked);
    ThreadPool pool(1);
    const auto model = quantize(*stacked, quantlens::Run{pool, 0, {}});
    ASSERT_FALSE(model);
    EXPECT_EQ(model.error().code, ErrorCode::kUnsupported);
    auto cancelled = Quantization::create(small_weights(), method("rtn"), {}, {}, {});
    EXPECT_EQ(quantize(*cancelled, quantlens::Run{pool, 0, [](double) { return false; }}).error().code,
              ErrorCode::kCancelled);
}

TEST(Quantization, EveryMethodOfTheTableRunsOnTheWholeModel) {
    ThreadPool pool(2);
    const auto text = random_tokens(128);
    auto baseline = Baseline::create(small_model(), random_tokens(60));
    for (const auto& method : methods::all()) {
        auto quantization = Quantization::create(small_weights(), &method, {}, {}, text);
        ASSERT_TRUE(quantization) << method.id << ": " << quantization.error().message;
        const auto model = quantize(*quantization, quantlens::Run{pool, 0, {}});
        if (!model) {  // blocks of 64 and 256 do not fit rows of 32
            EXPECT_NE(model.error().message.find("model.layers.0"), std::string::npos) << model.error().message;
            continue;
        }
        const auto result = evaluate(*model, *baseline, quantlens::Run{pool, 0, {}});
        ASSERT_TRUE(result) << method.id << ": " << result.error().message;
        EXPECT_TRUE(std::isfinite(result->kl_divergence.value)) << method.id;
        EXPECT_LT((*model)->quantized_bits_per_weight(), 33.0) << method.id;
    }
}

}  // namespace
}  // namespace quantlens::model
