#include "methods/sparse.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "formats/float_codes.h"
#include "methods/rtn.h"
#include "support.h"
#include "tensor/statistics.h"
#include "tensor/synthetic.h"

namespace quantlens::methods {
namespace {

using test::gaussian;
using test::Threads;

TEST(Sparse, WithoutOutliersItIsRoundToNearest) {
    const Threads threads;
    const Matrix weights = gaussian(8, 200, 1);
    for (int bits = 1; bits <= 8; ++bits) {
        SparseParameters parameters;
        parameters.bits = bits;
        parameters.outliers = 0;
        RtnParameters same;
        same.bits = bits;
        const auto a = sparse({weights, std::nullopt, threads.run}, parameters);
        const auto b = rtn({weights, std::nullopt, threads.run}, same);
        ASSERT_TRUE(a && b);
        EXPECT_TRUE(std::ranges::equal(a->dequantized.values(), b->dequantized.values()));
        EXPECT_EQ(a->stored_bits(), b->stored_bits());
    }
}

TEST(Sparse, KeepsTheLargestWeightsInFp16) {
    const Threads threads;
    const Matrix weights = synthetic_weights(16, 128, 2);
    for (const Scheme scheme : {Scheme::kSymmetric, Scheme::kAsymmetric}) {
        SparseParameters parameters;
        parameters.outliers = 1;
        parameters.scheme = scheme;
        const auto layer = sparse({weights, std::nullopt, threads.run}, parameters);
        ASSERT_TRUE(layer);
        std::vector<float> magnitudes;
        for (const float w : weights.values()) magnitudes.push_back(std::abs(w));
        std::ranges::sort(magnitudes, std::greater{});
        const std::size_t count = 20;  // 1 % of 2048
        std::size_t kept = 0;
        for (std::size_t i = 0; i < weights.size(); ++i)
            if (std::abs(weights.values()[i]) >= magnitudes[count - 1]) {
                EXPECT_EQ(layer->dequantized.values()[i], formats::round_to_half(weights.values()[i]));
                ++kept;
            }
        EXPECT_EQ(kept, count);
    }
}

TEST(Sparse, StorageCountsTheCompressedRows) {
    const Threads threads;
    const Matrix weights = gaussian(16, 128, 2);
    SparseParameters parameters;
    parameters.outliers = 1;
    parameters.scheme = Scheme::kSymmetric;
    const auto layer = sparse({weights, std::nullopt, threads.run}, parameters);
    ASSERT_TRUE(layer);
    EXPECT_EQ(layer->stored_bits(), 16 * 128 * 4 + 16 * 16 + 20 * (16 + 16) + 17 * 32u);
    EXPECT_EQ(layer->stored_bytes(), layer->stored_bits() / 8);
}

TEST(Sparse, AFewOutliersHelpMoreThanTheirBitsCost) {
    const Threads threads;
    const Matrix weights = synthetic_weights(64, 512, 3);
    const auto mse = [&](double outliers, int bits) {
        SparseParameters parameters;
        parameters.bits = bits;
        parameters.outliers = outliers;
        const auto layer = sparse({weights, std::nullopt, threads.run}, parameters);
        return deviation_of(weights, layer->dequantized).mse;
    };
    EXPECT_LT(mse(0.5, 3), 0.7 * mse(0, 3));
}

TEST(Sparse, ErrorFallsAsBitsAndOutliersRise) {
    const Threads threads;
    const Matrix weights = gaussian(32, 256, 4);
    double last = std::numeric_limits<double>::infinity();
    for (int bits = 2; bits <= 8; ++bits) {
        SparseParameters parameters;
        parameters.bits = bits;
        const double mse =
            deviation_of(weights, sparse({weights, std::nullopt, threads.run}, parameters)->dequantized).mse;
        EXPECT_LT(mse, last) << bits;
        last = mse;
    }
    last = std::numeric_limits<double>::infinity();
    for (const double outliers : {0.0, 1.0, 5.0, 20.0, 100.0}) {
        SparseParameters parameters;
        parameters.outliers = outliers;
        const double mse =
            deviation_of(weights, sparse({weights, std::nullopt, threads.run}, parameters)->dequantized).mse;
        EXPECT_LT(mse, last) << outliers;
        last = mse;
    }
    EXPECT_LT(last, 1e-6);  // all in FP16
}

TEST(Sparse, OneBitCodesWithoutAZeroStillGiveTheOutliersBack) {
    const Threads threads;
    const Matrix weights(1, 4, {1, -1, 1, 100});
    SparseParameters parameters;
    parameters.bits = 1;
    parameters.scheme = Scheme::kSymmetric;
    parameters.outliers = 25;
    const auto layer = sparse({weights, std::nullopt, threads.run}, parameters);
    ASSERT_TRUE(layer);
    EXPECT_NEAR(layer->dequantized(0, 3), 100, 0.05);
}

TEST(Sparse, TinyAndConstantMatricesWork) {
    const Threads threads;
    for (const Matrix& weights : {Matrix(1, 1, {3}), Matrix(2, 2), Matrix(3, 1, {1, 1, 1})})
        for (const double outliers : {0.0, 50.0, 100.0}) {
            SparseParameters parameters;
            parameters.outliers = outliers;
            const auto layer = sparse({weights, std::nullopt, threads.run}, parameters);
            ASSERT_TRUE(layer);
            for (std::size_t i = 0; i < weights.size(); ++i)
                EXPECT_NEAR(layer->dequantized.values()[i], weights.values()[i], 1e-6);
        }
}

TEST(Sparse, AnOutlierBeyondFp16IsNamed) {
    const Threads threads;
    const Matrix weights(2, 2, {1, 2, 1e38f, 1});
    SparseParameters parameters;
    parameters.outliers = 25;
    const auto layer = sparse({weights, std::nullopt, threads.run}, parameters);
    ASSERT_FALSE(layer);
    EXPECT_EQ(layer.error().code, ErrorCode::kUnsupported);
    EXPECT_NE(layer.error().message.find("row 1, column 0"), std::string::npos) << layer.error().message;
}

}  // namespace
}  // namespace quantlens::methods
