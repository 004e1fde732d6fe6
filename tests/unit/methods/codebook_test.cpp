#include "methods/codebook.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>

#include "formats/float_codes.h"
#include "methods/k_means.h"
#include "support.h"
#include "tensor/statistics.h"

namespace quantlens::methods {
namespace {

using test::gaussian;
using test::Threads;

/// The least squared error of `entries` centers for sorted numbers, over all ways to cut them into runs.
double best_error_1d(std::vector<float> values, std::size_t entries) {
    std::ranges::sort(values);
    const std::size_t n = values.size();
    const auto cost = [&](std::size_t first, std::size_t last) {  // of one run, last excluded
        double sum = 0, error = 0;
        for (std::size_t i = first; i < last; ++i) sum += values[i];
        const double mean = sum / double(last - first);
        for (std::size_t i = first; i < last; ++i) error += (values[i] - mean) * (values[i] - mean);
        return error;
    };
    std::vector<double> best(n + 1, std::numeric_limits<double>::infinity());
    best[0] = 0;
    for (std::size_t e = 0; e < entries; ++e) {
        std::vector<double> next = best;
        for (std::size_t last = 1; last <= n; ++last)
            for (std::size_t first = 0; first < last; ++first)
                next[last] = std::min(next[last], best[first] + cost(first, last));
        best = std::move(next);
    }
    return best[n];
}

TEST(KMeans, FindsTheOptimumOfSmallSetsOfNumbers) {
    Threads threads;
    for (std::uint64_t seed = 0; seed < 20; ++seed)
        for (const std::size_t entries : {1u, 2u, 4u, 8u}) {
            const Matrix points = gaussian(1, 24, seed);
            const KMeansSettings settings{1, entries, 300, 200, seed};
            const auto found = k_means(points.values(), settings, threads.pool);
            const double best = best_error_1d({points.values().begin(), points.values().end()}, entries);
            EXPECT_GE(found.squared_error, best * (1 - 1e-6));
            EXPECT_LE(found.squared_error, best * (1 + 1e-3)) << "seed " << seed << ", entries " << entries;
        }
}

TEST(KMeans, EveryPointIsAtItsNearestCenterAndEveryCenterIsUsed) {
    Threads threads;
    for (const std::size_t dimension : {1u, 2u, 4u}) {
        const Matrix points = gaussian(3000 / dimension, dimension, 7);  // more than a piece of points
        const auto found = k_means(points.values(), {dimension, 16, 2, 30, 1}, threads.pool);
        ASSERT_EQ(found.centers.size(), 16 * dimension);
        double total = 0;
        for (std::size_t i = 0; i < points.rows(); ++i) {
            const auto distance = [&](std::size_t e) {
                double sum = 0;
                for (std::size_t d = 0; d < dimension; ++d)
                    sum += std::pow(double(points(i, d)) - found.centers[e * dimension + d], 2);
                return sum;
            };
            for (std::size_t e = 0; e < 16; ++e) EXPECT_LE(distance(found.index[i]), distance(e) + 1e-6);
            total += distance(found.index[i]);
        }
        EXPECT_NEAR(found.squared_error, total, 1e-6 * total);
        EXPECT_EQ(std::set<std::uint32_t>(found.index.begin(), found.index.end()).size(), 16u);
    }
}

TEST(KMeans, FewDistinctPointsAreFoundExactly) {
    Threads threads;
    const std::vector<float> points{1, 2, 2, 1, -3, 1, 2, -3};
    const auto found = k_means(points, {1, 16, 1, 10, 0}, threads.pool);
    EXPECT_EQ(found.centers, (std::vector<float>{-3, 1, 2}));
    EXPECT_EQ(found.squared_error, 0);
    const auto pairs = k_means(points, {2, 16, 1, 10, 0}, threads.pool);
    EXPECT_EQ(pairs.centers.size(), 2 * 4u);
    EXPECT_EQ(pairs.squared_error, 0);
}

TEST(KMeans, TheSeedDecidesAndThreadsDoNot) {
    Threads one(1), four(4);
    const Matrix points = gaussian(5000, 2, 3);
    const auto a = k_means(points.values(), {2, 32, 2, 20, 5}, one.pool);
    const auto b = k_means(points.values(), {2, 32, 2, 20, 5}, four.pool);
    const auto c = k_means(points.values(), {2, 32, 2, 20, 6}, one.pool);
    EXPECT_EQ(a.centers, b.centers);
    EXPECT_EQ(a.index, b.index);
    EXPECT_NE(a.centers, c.centers);
}

double entries_of(const QuantizedLayer& layer) {
    const std::map<std::string, Detail> details(layer.details.begin(), layer.details.end());
    return std::get<double>(details.at("entries"));
}

TEST(Codebook, StorageIsIndicesAndFp16Entries) {
    const Threads threads;
    const Matrix weights = gaussian(8, 256, 1);
    for (const int vector : {1, 2, 4})
        for (const auto granularity : {Granularity::kTensor, Granularity::kChannel, Granularity::kGroup}) {
            CodebookParameters parameters;
            parameters.bits = 2;
            parameters.vector_size = vector;
            parameters.granularity = granularity;
            parameters.restarts = 1;
            const auto layer = codebook({weights, std::nullopt, threads.run}, parameters);
            ASSERT_TRUE(layer) << layer.error().message;
            const double books = granularity == Granularity::kTensor    ? 1
                                 : granularity == Granularity::kChannel ? 8
                                                                        : 16;
            EXPECT_LE(entries_of(*layer), books * (1 << (2 * vector)));
            EXPECT_EQ(double(layer->stored_bits()), 8 * 256 * 2 + entries_of(*layer) * vector * 16);
            // Every vector is one of the entries, which are FP16 numbers.
            std::set<std::vector<float>> distinct;
            for (std::size_t i = 0; i < weights.size(); i += std::size_t(vector)) {
                const auto all = layer->dequantized.values();
                distinct.emplace(all.begin() + std::ptrdiff_t(i), all.begin() + std::ptrdiff_t(i) + vector);
            }
            EXPECT_LE(double(distinct.size()), entries_of(*layer));
            for (const float v : layer->dequantized.values()) EXPECT_EQ(v, formats::round_to_half(v));
        }
}

TEST(Codebook, ErrorFallsAsBitsRise) {
    const Threads threads;
    const Matrix weights = gaussian(8, 256, 1);
    double last = std::numeric_limits<double>::infinity();
    for (int bits = 1; bits <= 6; ++bits) {
        CodebookParameters parameters;
        parameters.bits = bits;
        const auto layer = codebook({weights, std::nullopt, threads.run}, parameters);
        ASSERT_TRUE(layer);
        const double mse = deviation_of(weights, layer->dequantized).mse;
        EXPECT_LT(mse, last) << bits;
        last = mse;
    }
}

TEST(Codebook, BeatsEquallySpacedLevelsOnGaussianWeights) {
    // The best 16 levels for a Gaussian have an error of 0.009497 (Max 1960, table I); 16 equal steps, 0.01154.
    const Threads threads;
    const Matrix weights = gaussian(64, 1024, 2);
    CodebookParameters parameters;
    parameters.granularity = Granularity::kTensor;
    const auto layer = codebook({weights, std::nullopt, threads.run}, parameters);
    ASSERT_TRUE(layer);
    EXPECT_NEAR(deviation_of(weights, layer->dequantized).mse, 0.009497, 0.0003);
}

TEST(Codebook, VectorsBeatScalarsAtEqualBits) {
    const Threads threads;
    const Matrix weights = test::correlated(64, 128, 3);
    CodebookParameters parameters;
    parameters.bits = 2;
    parameters.granularity = Granularity::kTensor;
    const auto scalars = codebook({weights, std::nullopt, threads.run}, parameters);
    parameters.vector_size = 2;
    const auto pairs = codebook({weights, std::nullopt, threads.run}, parameters);
    ASSERT_TRUE(scalars && pairs);
    EXPECT_LT(deviation_of(weights, pairs->dequantized).mse, deviation_of(weights, scalars->dequantized).mse);
}

TEST(Codebook, AnIndexHasTwelveBitsAtMost) {
    const Threads threads;
    const Matrix weights = gaussian(4, 64, 1);
    CodebookParameters parameters;
    parameters.bits = 8;
    parameters.vector_size = 4;
    const auto layer = codebook({weights, std::nullopt, threads.run}, parameters);
    ASSERT_TRUE(layer);
    EXPECT_EQ(layer->storage[0].bits_each, 12);
    EXPECT_LT(deviation_of(weights, layer->dequantized).max_error, 2e-3);  // an entry a vector: FP16 alone
}

TEST(Codebook, ConstantRowsTinyShapesAndLongGroupsWork) {
    const Threads threads;
    const Matrix constant(2, 4, {5, 5, 5, 5, 0, 0, 0, 0});
    for (const auto granularity : {Granularity::kTensor, Granularity::kChannel, Granularity::kGroup}) {
        CodebookParameters parameters;
        parameters.granularity = granularity;
        for (const Matrix& weights : {constant, Matrix(1, 1, {-2.5f}), Matrix(3, 1, {1, 2, 3})}) {
            const auto layer = codebook({weights, std::nullopt, threads.run}, parameters);
            ASSERT_TRUE(layer) << layer.error().message;
            EXPECT_TRUE(std::ranges::equal(layer->dequantized.values(), weights.values()));
        }
    }
}

TEST(Codebook, SameBitsAtAnyThreadCount) {
    const Threads one(1, 9), four(4, 9);
    const Matrix weights = gaussian(40, 64, 1);
    const auto a = codebook({weights, std::nullopt, one.run}, {});
    const auto b = codebook({weights, std::nullopt, four.run}, {});
    ASSERT_TRUE(a && b);
    EXPECT_TRUE(std::ranges::equal(a->dequantized.values(), b->dequantized.values()));
}

TEST(Codebook, WhatDoesNotFitIsRefusedByName) {
    const Threads threads;
    const auto refused = [&](const Matrix& weights, const CodebookParameters& parameters, std::string_view field) {
        const auto layer = codebook({weights, std::nullopt, threads.run}, parameters);
        ASSERT_FALSE(layer);
        EXPECT_EQ(layer.error().field, field) << layer.error().message;
    };
    CodebookParameters threes, pairs, odd_groups;
    threes.vector_size = 3;
    pairs.vector_size = 2;
    odd_groups = pairs;
    odd_groups.granularity = Granularity::kGroup;
    odd_groups.group_size = 5;
    refused(gaussian(2, 6, 1), threes, "vector_size");
    refused(gaussian(2, 5, 1), pairs, "weights");
    refused(gaussian(2, 20, 1), odd_groups, "group_size");
    refused(Matrix(1, 2, {1, 1e6f}), {}, "weights");
}

}  // namespace
}  // namespace quantlens::methods
