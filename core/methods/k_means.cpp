#include "methods/k_means.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "tensor/random.h"

namespace quantlens::methods {
namespace {

/// Iterations that gain less than this share of the error are not worth their time.
constexpr double kWorthwhileGain = 5e-4;

/// Larger tables are seeded with one draw an entry: on 32768 vectors of four, 4096 entries and ten draws, the draws
/// took two thirds of 25 seconds.
constexpr std::size_t kMostEntriesWithDraws = 64;

/// Points a piece of work takes; fixed, so that sums do not depend on the number of threads.
constexpr std::size_t kPiecePoints = 1024;

double squared_distance(const float* a, const float* b, std::size_t dimension) {
    double sum = 0;
    for (std::size_t d = 0; d < dimension; ++d) sum += (double(a[d]) - b[d]) * (double(a[d]) - b[d]);
    return sum;
}

/// Draws a point with a chance proportional to its squared distance to the nearest center, of which `total` is the sum.
std::size_t draw_point(std::span<const double> nearest, double total, Random& random) {
    const double drawn = random.uniform() * total;
    double passed = 0;
    std::size_t point = 0;
    for (std::size_t i = 0; i < nearest.size() && passed <= drawn; ++i) {
        if (nearest[i] > 0) point = i;  // the last one that can be drawn, should rounding pass the end
        passed += nearest[i];
    }
    return point;
}

/// k-means++: the first center is any point, each next one a point drawn by its squared distance to the nearest center
/// so far; of 2 + ln(entries) draws (one where the table is large) the one that lowers the error most. Ends early where
/// every point is a center.
std::vector<float> seed_centers(std::span<const float> points, std::size_t dimension, std::size_t entries,
                                Random random) {
    const std::size_t count = points.size() / dimension;
    const std::size_t draws = entries <= kMostEntriesWithDraws ? 2 + std::size_t(std::log(double(entries))) : 1;
    std::vector<float> centers;
    std::vector<double> nearest(count, std::numeric_limits<double>::infinity()), candidate(count), best(count);
    const auto distances_with = [&](std::size_t chosen, std::vector<double>& with) {
        double total = 0;
        for (std::size_t i = 0; i < count; ++i) {
            with[i] =
                std::min(nearest[i], squared_distance(&points[i * dimension], &points[chosen * dimension], dimension));
            total += with[i];
        }
        return total;
    };
    std::size_t chosen = std::size_t(random.below(count));
    double total = distances_with(chosen, best);
    while (true) {
        centers.insert(centers.end(), &points[chosen * dimension], &points[chosen * dimension] + dimension);
        std::swap(nearest, best);
        if (centers.size() == entries * dimension || !(total > 0)) return centers;
        const double before = total;
        total = std::numeric_limits<double>::infinity();
        for (std::size_t i = 0; i < draws; ++i) {
            const std::size_t drawn = draw_point(nearest, before, random);
            const double with_it = distances_with(drawn, candidate);
            if (with_it >= total) continue;
            total = with_it;
            chosen = drawn;
            std::swap(best, candidate);
        }
    }
}

/// In one dimension the nearest centers follow from the midpoints between neighbours.
void assign_scalars(std::span<const float> points, Clusters& clusters, std::span<double> errors) {
    const auto& centers = clusters.centers;
    std::vector<double> midpoints;
    for (std::size_t i = 0; i + 1 < centers.size(); ++i) midpoints.push_back((double(centers[i]) + centers[i + 1]) / 2);
    for (std::size_t i = 0; i < points.size(); ++i) {
        const auto at = std::ranges::lower_bound(midpoints, double(points[i])) - midpoints.begin();
        clusters.index[i] = std::uint32_t(at);
        const double error = double(points[i]) - centers[std::size_t(at)];
        errors[i] = error * error;
    }
}

/// Distances to all centers at once: the centers lie dimension by dimension, so that the inner loop runs over them.
void assign_vectors(std::span<const float> points, std::size_t dimension, Clusters& clusters, std::span<double> errors,
                    ThreadPool& pool) {
    const std::size_t count = points.size() / dimension;
    const std::size_t entries = clusters.centers.size() / dimension;
    std::vector<float> by_dimension(clusters.centers.size());
    for (std::size_t e = 0; e < entries; ++e)
        for (std::size_t d = 0; d < dimension; ++d) by_dimension[d * entries + e] = clusters.centers[e * dimension + d];
    pool.for_each((count + kPiecePoints - 1) / kPiecePoints, [&](std::size_t piece) {
        std::vector<float> distances(entries);
        for (std::size_t i = piece * kPiecePoints; i < std::min(count, (piece + 1) * kPiecePoints); ++i) {
            std::ranges::fill(distances, 0.0f);
            for (std::size_t d = 0; d < dimension; ++d) {
                const float x = points[i * dimension + d];
                const float* center = &by_dimension[d * entries];
                for (std::size_t e = 0; e < entries; ++e) distances[e] += (x - center[e]) * (x - center[e]);
            }
            const auto at = std::size_t(std::ranges::min_element(distances) - distances.begin());
            clusters.index[i] = std::uint32_t(at);
            errors[i] = squared_distance(&points[i * dimension], &clusters.centers[at * dimension], dimension);
        }
    });
}

void assign(std::span<const float> points, std::size_t dimension, Clusters& clusters, std::span<double> errors,
            ThreadPool& pool) {
    if (dimension == 1) {
        std::ranges::sort(clusters.centers);
        assign_scalars(points, clusters, errors);
    } else {
        assign_vectors(points, dimension, clusters, errors, pool);
    }
    clusters.squared_error = 0;
    for (const double error : errors) clusters.squared_error += error;
}

/// Each center becomes the mean of its points; one without points becomes the point with the largest error.
void move_centers(std::span<const float> points, std::size_t dimension, Clusters& clusters, std::span<double> errors) {
    const std::size_t entries = clusters.centers.size() / dimension;
    std::vector<double> sums(clusters.centers.size());
    std::vector<std::size_t> members(entries);
    for (std::size_t i = 0; i < clusters.index.size(); ++i) {
        const std::size_t e = clusters.index[i];
        ++members[e];
        for (std::size_t d = 0; d < dimension; ++d) sums[e * dimension + d] += points[i * dimension + d];
    }
    for (std::size_t e = 0; e < entries; ++e) {
        float* center = &clusters.centers[e * dimension];
        if (members[e] > 0) {
            for (std::size_t d = 0; d < dimension; ++d) center[d] = float(sums[e * dimension + d] / double(members[e]));
            continue;
        }
        const auto farthest = std::ranges::max_element(errors);
        std::copy_n(&points[std::size_t(farthest - errors.begin()) * dimension], dimension, center);
        *farthest = 0;  // not again for the next empty one
    }
}

Clusters run_once(std::span<const float> points, const KMeansSettings& settings, Random random, ThreadPool& pool) {
    Clusters clusters;
    clusters.centers = seed_centers(points, settings.dimension, settings.entries, random);
    clusters.index.resize(points.size() / settings.dimension);
    std::vector<double> errors(clusters.index.size());
    assign(points, settings.dimension, clusters, errors, pool);
    for (int i = 0; i < settings.iterations && clusters.squared_error > 0; ++i) {
        Clusters moved = clusters;
        move_centers(points, settings.dimension, moved, errors);
        assign(points, settings.dimension, moved, errors, pool);
        const double gain = clusters.squared_error - moved.squared_error;
        const bool worthwhile = gain > kWorthwhileGain * clusters.squared_error;
        if (gain > 0) clusters = std::move(moved);
        if (!worthwhile) break;
    }
    return clusters;
}

}  // namespace

Clusters k_means(std::span<const float> points, const KMeansSettings& settings, ThreadPool& pool) {
    Clusters best;
    if (points.size() < settings.dimension) return best;
    const Random random(settings.seed);
    for (int r = 0; r < settings.restarts; ++r) {
        auto found = run_once(points, settings, random.split(std::uint64_t(r)), pool);
        if (r == 0 || found.squared_error < best.squared_error) best = std::move(found);
        if (best.squared_error == 0) break;
    }
    return best;
}

void assign_to_nearest(std::span<const float> points, std::size_t dimension, Clusters& clusters, ThreadPool& pool) {
    clusters.index.resize(points.size() / dimension);
    std::vector<double> errors(clusters.index.size());
    assign(points, dimension, clusters, errors, pool);
}

}  // namespace quantlens::methods
