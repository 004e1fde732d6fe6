#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "tensor/json_text.h"

namespace quantlens {
namespace {

std::string many_members(int count) {
    std::string text = "{";
    for (int i = 0; i < count; ++i) text += "\"k" + std::to_string(i) + "\":" + std::to_string(i) + ",";
    text.back() = '}';
    return text;
}

TEST(JsonText, ALargeObjectKeepsItsOrderAndTheLastValueOfAName) {
    std::string text = many_members(100);
    text.pop_back();
    text += R"(,"k3":"again","inner":{"k3":[1,{"k4":2}]},"k99":null})";
    const auto parsed = parse_json(text);
    ASSERT_TRUE(parsed);
    ASSERT_EQ(parsed->size(), 101u);
    int at = 0;
    for (const auto& [key, value] : parsed->items()) {
        const std::string expected = at < 100 ? "k" + std::to_string(at) : "inner";
        EXPECT_EQ(key, expected);
        if (at < 100) {
            const Json expected_value = at == 3 ? Json("again") : at == 99 ? Json(nullptr) : Json(at);
            EXPECT_EQ(value, expected_value);
        }
        ++at;
    }
    EXPECT_EQ((*parsed)["inner"]["k3"][1]["k4"], 2);
}

TEST(JsonText, TimeGrowsWithTheMembersNotWithTheirSquare) {
    // Looked through one by one, so many members take minutes; a second is long for what is done here.
    const std::string text = many_members(200000);
    const auto start = std::chrono::steady_clock::now();
    const auto parsed = parse_json(text);
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->size(), 200000u);
    EXPECT_LT(seconds.count(), 10);
}

}  // namespace
}  // namespace quantlens
