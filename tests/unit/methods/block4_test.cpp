#include "methods/block4.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "support.h"
#include "tensor/statistics.h"

namespace quantlens::methods {
namespace {

using test::gaussian;
using test::matrix_of;
using test::Threads;

TEST(Block4, EqualsTheReferenceOnEveryGoldenCase) {
    const Threads threads;
    for (const std::string_view operation : {"quant_4bit_codebook", "quant_4bit_double"})
        for (const auto& one : test::cases(operation)) {
            SCOPED_TRACE(one.name());
            const Matrix weights = matrix_of(one.input_f32("W"));
            const Block4Parameters parameters{one.parameters().at("blocksize"), one.parameters().at("double_quant")};
            const auto method = one.parameters().at("quant_type") == "nf4" ? nf4 : fp4;
            const auto layer = method({weights, std::nullopt, threads.run}, parameters);
            ASSERT_TRUE(layer) << layer.error().message;
            // With double quantization the float32 mean may differ in its last bit. A block of denormals, whose
            // reciprocal overflows, comes back as zeros there and as itself here: less than the smallest normal number.
            const double tolerance = parameters.double_quantization ? 1e-5 : 0;
            constexpr double kSmallestNormal = std::numeric_limits<float>::min();
            if (one.has_expected("dequantized")) {
                const auto wanted = one.expected_f32("dequantized").values;
                for (std::size_t i = 0; i < wanted.size(); ++i)
                    ASSERT_NEAR(layer->dequantized.values()[i], wanted[i],
                                tolerance * std::abs(wanted[i]) + kSmallestNormal)
                        << i;
            }
            const double mse = one.expected("weight_mse");
            EXPECT_NEAR(deviation_of(weights, layer->dequantized).mse, mse, 1e-5 * mse);
        }
}

TEST(Block4, StorageIsQLoras) {
    const Threads threads;
    const Matrix weights = gaussian(64, 1024, 1);
    const auto plain = nf4({weights, std::nullopt, threads.run}, {});
    const auto twice = nf4({weights, std::nullopt, threads.run}, {64, true});
    ASSERT_TRUE(plain && twice);
    EXPECT_DOUBLE_EQ(plain->bits_per_weight(), 4.5);
    // 4 + 8/64 + 32/(64*256), and one offset: QLoRA's section 3 says 4.127.
    EXPECT_DOUBLE_EQ(twice->bits_per_weight(), 4 + 8.0 / 64 + 32.0 / (64 * 256) + 32.0 / (64 * 1024));
}

TEST(Block4, BlocksRunAcrossTheEndsOfRows) {
    const Threads threads;
    const Matrix weights(2, 3, {1, 0.1f, 0.1f, 8, 0.1f, 0.1f});
    const auto layer = nf4({weights, std::nullopt, threads.run}, {4, false});
    ASSERT_TRUE(layer);
    EXPECT_EQ(layer->dequantized(0, 1), 0);             // in the block of the 8
    EXPECT_NEAR(layer->dequantized(1, 1), 0.1f, 1e-6);  // in a block of its own, and shorter
    EXPECT_EQ(layer->stored_bits(), 6 * 4 + 2 * 32u);
}

TEST(Block4, SmallerBlocksAndNormalFloatsHaveLessErrorOnGaussianWeights) {
    const Threads threads;
    const Matrix weights = gaussian(64, 512, 3);
    const auto mse = [&](auto method, int block) {
        return deviation_of(weights,
                            method({weights, std::nullopt, threads.run}, Block4Parameters{block, false})->dequantized)
            .mse;
    };
    EXPECT_LT(mse(nf4, 64), mse(nf4, 256));
    EXPECT_LT(mse(nf4, 64), mse(fp4, 64));
}

TEST(Block4, ZerosAndExtremesStayFinite) {
    const Threads threads;
    const Matrix weights(2, 4, {0, 0, 0, 0, 3e38f, -3e38f, 1e-45f, 1});
    for (const auto method : {nf4, fp4})
        for (const bool twice : {false, true}) {
            const auto layer = method({weights, std::nullopt, threads.run}, {4, twice});
            ASSERT_TRUE(layer);
            EXPECT_TRUE(check_finite(layer->dequantized, "dequantized"));
            for (std::size_t c = 0; c < 4 && !twice; ++c) EXPECT_EQ(layer->dequantized(0, c), 0);
        }
}

TEST(Block4, ABlockOfNothingIsRefused) {
    const Threads threads;
    const Matrix weights = gaussian(1, 4, 1);
    const auto layer = nf4({weights, std::nullopt, threads.run}, {0, false});
    ASSERT_FALSE(layer);
    EXPECT_EQ(layer.error().field, "block_size");
}

}  // namespace
}  // namespace quantlens::methods
