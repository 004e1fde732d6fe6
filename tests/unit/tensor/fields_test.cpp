#include <gtest/gtest.h>

#include <array>
#include <limits>

#include "tensor/fields.h"

namespace quantlens {
namespace {

enum class Fruit : std::uint8_t { kApple, kPear };
constexpr std::array<std::string_view, 2> kFruits{"apple", "pear"};

struct Base {
    int bits = 4;
    static constexpr auto fields() { return std::tuple{integer("bits", &Base::bits, 1, 8, 1, "bits", "of a code")}; }
};
struct Parameters : Base {
    bool clip = false;
    double damping = 0.01;
    Fruit fruit = Fruit::kApple;
    std::string name;
    static constexpr auto fields() {
        using P = Parameters;
        return std::tuple_cat(
            Base::fields(),
            std::tuple{flag("clip", &P::clip, "whether"), real("damping", &P::damping, 0, 1, 0.001, "", "how much"),
                       choice("fruit", &P::fruit, kFruits, "which"), text("name", &P::name, "whose")});
    }
};

std::string error_of(Settings settings) {
    const auto result = parameters_from<Parameters>(settings, "test");
    return result ? "" : result.error().message;
}

TEST(Fields, WhatIsNotNamedKeepsItsDefault) {
    const auto p = parameters_from<Parameters>({}, "test");
    ASSERT_TRUE(p);
    EXPECT_EQ(p->bits, 4);
    EXPECT_EQ(p->fruit, Fruit::kApple);
}

TEST(Fields, EveryKindIsSet) {
    const auto p = parameters_from<Parameters>({{"bits", std::int64_t{3}},
                                                {"clip", true},
                                                {"damping", 0.5},
                                                {"fruit", std::string{"pear"}},
                                                {"name", std::string{"Anne"}}},
                                               "test");
    ASSERT_TRUE(p);
    EXPECT_EQ(p->bits, 3);
    EXPECT_TRUE(p->clip);
    EXPECT_EQ(p->damping, 0.5);
    EXPECT_EQ(p->fruit, Fruit::kPear);
    EXPECT_EQ(p->name, "Anne");
    EXPECT_EQ(settings_of(*p).size(), 5u);
}

TEST(Fields, AWholeRealIsAnIntegerAndAFractionIsNot) {
    EXPECT_EQ(parameters_from<Parameters>({{"bits", 3.0}}, "test")->bits, 3);
    EXPECT_EQ(error_of({{"bits", 3.5}}), "bits is 3.5, must be a whole number between 1 and 8");
}

TEST(Fields, ErrorsNameTheKeyTheValueAndWhatIsRight) {
    EXPECT_EQ(error_of({{"bits", std::int64_t{9}}}), "bits is 9, must be a whole number between 1 and 8");
    EXPECT_EQ(error_of({{"bits", 1e300}}), "bits is 1e+300, must be a whole number between 1 and 8");
    EXPECT_EQ(error_of({{"damping", std::numeric_limits<double>::quiet_NaN()}}),
              "damping is nan, must be a number between 0 and 1");
    EXPECT_EQ(error_of({{"clip", std::int64_t{1}}}), "clip is 1, must be true or false");
    EXPECT_EQ(error_of({{"fruit", std::string{"plum"}}}), "fruit is plum, must be apple or pear");
    EXPECT_EQ(error_of({{"bitz", true}}),
              "unknown parameter 'bitz' for test; it takes bits, clip, damping, fruit, name");
}

}  // namespace
}  // namespace quantlens
