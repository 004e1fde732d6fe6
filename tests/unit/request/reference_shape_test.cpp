#include <gtest/gtest.h>

#include "model/parametrization.h"
#include "planner/counts.h"
#include "planner/finetune.h"

// The planner knows the reference model by its shape, the model by its weights.

namespace quantlens {
namespace {

const planner::ModelShape& shape() { return **planner::find_model("reference"); }

TEST(ReferenceShape, HasTheParametersOfTheModel) {
    const model::Weights weights(model::Config{});
    std::size_t parameters = 0;
    for (const auto& spec : weights.specs()) parameters += spec.size();
    EXPECT_EQ(planner::count_parameters(shape()).total(), double(parameters));
}

TEST(ReferenceShape, LearnsAsManyNumbersAsARunWithAdaptersOnEveryMatrix) {
    const model::Weights weights(model::Config{});
    for (const int rank : {4, 16}) {
        model::LearningPlan learning;
        learning.learning = model::Learning::kAdapters;
        learning.rank = rank;
        const auto parametrization = model::Parametrization::create(weights, learning, 0);
        ASSERT_TRUE(parametrization);
        planner::FinetunePlan plan;
        plan.rank = std::uint64_t(rank);
        EXPECT_EQ(planner::plan_finetune(shape(), plan)->learnable, double(parametrization->size()));
    }
}

}  // namespace
}  // namespace quantlens
