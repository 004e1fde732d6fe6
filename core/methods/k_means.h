#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "tensor/thread_pool.h"

/// k-means clustering: the codebook with the least squared error that Lloyd's iteration finds.
namespace quantlens::methods {

struct KMeansSettings {
    std::size_t dimension = 1;  // of a point
    std::size_t entries = 16;   // centers at most
    int restarts = 3;           // >= 1
    int iterations = 50;        // of each restart, at most
    std::uint64_t seed = 0;
};

struct Clusters {
    std::vector<float> centers;        // [entries x dimension]; in one dimension ascending
    std::vector<std::uint32_t> index;  // the nearest center of each point; a tie goes to the lower one
    double squared_error = 0;          // sum over the points
};

/// Clusters `points`, [count x dimension] row-major and finite: the best of `restarts` runs, each started by k-means++,
/// with several draws a center where there are few of them. A run ends early where an iteration improves the error by
/// less than 1 in 2000. There are fewer centers than `entries` where there are fewer distinct points. A cluster that
/// loses all its points gets the point farthest from its center. The same result at any thread count.
/// Source: Arthur and Vassilvitskii 2007, "k-means++: the advantages of careful seeding", section 2.2 (several draws:
/// section 7); Lloyd 1982, "Least squares quantization in PCM".
Clusters k_means(std::span<const float> points, const KMeansSettings& settings, ThreadPool& pool);

/// Sets each point's index to its nearest center and the squared error with it; for centers that were changed.
void assign_to_nearest(std::span<const float> points, std::size_t dimension, Clusters& clusters, ThreadPool& pool);

}  // namespace quantlens::methods
