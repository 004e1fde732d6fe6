#include "model/transformer.h"

#include <cmath>

#include <gtest/gtest.h>

#include "support/golden.h"
#include "tensor/random.h"

namespace quantlens::model {
namespace {

/// The decoder of a golden case: one layer, its inputs laid into the embedding so that token t reads row t of x.
struct GoldenBlock {
    Weights weights;
    std::vector<Token> tokens, targets;
};

GoldenBlock golden_block(const test::GoldenCase& one) {
    const auto& p = one.parameters();
    Config config;
    config.vocabulary = p.at("vocab");
    config.width = p.at("d_model");
    config.layers = 1;
    config.heads = p.at("heads");
    config.kv_heads = p.at("kv_heads");
    config.head_width = p.at("head_dim");
    config.feed_forward = p.at("ffn");
    config.context = p.at("tokens");
    config.rope_theta = p.at("rope_theta");
    config.norm_epsilon = p.at("rms_eps");
    config.tied_embeddings = false;
    config.rope = one.name().ends_with("interleaved") ? RopeStyle::kInterleaved : RopeStyle::kHalfSplit;
    GoldenBlock block{Weights(config), {}, {}};
    const auto put = [&](const char* key, std::size_t index) {
        const auto array = one.input_f32(key);
        std::ranges::copy(array.values, block.weights.tensor(index).values().begin());
    };
    put("x", block.weights.embedding_index());
    put("norm1", block.weights.index(0, Part::kAttentionNorm));
    put("wq", block.weights.index(0, Part::kQuery));
    put("wk", block.weights.index(0, Part::kKey));
    put("wv", block.weights.index(0, Part::kValue));
    put("wo", block.weights.index(0, Part::kOutput));
    put("norm2", block.weights.index(0, Part::kFeedForwardNorm));
    put("wg", block.weights.index(0, Part::kGate));
    put("wu", block.weights.index(0, Part::kUp));
    put("wd", block.weights.index(0, Part::kDown));
    put("normf", block.weights.final_norm_index());
    put("head", block.weights.head_index());
    for (std::size_t t = 0; t < config.context; ++t) block.tokens.push_back(Token(t));
    const auto targets = test::read_npy_i32(one.input_path("targets"));
    block.targets.assign(targets.values.begin(), targets.values.end());
    return block;
}

void expect_close(std::span<const float> actual, std::span<const float> wanted, double tolerance,
                  const std::string& what) {
    ASSERT_GE(actual.size(), wanted.size()) << what;
    double worst = 0;
    for (std::size_t i = 0; i < wanted.size(); ++i) worst = std::max(worst, std::abs(double(actual[i]) - wanted[i]));
    EXPECT_LE(worst, tolerance) << what;
}

TEST(Transformer, GoldenBlocksForwardAndBackward) {
    ThreadPool pool(2);
    for (const auto& one : test::cases("llama_block")) {
        SCOPED_TRACE(one.name());
        auto block = golden_block(one);
        const Batch batch{block.tokens};
        Activations activations(block.weights.config(), true);
        ASSERT_TRUE(check(block.weights.config(), batch));
        forward(block.weights, batch, activations, {}, pool);
        expect_close(activations.output.values(), one.expected_f32("block_output").values, 1e-5, "block output");
        expect_close(activations.logits.values(), one.expected_f32("logits").values, 1e-5, "logits");

        const auto scored = std::ranges::count_if(block.targets, [](Token target) { return target >= 0; });
        const double loss =
            cross_entropy(activations.logits, block.targets, 1.0 / double(scored), pool) / double(scored);
        EXPECT_NEAR(loss, one.expected("loss").get<double>(), 1e-5);

        Weights gradient(block.weights.config());
        BackwardBuffers buffers;
        backward(block.weights, batch, activations, gradient, buffers, pool);
        const auto expect_gradient = [&](const char* key, std::size_t index) {
            if (!one.has_expected(key)) return;
            const auto wanted = one.expected_f32(key).values;
            float top = 0;
            for (const float value : wanted) top = std::max(top, std::abs(value));
            expect_close(gradient.tensor(index).values(), wanted, 1e-4 * top, key);
        };
        expect_gradient("grad_x", 0);
        expect_gradient("grad_norm1", gradient.index(0, Part::kAttentionNorm));
        expect_gradient("grad_wq", gradient.index(0, Part::kQuery));
        expect_gradient("grad_wk", gradient.index(0, Part::kKey));
        expect_gradient("grad_wv", gradient.index(0, Part::kValue));
        expect_gradient("grad_wo", gradient.index(0, Part::kOutput));
        expect_gradient("grad_norm2", gradient.index(0, Part::kFeedForwardNorm));
        expect_gradient("grad_wg", gradient.index(0, Part::kGate));
        expect_gradient("grad_wu", gradient.index(0, Part::kUp));
        expect_gradient("grad_wd", gradient.index(0, Part::kDown));
        expect_gradient("grad_normf", gradient.final_norm_index());
        expect_gradient("grad_head", gradient.head_index());
    }
}

TEST(Transformer, GoldenCrossEntropy) {
    ThreadPool pool(1);
    for (const auto& one : test::cases("softmax_cross_entropy")) {
        const auto logits = one.input_f32("logits");
        const auto targets = test::read_npy_i32(one.input_path("targets"));
        Matrix values(logits.rows(), logits.columns(), logits.values);
        const double count = double(logits.rows());
        const double loss =
            cross_entropy(values, std::vector<Token>(targets.values.begin(), targets.values.end()), 1 / count, pool) /
            count;
        const double wanted = one.expected("loss");
        EXPECT_NEAR(loss, wanted, 1e-6 * wanted);
        expect_close(values.values(), one.expected_f32("grad").values, 1e-7, "gradient");
    }
}

Config small_config() {
    Config config;
    config.vocabulary = 40;
    config.width = 24;
    config.layers = 2;
    config.heads = 6;
    config.kv_heads = 2;
    config.head_width = 6;
    config.feed_forward = 20;
    config.context = 100;
    return config;
}

struct SmallProblem {
    Weights weights;
    std::vector<Token> tokens, targets;
};

/// Weights large enough that every part of the network matters.
SmallProblem small_problem(std::size_t sequences, std::size_t length) {
    SmallProblem problem{Weights(small_config()), {}, {}};
    Random random(7);
    for (std::size_t i = 0; i < problem.weights.specs().size(); ++i)
        for (auto& value : problem.weights.tensor(i).values())
            value = float(problem.weights.specs()[i].is_norm ? 1.0 + 0.3 * random.normal() : 0.3 * random.normal());
    for (std::size_t i = 0; i < sequences * length; ++i) {
        problem.tokens.push_back(Token(random.below(40)));
        problem.targets.push_back(i % 7 == 3 ? kIgnored : Token(random.below(40)));
    }
    return problem;
}

double loss_of(const Weights& weights, const SmallProblem& problem, std::size_t sequences, ThreadPool& pool) {
    Activations activations(weights.config(), false);
    forward(weights, {problem.tokens, sequences}, activations, {}, pool);
    return cross_entropy(activations.logits, problem.targets, 1, pool);
}

Weights gradient_of(const SmallProblem& problem, std::size_t sequences, ThreadPool& pool) {
    Activations activations(problem.weights.config(), true);
    Weights gradient(problem.weights.config());
    BackwardBuffers buffers;
    const Batch batch{problem.tokens, sequences};
    forward(problem.weights, batch, activations, {}, pool);
    cross_entropy(activations.logits, problem.targets, 1, pool);
    backward(problem.weights, batch, activations, gradient, buffers, pool);
    return gradient;
}

TEST(Transformer, GradientsMatchFiniteDifferences) {
    ThreadPool pool(1);
    auto problem = small_problem(2, 9);
    const auto gradient = gradient_of(problem, 2, pool);
    Random random(3);
    for (std::size_t i = 0; i < problem.weights.specs().size(); ++i) {
        // Along a random direction within each tensor the loss must rise as the gradient says.
        std::vector<float> direction(problem.weights.specs()[i].size());
        double slope = 0, length = 0;
        for (std::size_t j = 0; j < direction.size(); ++j) {
            const float own = gradient.tensor(i).values()[j];
            direction[j] = own + float(0.3 * random.normal());
            slope += double(direction[j]) * own;
            length += double(direction[j]) * direction[j];
        }
        const double step = 3e-3 / std::sqrt(length);
        Weights moved = problem.weights;
        const auto at = [&](double distance) {
            for (std::size_t j = 0; j < direction.size(); ++j)
                moved.tensor(i).values()[j] = float(problem.weights.tensor(i).values()[j] + distance * direction[j]);
            return loss_of(moved, problem, 2, pool);
        };
        const double measured = (at(step) - at(-step)) / (2 * step);
        EXPECT_NEAR(measured, slope, 5e-3 * std::abs(slope) + 1e-4) << problem.weights.specs()[i].name;
    }
}

TEST(Transformer, SameBitsAtAnyThreadCount) {
    ThreadPool one(1), three(3);
    const auto problem = small_problem(2, 90);
    const auto a = gradient_of(problem, 2, one);
    const auto b = gradient_of(problem, 2, three);
    EXPECT_TRUE(std::ranges::equal(a.values(), b.values()));
}

TEST(Transformer, LaterTokensDoNotChangeEarlierLogits) {
    ThreadPool pool(1);
    auto problem = small_problem(1, 80);
    Activations before(problem.weights.config(), false), after(problem.weights.config(), false);
    forward(problem.weights, {problem.tokens}, before, {}, pool);
    problem.tokens[70] = (problem.tokens[70] + 1) % 40;
    forward(problem.weights, {problem.tokens}, after, {}, pool);
    for (std::size_t t = 0; t < 70; ++t) EXPECT_TRUE(std::ranges::equal(before.logits.row(t), after.logits.row(t)));
    EXPECT_FALSE(std::ranges::equal(before.logits.row(70), after.logits.row(70)));
}

TEST(Transformer, NamesATokenOutsideTheVocabulary) {
    const std::vector<Token> tokens{1, 40};
    const auto status = check(small_config(), {tokens});
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().message, "token is 40, must be from 0 to 39");
    EXPECT_FALSE(check(small_config(), {std::vector<Token>(101, 0)}));
    EXPECT_FALSE(check(small_config(), {std::vector<Token>{}}));
}

}  // namespace
}  // namespace quantlens::model
