#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "support.h"

namespace quantlens::request {
namespace {

class Walkthrough : public Asking {};

Array floats(std::string name, std::vector<std::size_t> shape, std::vector<float> values) {
    return {std::move(name), std::move(shape), std::move(values)};
}

const std::string kSeven = R"("values":"0.15,-0.32,0.87,-1.23,2.45,0,-0.05")";

TEST_F(Walkthrough, GroupsOfARowAreThoseOfRoundToNearest) {
    for (const std::string scheme : {"symmetric", "asymmetric"})
        for (const std::string size : {"1", "2", "3", "7", "100"}) {
            const std::string settings =
                kSeven + R"(,"bits":3,"scheme":")" + scheme + R"(","group_size":)" + size + "}";
            const Json steps = ask(R"({"op":"affine",)" + settings);
            const auto restored = values("restored");
            ask(R"({"op":"quantize","method":"rtn","return":"dequantized,scales",)" + settings);
            EXPECT_EQ(restored, values("dequantized")) << settings;
            const auto scales = values("scales");
            const auto& groups = steps["groups"];
            ASSERT_EQ(groups.size(), scales.size());
            for (std::size_t g = 0; g < scales.size(); ++g) EXPECT_EQ(groups[g]["scale"].get<float>(), scales[g]);
            for (std::size_t i = 0; i < 7; ++i) {
                const auto& group = groups[steps["values"][i]["group"].get<std::size_t>()];
                EXPECT_GE(i, group["first"].get<std::size_t>());
                EXPECT_LT(i, group["first"].get<std::size_t>() + group["numbers"].get<std::size_t>());
            }
        }
}

TEST_F(Walkthrough, EachGroupHasItsOwnLattice) {
    const Json steps = ask(R"({"op":"affine","values":"1,-1,7,14","bits":4,"scheme":"symmetric","group_size":2})");
    const auto lattice = values("lattice");
    ASSERT_EQ(lattice.size(), 30u);  // -7 .. 7, twice
    EXPECT_FLOAT_EQ(lattice[14], 1);
    EXPECT_FLOAT_EQ(lattice[29], 14);
    EXPECT_EQ(steps["minimum"].get<double>(), -1);
    EXPECT_EQ(steps["maximum"].get<double>(), 14);
}

TEST_F(Walkthrough, SiluOfTheOutputsOfALayer) {
    const auto inputs = [] {
        return std::vector{floats("weights", {2, 2}, {1, 2, -3, 1}), floats("activations", {2, 2}, {1, 0.5f, 0, -1})};
    };
    const Json outputs = ask(R"({"op":"statistics","layer_numbers":"outputs"})", inputs());
    EXPECT_EQ(outputs["rows"], 2);
    EXPECT_DOUBLE_EQ(outputs["minimum"], -2.5);  // 1 * -3 + 0.5 * 1
    EXPECT_DOUBLE_EQ(outputs["maximum"], 2);     // 1 * 1 + 0.5 * 2
    const Json after = ask(R"({"op":"statistics","layer_numbers":"silu_outputs"})", inputs());
    const auto silu = [](double x) { return x / (1 + std::exp(-x)); };
    EXPECT_NEAR(after["minimum"], silu(-1), 1e-6);  // the least of silu over -2.5, -2, -1 and 2
    EXPECT_NEAR(after["maximum"], silu(2), 1e-6);
    EXPECT_NEAR(after["mean"], (silu(-2.5) + silu(-2) + silu(-1) + silu(2)) / 4, 1e-6);
}

TEST_F(Walkthrough, OutputsNeedInputsThatFit) {
    EXPECT_EQ(error(R"({"op":"statistics","values":"1,2","layer_numbers":"outputs"})"),
              "the outputs of 2 typed values need its inputs, of which there are none");
    const auto wrong = error(R"({"op":"statistics","layer_numbers":"outputs"})",
                             {floats("weights", {2, 2}, {1, 2, -3, 1}), floats("activations", {1, 3}, {1, 2, 3})});
    EXPECT_NE(wrong.find("activations"), std::string::npos) << wrong;
    EXPECT_NE(error(R"({"op":"statistics","values":"1,2","layer_numbers":"inputs"})")
                  .find("weights, outputs or silu_outputs"),
              std::string::npos);
}

}  // namespace
}  // namespace quantlens::request
