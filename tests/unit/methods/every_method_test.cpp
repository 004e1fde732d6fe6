// What holds for every method of the table, whatever it does.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "methods/table.h"
#include "support.h"
#include "tensor/synthetic.h"

namespace quantlens::methods {
namespace {

using test::gaussian;
using test::Threads;

struct Input {
    std::string name;
    Matrix weights, activations;
};

Matrix filled(std::size_t rows, std::size_t columns, float value) {
    Matrix matrix(rows, columns);
    std::ranges::fill(matrix.values(), value);
    return matrix;
}

std::vector<Input> edge_inputs() {
    Matrix mixed = gaussian(4, 64, 1);
    mixed(0, 0) = 1e38f;
    mixed(1, 1) = -1e38f;
    mixed(2, 2) = 1e-40f;
    std::ranges::fill(mixed.row(3), 0.0f);
    return {
        {"one weight", filled(1, 1, 0.5f), filled(1, 1, 2)},
        {"one column", gaussian(5, 1, 2), gaussian(3, 1, 3)},
        {"one row", gaussian(1, 64, 4), gaussian(3, 64, 5)},
        {"rows shorter than a group", gaussian(3, 32, 6), gaussian(3, 32, 7)},
        {"zeros", Matrix(4, 64), Matrix(4, 64)},
        {"zero inputs", gaussian(4, 64, 8), Matrix(4, 64)},
        {"constant rows", filled(4, 64, -0.3f), filled(4, 64, 1)},
        {"denormals", filled(4, 64, 1e-42f), filled(4, 64, 1e-42f)},
        {"huge", filled(4, 64, 3e38f), filled(4, 64, 1)},
        {"huge inputs", gaussian(4, 64, 9), filled(4, 64, 3e38f)},
        {"all sizes at once", mixed, gaussian(4, 64, 10)},
    };
}

TEST(EveryMethod, EdgesGiveFiniteWeightsOrAnErrorThatNamesWhatIsWrong) {
    const Threads threads;
    for (const auto& input : edge_inputs())
        for (const Method& method : all()) {
            SCOPED_TRACE(std::string{method.id} + " on " + input.name);
            const LinearProblem problem{input.weights, input.activations, threads.run};
            const auto layer = quantize(method, problem, {});
            if (!layer) {
                EXPECT_FALSE(layer.error().message.empty());
                EXPECT_FALSE(layer.error().field.empty()) << layer.error().message;
                continue;
            }
            EXPECT_EQ(layer->rows, input.weights.rows());
            EXPECT_EQ(layer->columns, input.weights.columns());
            EXPECT_TRUE(check_finite(layer->dequantized, "dequantized"));
            EXPECT_GT(layer->stored_bits(), 0u);
            const auto inputs = layer->transformed(input.activations, threads.run);
            ASSERT_TRUE(inputs);
            EXPECT_TRUE(input.name == "huge inputs" || check_finite(*inputs, "inputs"));
        }
}

TEST(EveryMethod, StoredBytesFollowFromTheParts) {
    const Threads threads;
    const Matrix weights = synthetic_weights(8, 256, 1), activations = synthetic_activations(16, 256, 2);
    for (const Method& method : all()) {
        SCOPED_TRACE(method.id);
        const auto layer = quantize(method, {weights, activations, threads.run}, {});
        ASSERT_TRUE(layer) << layer.error().message;
        double bits = 0;
        std::set<std::string> names;
        for (const auto& part : layer->storage) {
            bits += double(part.count) * part.bits_each;
            EXPECT_TRUE(names.insert(part.name).second) << part.name;
        }
        EXPECT_EQ(double(layer->stored_bits()), bits);
        EXPECT_EQ(layer->stored_bytes(), (layer->stored_bits() + 7) / 8);
        EXPECT_DOUBLE_EQ(layer->bits_per_weight(), bits / (8 * 256));
        EXPECT_EQ(layer->bits_receipt().back().value, layer->bits_per_weight());
    }
}

TEST(EveryMethod, SameBitsAtAnyThreadCount) {
    const Threads one(1, 3), four(4, 3);
    const Matrix weights = synthetic_weights(24, 256, 1), activations = synthetic_activations(40, 256, 2);
    for (const Method& method : all()) {
        SCOPED_TRACE(method.id);
        const auto a = quantize(method, {weights, activations, one.run}, {});
        const auto b = quantize(method, {weights, activations, four.run}, {});
        ASSERT_TRUE(a && b);
        EXPECT_TRUE(std::ranges::equal(a->dequantized.values(), b->dequantized.values()));
        const auto x = a->multiply(activations, one.run), y = b->multiply(activations, four.run);
        ASSERT_TRUE(x && y);
        EXPECT_TRUE(std::ranges::equal(x->values(), y->values()));
    }
}

TEST(EveryMethod, ComputesTheProductOfItsOwnInputsAndWeights) {
    const Threads threads;
    const Matrix weights = synthetic_weights(8, 256, 1), activations = synthetic_activations(16, 256, 2);
    for (const Method& method : all()) {
        SCOPED_TRACE(method.id);
        const auto layer = quantize(method, {weights, activations, threads.run}, {});
        ASSERT_TRUE(layer);
        const auto inputs = layer->transformed(activations, threads.run);
        const auto output = layer->multiply(activations, threads.run);
        ASSERT_TRUE(inputs && output);
        const auto wanted =
            test::product(*inputs, layer->basis_weights.empty() ? layer->dequantized : layer->basis_weights);
        double largest = 0;
        for (const double v : wanted) largest = std::max(largest, std::abs(v));
        for (std::size_t i = 0; i < wanted.size(); ++i) EXPECT_NEAR(output->values()[i], wanted[i], 1e-5 * largest);
    }
}

TEST(EveryMethod, InputThatIsNoNumberIsRefusedWithItsPlace) {
    const Threads threads;
    Matrix weights = gaussian(4, 256, 1);
    const Matrix activations = gaussian(4, 256, 2);
    weights(2, 3) = std::numeric_limits<float>::quiet_NaN();
    Matrix endless = activations;
    endless(1, 7) = std::numeric_limits<float>::infinity();
    for (const Method& method : all()) {
        SCOPED_TRACE(method.id);
        const auto bad_weights = quantize(method, {weights, activations, threads.run}, {});
        ASSERT_FALSE(bad_weights);
        EXPECT_EQ(bad_weights.error().code, ErrorCode::kNotFinite);
        EXPECT_NE(bad_weights.error().message.find("row 2, column 3"), std::string::npos);
        const auto bad_activations = quantize(method, {activations, endless, threads.run}, {});
        ASSERT_FALSE(bad_activations);
        EXPECT_NE(bad_activations.error().message.find("row 1, column 7"), std::string::npos);
    }
}

TEST(EveryMethod, ParametersAreDescribedAndTheirRangesKept) {
    const Threads threads;
    const Matrix weights = gaussian(4, 256, 1), activations = gaussian(4, 256, 2);
    for (const Method& method : all()) {
        SCOPED_TRACE(method.id);
        EXPECT_FALSE(method.title.empty());
        EXPECT_FALSE(method.source.empty());
        const auto standard = method.effective({});
        ASSERT_TRUE(standard);
        EXPECT_EQ(standard->size(), method.fields.size());
        EXPECT_FALSE(method.effective({{"bitz", std::int64_t{4}}}));
        for (const auto& field : method.fields) {
            SCOPED_TRACE(field.key);
            EXPECT_FALSE(field.meaning.empty());
            EXPECT_TRUE(checked(field, field.standard));
            if (field.kind != FieldKind::kInteger && field.kind != FieldKind::kReal) continue;
            const Settings above{{std::string{field.key}, field.maximum + 1}};
            const auto refused = quantize(method, {weights, activations, threads.run}, above);
            ASSERT_FALSE(refused);
            EXPECT_EQ(refused.error().field, field.key);
        }
    }
}

/// Both ends of every number and every choice, one at a time.
TEST(EveryMethod, EverySingleSettingWorksOrSaysWhyNot) {
    const Threads threads;
    const Matrix weights = synthetic_weights(6, 96, 1), activations = synthetic_activations(20, 96, 2);
    const auto attempt = [&](const Method& method, const Settings& settings) {
        SCOPED_TRACE(std::string{method.id} + " " + settings[0].first + " " + to_text(settings[0].second));
        const auto layer = quantize(method, {weights, activations, threads.run}, settings);
        if (!layer) {
            EXPECT_FALSE(layer.error().field.empty()) << layer.error().message;
            return;
        }
        EXPECT_TRUE(check_finite(layer->dequantized, "dequantized"));
        const auto output = layer->multiply(activations, threads.run);
        ASSERT_TRUE(output);
        EXPECT_TRUE(check_finite(*output, "output"));
    };
    for (const Method& method : all())
        for (const auto& field : method.fields) {
            const std::string key{field.key};
            if (field.kind == FieldKind::kFlag) attempt(method, {{key, true}});
            for (const auto name : field.choices) attempt(method, {{key, std::string{name}}});
            if (field.kind != FieldKind::kInteger && field.kind != FieldKind::kReal) continue;
            attempt(method, {{key, field.minimum}});
            // The dearest ends (restarts and rounds without end) only cost time.
            if (key != "restarts" && key != "iterations") attempt(method, {{key, field.maximum}});
        }
}

}  // namespace
}  // namespace quantlens::methods
