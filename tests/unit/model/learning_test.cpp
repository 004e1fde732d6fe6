#include <cmath>

#include <gtest/gtest.h>

#include "formats/format.h"
#include "kernels/matmul.h"
#include "model/adapter.h"
#include "model/learned.h"
#include "model/optimizer.h"
#include "model/trainer.h"
#include "small_model.h"
#include "support/golden.h"

namespace quantlens::model {
namespace {

using namespace test_support;

Matrix matrix_of(const test::NpyArray<float>& array) { return {array.rows(), array.columns(), array.values}; }

void expect_near(std::span<const float> actual, std::span<const float> wanted, double share, const std::string& what) {
    ASSERT_EQ(actual.size(), wanted.size()) << what;
    double top = 0, worst = 0;
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        top = std::max(top, std::abs(double(wanted[i])));
        worst = std::max(worst, std::abs(double(actual[i]) - wanted[i]));
    }
    EXPECT_LE(worst, share * top) << what;
}

/// Five AdamW steps on 0.5 * mean((y - target)^2) for an adapter beside `base`, held against a golden case.
void expect_golden_adapter(const test::GoldenCase& one, const Matrix& base) {
    ThreadPool pool(1);
    const auto& p = one.parameters();
    const double scaling = p.at("scaling");
    const Matrix x = matrix_of(one.input_f32("x")), target = matrix_of(one.input_f32("target"));
    Matrix a = matrix_of(one.input_f32("A")), b = matrix_of(one.input_f32("B"));
    Matrix a_gradient(a.rows(), a.columns()), b_gradient(b.rows(), b.columns());
    std::vector<float> a_first(a.size()), a_second(a.size()), b_first(b.size()), b_second(b.size());
    const auto wanted_losses = one.expected_f32("losses").values;
    for (int step = 1; step <= 5; ++step) {
        Matrix merged(base.rows(), base.columns()), y(x.rows(), base.rows()), gradient(base.rows(), base.columns());
        merge_adapter(base, a, b, scaling, merged, pool);
        kernels::matmul_nt(x, merged, y, pool);
        if (step == 1) expect_near(y.values(), one.expected_f32("y").values, 1e-5, "y");
        double loss = 0;
        Matrix slope(y.rows(), y.columns());
        for (std::size_t i = 0; i < y.size(); ++i) {
            const double error = double(y.values()[i]) - double(target.values()[i]);
            loss += 0.5 * error * error / double(y.size());
            slope.values()[i] = float(error / double(y.size()));
        }
        EXPECT_NEAR(loss, wanted_losses[std::size_t(step - 1)], 1e-4 * wanted_losses[0]) << "step " << step;
        kernels::matmul_tn(slope, x, gradient, false, pool);
        adapter_gradients(gradient, a, b, scaling, a_gradient, b_gradient, pool);
        if (step == 1) {
            Matrix x_gradient(x.rows(), x.columns());
            kernels::matmul_nn(slope, merged, x_gradient, pool);
            expect_near(a_gradient.values(), one.expected_f32("grad_A").values, 1e-5, "gradient of A");
            expect_near(b_gradient.values(), one.expected_f32("grad_B").values, 1e-5, "gradient of B");
            expect_near(x_gradient.values(), one.expected_f32("grad_x").values, 1e-5, "gradient of x");
        }
        const AdamSettings settings{p.at("lr"), p.at("betas")[0], p.at("betas")[1], p.at("eps"), p.at("weight_decay")};
        adam_step(a.values(), a_gradient.values(), a_first, a_second, std::size_t(step), settings, pool);
        adam_step(b.values(), b_gradient.values(), b_first, b_second, std::size_t(step), settings, pool);
        if (step == 1) {
            expect_near(a.values(), one.expected_f32("A_step1").values, 1e-5, "A after one step");
            expect_near(b.values(), one.expected_f32("B_step1").values, 1e-5, "B after one step");
        }
    }
    expect_near(a.values(), one.expected_f32("A_step5").values, 1e-4, "A after five steps");
    expect_near(b.values(), one.expected_f32("B_step5").values, 1e-4, "B after five steps");
    Matrix merged(base.rows(), base.columns());
    merge_adapter(base, a, b, scaling, merged, pool);
    expect_near(merged.values(), one.expected_f32("merged_weight").values, 1e-4, "merged weight");
}

TEST(Adapter, GoldenLora) {
    for (const auto& one : test::cases("lora")) expect_golden_adapter(one, matrix_of(one.input_f32("W")));
}

TEST(Adapter, GoldenQloraOnDoubleQuantizedNf4) {
    for (const auto& one : test::cases("qlora")) {
        Matrix base = matrix_of(one.input_f32("W"));
        const auto format = formats::find("nf4_dq");
        ASSERT_TRUE(format);
        const auto bytes = formats::encode(**format, base.values());
        ASSERT_TRUE(bytes) << bytes.error().message;
        const auto values = formats::decode(**format, *bytes);
        ASSERT_TRUE(values);
        base = Matrix(base.rows(), base.columns(), *values);
        expect_near(base.values(), one.expected_f32("W_dequantized").values, 1e-5, "dequantized base");
        expect_golden_adapter(one, base);
    }
}

TEST(Adapter, TheNearestLowRankProductFindsALowRankMatrix) {
    ThreadPool pool(1);
    Random random(4);
    Matrix left(30, 3), right(3, 20), product(30, 20);
    for (auto& value : left.values()) value = float(random.normal());
    for (auto& value : right.values()) value = float(random.normal());
    kernels::matmul_nn(left, right, product, pool);
    const auto found = nearest_low_rank(product, 3, quantlens::Run{pool, 0, {}});
    Matrix again(30, 20);
    kernels::matmul_nn(found.b, found.a, again, pool);
    expect_near(again.values(), product.values(), 1e-4, "product");
    const auto nothing = nearest_low_rank(Matrix(5, 4), 2, quantlens::Run{pool, 0, {}});
    for (const float value : nothing.a.values()) EXPECT_EQ(value, 0.0f);
}

TEST(Adapter, LoftqStartsNearerToTheWeightsThanTheQuantizedBase) {
    ThreadPool pool(1);
    const auto weights = random_weights(small_config());
    const auto matrix = weights.tensor(0, Part::kGate);
    const auto method = methods::find("rtn");
    ASSERT_TRUE(method);
    const Settings settings{{"bits", std::int64_t{2}}, {"group_size", std::int64_t{32}}};
    const quantlens::Run run{pool, 0, {}};
    const auto plain = methods::quantize(**method, {matrix, {}, run}, settings);
    const auto start = loftq_start(**method, settings, matrix, 8, 2.0, 5, run);
    ASSERT_TRUE(plain);
    ASSERT_TRUE(start) << start.error().message;
    Matrix merged(matrix.rows(), matrix.columns());
    merge_adapter(start->base.dequantized, start->adapter.a, start->adapter.b, 2.0, merged, pool);
    double plain_error = 0, start_error = 0;
    for (std::size_t r = 0; r < matrix.rows(); ++r)
        for (std::size_t c = 0; c < matrix.columns(); ++c) {
            plain_error += std::pow(plain->dequantized(r, c) - matrix(r, c), 2);
            start_error += std::pow(merged(r, c) - matrix(r, c), 2);
        }
    EXPECT_LT(start_error, 0.6 * plain_error);
}

TEST(Muon, TurnsAnyGradientIntoANearlyOrthogonalStep) {
    ThreadPool pool(1);
    Random random(8);
    for (const auto& [rows, columns] : {std::pair<std::size_t, std::size_t>{16, 40}, {40, 16}}) {
        Matrix values(rows, columns), gradient = values, momentum = values;
        for (auto& value : gradient.values()) value = float(random.normal());
        muon_step(values, gradient, momentum, {1.0, 0.95, 0.0}, pool);
        // The step is 0.2 sqrt(40) times a matrix with singular values near 1: its mean square is 16 of them over 640.
        double square = 0;
        for (const float value : values.values()) square += double(value) * double(value);
        EXPECT_NEAR(std::sqrt(square / (0.04 * 40 * 16)), 0.95, 0.25);
    }
}

/// The loss of the parametrized model, to be held against its gradient.
double loss_at(const Parametrization& parametrization, std::span<const float> learnable, const Weights& start,
               const std::vector<Token>& tokens, ThreadPool& pool) {
    Weights weights = start;
    parametrization.materialize(learnable, weights, pool);
    Activations activations(start.config(), false);
    forward(weights, {std::span(tokens).first(tokens.size() - 1)}, activations, {}, pool);
    return cross_entropy(activations.logits, std::span(tokens).subspan(1), 1, pool);
}

TEST(Parametrization, GradientsOfScalesAndAdaptersMatchFiniteDifferences) {
    ThreadPool pool(1);
    const auto start = random_weights(small_config());
    const auto tokens = random_tokens(40);
    for (const Learning learning : {Learning::kScales, Learning::kAdapters}) {
        LearningPlan plan;
        plan.learning = learning;
        plan.group_size = 12;  // leaves a short last group
        plan.rank = 3;
        const auto made = Parametrization::create(start, plan, 2);
        ASSERT_TRUE(made) << made.error().message;
        std::vector<float> learnable(made->start().begin(), made->start().end());
        Random random(6);
        for (auto& value : learnable) value += float(0.05 * random.normal());  // B must not be 0

        Weights weights = start, gradient(start.config());
        made->materialize(learnable, weights, pool);
        Activations activations(start.config(), true);
        BackwardBuffers buffers;
        const Batch batch{std::span(tokens).first(39)};
        forward(weights, batch, activations, {}, pool);
        cross_entropy(activations.logits, std::span(tokens).subspan(1), 1, pool);
        backward(weights, batch, activations, gradient, buffers, pool);
        std::vector<float> slopes(made->size());
        made->pull_back(learnable, gradient, slopes, pool);
        for (const auto& slot : made->slots()) {
            double slope = 0, length = 0;
            for (std::size_t i = slot.offset; i < slot.offset + slot.size(); ++i) {
                slope += double(slopes[i]) * double(slopes[i]);
                length += double(slopes[i]) * double(slopes[i]);
            }
            const double step = 2e-3 / std::sqrt(length);
            auto moved = learnable;
            const auto at = [&](double distance) {
                for (std::size_t i = slot.offset; i < slot.offset + slot.size(); ++i)
                    moved[i] = float(learnable[i] + distance * slopes[i]);
                return loss_at(*made, moved, start, tokens, pool);
            };
            const double measured = (at(step) - at(-step)) / (2 * step);
            EXPECT_NEAR(measured, slope, 1e-2 * slope + 1e-4);
        }
    }
}

TEST(Parametrization, RefusesWhatCannotBe) {
    const auto start = random_weights(small_config());
    LearningPlan plan;
    plan.learning = Learning::kAdapters;
    plan.rank = 17;
    const auto too_high = Parametrization::create(start, plan, 0);
    ASSERT_FALSE(too_high);
    EXPECT_EQ(too_high.error().field, "rank");
    plan.rank = 4;
    plan.layers = "model.layer.*";
    const auto no_match = Parametrization::create(start, plan, 0);
    ASSERT_FALSE(no_match);
    EXPECT_EQ(no_match.error().field, "layers");
}

TrainingParameters quick_training(int steps) {
    TrainingParameters parameters;
    parameters.steps = steps;
    parameters.batch = 5;
    parameters.sequence = 48;
    parameters.warmup = 2;
    parameters.learning_rate = 1e-2;
    return parameters;
}

TEST(Trainer, LearnsAnEasyText) {
    ThreadPool pool(2);
    auto trainer = Trainer::create(initial_weights(small_config(), 0), easy_text(400), quick_training(200), 0);
    ASSERT_TRUE(trainer) << trainer.error().message;
    double first = 0, last = 0;
    while (!trainer->done()) {
        const auto report = trainer->step(pool);
        ASSERT_TRUE(report) << report.error().message;
        if (report->step == 1) first = report->loss;
        last = report->loss;
    }
    EXPECT_GT(first, 5.0);
    EXPECT_LT(last, 0.8);  // ln(5) / 6 = 0.27 nats a letter would be perfect
}

TEST(Trainer, SameBitsAtAnyThreadCountAndAfterAResume) {
    ThreadPool one(1), three(3);
    const auto start = initial_weights(small_config(), 0);
    auto parameters = quick_training(6);
    parameters.averaging = 0.9;
    auto straight = Trainer::create(start, easy_text(400), parameters, 7);
    auto stopped = Trainer::create(start, easy_text(400), parameters, 7);
    ASSERT_TRUE(straight && stopped);
    for (int i = 0; i < 6; ++i) ASSERT_TRUE(straight->step(one));
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(stopped->step(three));
    auto resumed = Trainer::create(start, easy_text(400), parameters, 7);
    ASSERT_TRUE(resumed);
    ASSERT_TRUE(resumed->restore(stopped->state(), three));
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(resumed->step(three));
    EXPECT_TRUE(std::ranges::equal(straight->weights().values(), resumed->weights().values()));
    EXPECT_TRUE(std::ranges::equal(straight->state().average, resumed->state().average));
}

TEST(Trainer, LeavesTheRunningMeanOfItsWeights) {
    ThreadPool pool(2);
    const auto start = initial_weights(small_config(), 0);
    auto parameters = quick_training(4);
    parameters.averaging = 0.5;
    auto trainer = Trainer::create(start, easy_text(400), parameters, 0);
    ASSERT_TRUE(trainer) << trainer.error().message;
    std::vector<float> mean(start.values().begin(), start.values().end());
    while (!trainer->done()) {
        ASSERT_TRUE(trainer->step(pool));
        const auto now = trainer->weights().values();
        ASSERT_EQ(now.size(), mean.size());
        for (std::size_t i = 0; i < mean.size(); ++i) mean[i] = 0.5f * mean[i] + 0.5f * now[i];
    }
    const auto left =
        learned_model(*trainer, Model(std::make_shared<const Weights>(start)), false, quantlens::Run{pool, 0, {}});
    ASSERT_TRUE(left) << left.error().message;
    EXPECT_TRUE(std::ranges::equal((*left)->weights().values(), mean));
    EXPECT_FALSE(std::ranges::equal(trainer->weights().values(), mean));
}

TEST(Trainer, SaysWhatIsWrong) {
    const auto start = initial_weights(small_config(), 0);
    EXPECT_EQ(Trainer::create(start, easy_text(2), quick_training(1), 0).error().field, "text");
    auto parameters = quick_training(1);
    parameters.sequence = 97;
    EXPECT_EQ(Trainer::create(start, easy_text(400), parameters, 0).error().field, "sequence");
    parameters = quick_training(1);
    parameters.learning_rate = -1;
    EXPECT_EQ(Trainer::create(start, easy_text(400), parameters, 0).error().field, "learning_rate");
    ThreadPool pool(1);
    auto trainer = Trainer::create(start, easy_text(400), quick_training(1), 0);
    EXPECT_FALSE(trainer->restore(TrainerState{1, {1.0f}, {1.0f}, {1.0f}, {}}, pool));
}

TEST(Trainer, QuantizationAwareTrainingBeatsRoundingAfterwards) {
    ThreadPool pool(2);
    const auto text = easy_text(400);
    auto full = Trainer::create(initial_weights(small_config(), 0), text, quick_training(60), 0);
    while (!full->done()) ASSERT_TRUE(full->step(pool));
    LearningPlan plan;
    plan.learning = Learning::kQuantizationAware;
    plan.bits = 2;
    plan.group_size = 32;
    plan.activation_bits = 8;
    auto parameters = quick_training(40);
    parameters.optimizer = Optimizer::kAdamW;
    parameters.learning_rate = 3e-3;
    auto aware = Trainer::create(full->weights(), text, parameters, 0, plan);
    ASSERT_TRUE(aware) << aware.error().message;
    double first = 0, last = 0;
    while (!aware->done()) {
        const auto report = aware->step(pool);
        ASSERT_TRUE(report);
        if (report->step == 1) first = report->loss;  // rounding only
        last = report->loss;
    }
    EXPECT_LT(last, 0.7 * first);

    // What it leaves computes the same as what was trained, and counts 2-bit codes.
    const Model base(std::make_shared<const Weights>(full->weights()));
    const auto model = learned_model(*aware, base, false, quantlens::Run{pool, 0, {}});
    ASSERT_TRUE(model) << model.error().message;
    EXPECT_TRUE(std::ranges::equal((*model)->weights().values(), aware->weights().values()));
    EXPECT_NEAR((*model)->quantized_bits_per_weight(), 2 + (16 + 2) / 32.0, 1e-9);
}

}  // namespace
}  // namespace quantlens::model
