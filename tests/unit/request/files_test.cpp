// Files that a caller reads by ranges and hands over as bytes.
#include <gtest/gtest.h>

#include "request/door.h"

namespace quantlens::request {
namespace {

class Files : public testing::Test {
protected:
    Response ask(std::string_view text, std::vector<Array> arrays) {
        return session_.answer_text(text, std::move(arrays));
    }
    static Array bytes(std::string name, std::vector<std::size_t> shape, std::vector<std::uint8_t> values) {
        return {std::move(name), std::move(shape), std::move(values)};
    }
    static std::string message(const Response& response) {
        return response.body.contains("error") ? response.body["error"]["message"].get<std::string>() : "";
    }

    ThreadPool pool_{1};
    double clock_ = 0;
    Session session_{pool_, [this] { return clock_ += 1; }};
};

/// 2 x 3 numbers as a safetensors file.
std::vector<std::uint8_t> small_file(Session& session) {
    std::vector<Array> arrays;
    arrays.push_back({"w", {2, 3}, std::vector<float>{1, 2, 3, -4, 5, 0.5f}});
    auto response = session.answer_text(R"({"op":"tensor-file","to":"safetensors"})", std::move(arrays));
    return std::get<std::vector<std::uint8_t>>(response.arrays.at(0).values);
}

TEST_F(Files, InspectAsksForMoreUntilTheHeaderIsThere) {
    const auto file = small_file(session_);
    const std::string request =
        R"({"op":"inspect","file":"a.safetensors","file_bytes":)" + std::to_string(file.size()) + "}";
    std::size_t given = 0, asked = 0;
    Response response;
    for (;; ++asked) {
        response = ask(request, {bytes("start", {given}, {file.begin(), file.begin() + std::ptrdiff_t(given)})});
        if (!response.body.contains("needs")) break;
        ASSERT_GT(response.body["needs"].get<std::size_t>(), given);
        ASSERT_LE(response.body["needs"].get<std::size_t>(), file.size());
        given = response.body["needs"].get<std::size_t>();
    }
    EXPECT_GT(asked, 0u);
    EXPECT_LT(given, file.size());
    EXPECT_EQ(response.body["tensors"][0]["name"], "w");
    EXPECT_EQ(response.body["tensors"][0]["bytes"].get<int>(), 24);
    EXPECT_EQ(response.body["tensors"][0]["offset"].get<std::size_t>() + 24, file.size());
}

TEST_F(Files, InspectRefusesAFileThatIsNone) {
    EXPECT_NE(
        message(ask(R"({"op":"inspect","file_bytes":12})", {bytes("start", {12}, std::vector<std::uint8_t>(12, 65))}))
            .find("no npy, GGUF or safetensors file"),
        std::string::npos);
}

TEST_F(Files, StoredBytesAreAWeightMatrixOfTheirType) {
    // 1, -2, 0.5, 4 as bfloat16, little-endian then big-endian, then down the columns.
    const std::vector<std::uint8_t> little{0x80, 0x3f, 0x00, 0xc0, 0x00, 0x3f, 0x80, 0x40};
    std::vector<std::uint8_t> big = little;
    for (std::size_t i = 0; i < big.size(); i += 2) std::swap(big[i], big[i + 1]);
    const auto weights = [&](std::string_view keys, const std::vector<std::uint8_t>& stored) {
        auto response = ask(R"({"op":"quantize","method":"f32","return":"weights",)" + std::string{keys} + "}",
                            {bytes("weights", {2, 4}, stored)});
        EXPECT_EQ(message(response), "");
        return response.arrays.empty() ? std::vector<float>{} : std::get<std::vector<float>>(response.arrays[0].values);
    };
    EXPECT_EQ(weights(R"("weights_type":"bf16")", little), (std::vector<float>{1, -2, 0.5f, 4}));
    EXPECT_EQ(weights(R"("weights_type":">bf16")", big), (std::vector<float>{1, -2, 0.5f, 4}));
    EXPECT_EQ(weights(R"("weights_type":"bf16","weights_by_columns":true)", little),
              (std::vector<float>{1, 0.5f, -2, 4}));
}

TEST_F(Files, StoredBytesAreCheckedAgainstTheirType) {
    const auto refused = [&](std::string_view type, std::vector<std::size_t> shape, std::size_t count) {
        return message(ask(R"({"op":"statistics","weights_type":")" + std::string{type} + "\"}",
                           {bytes("weights", std::move(shape), std::vector<std::uint8_t>(count))}));
    };
    EXPECT_NE(refused("q4_0", {1, 19}, 19).find("no multiple of the 18"), std::string::npos);
    EXPECT_NE(refused("q9_9", {1, 4}, 4).find("an element type such as"), std::string::npos);
    EXPECT_NE(refused("i32", {1, 4}, 4).find("must be float16"), std::string::npos);
    EXPECT_NE(refused("iq2_xs", {1, 74}, 74).find("cannot be decoded"), std::string::npos);
    EXPECT_NE(refused("f32", {2, 2, 4}, 16).find("must have 1 or 2"), std::string::npos);
    EXPECT_NE(message(ask(R"({"op":"statistics","weights_type":"f32","values":[1]})", {})).find("left out"),
              std::string::npos);
}

TEST_F(Files, AnNpyFileHoldsOneArray) {
    std::vector<Array> two(2, Array{"a", {1}, std::vector<float>{1}});
    two[1].name = "b";
    EXPECT_NE(message(ask(R"({"op":"tensor-file","to":"npy"})", two)).find("holds one array"), std::string::npos);
    two.resize(1);
    const auto response = ask(R"({"op":"tensor-file","to":"npy"})", two);
    const auto& file = std::get<std::vector<std::uint8_t>>(response.arrays.at(0).values);
    EXPECT_EQ(file.size() % 64, 4u);
    EXPECT_EQ(file[0], 0x93);
}

TEST_F(Files, MeasureNamesKernelShapeAndShareOfTheLimit) {
    const auto product =
        ask(R"({"op":"measure","kernel":"q4_0","rows":64,"columns":256,"tokens":2,"repetitions":2})", {});
    EXPECT_EQ(product.body["kernel"], "matmul_packed q4_0");
    EXPECT_EQ(product.body["shape"], "2 tokens, 64 x 256");
    EXPECT_EQ(product.body["bound"], "int8");
    // The clock moves a second a reading, so a repetition is one call.
    EXPECT_EQ(product.body["seconds"].get<double>(), 1);
    EXPECT_DOUBLE_EQ(product.body["gop_per_s"].get<double>(), 2.0 * 2 * 64 * 256 * 1e-9);
    EXPECT_GT(product.body["share_of_limit"].get<double>(), 0);
    const auto limit = ask(R"({"op":"measure","kernel":"cache","repetitions":1})", {});
    EXPECT_DOUBLE_EQ(limit.body["gb_per_s"].get<double>(), 262144e-9);
    EXPECT_FALSE(limit.body.contains("share_of_limit"));
}

}  // namespace
}  // namespace quantlens::request
