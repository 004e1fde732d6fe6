#include "methods/codebook.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "formats/float_codes.h"
#include "methods/k_means.h"
#include "tensor/random.h"

namespace quantlens::methods {
namespace {

constexpr int kMostIndexBits = 12;

/// The largest number of FP16.
constexpr float kLargestHalf = 65504.0f;

Status checked(const LinearProblem& problem, const CodebookParameters& p) {
    if (const auto ok = check_ranges(p); !ok) return ok;
    if (p.vector_size == 3) return bad_parameter("vector_size", p.vector_size, "1, 2 or 4");
    const auto vector = std::size_t(p.vector_size);
    const auto& weights = problem.weights;
    if (p.granularity == Granularity::kGroup && p.group_size % p.vector_size != 0)
        return bad_parameter("group_size", p.group_size, "a multiple of the vector size " + to_text(p.vector_size));
    if (weights.columns() % vector != 0)
        return bad_shape("weights", "weights has " + to_text(weights.columns()) +
                                        " columns, must have a multiple of the vector size " + to_text(vector));
    for (std::size_t r = 0; r < weights.rows(); ++r)
        for (std::size_t c = 0; c < weights.columns(); ++c)
            if (!(std::abs(weights(r, c)) <= kLargestHalf))
                return fail(ErrorCode::kUnsupported, "weights",
                            "weights has " + to_text(weights(r, c)) + " at row " + to_text(r) + ", column " +
                                to_text(c) + ", must be within +-65504 because the entries of a codebook are FP16");
    return {};
}

}  // namespace

Result<QuantizedLayer> codebook(const LinearProblem& problem, const CodebookParameters& parameters) {
    if (const auto ok = checked(problem, parameters); !ok) return std::unexpected(ok.error());
    const std::size_t rows = problem.weights.rows(), columns = problem.weights.columns();
    const auto vector = std::size_t(parameters.vector_size);
    const int index_bits = std::min(parameters.bits * parameters.vector_size, kMostIndexBits);

    QuantizedLayer layer;
    layer.rows = rows;
    layer.columns = columns;
    layer.dequantized = Matrix(problem.weights);

    // Row-major, so every set of weights that shares a codebook is a run of values.
    const std::size_t a_row =
        parameters.granularity == Granularity::kGroup
            ? (columns + std::size_t(parameters.group_size) - 1) / std::size_t(parameters.group_size)
            : 1;
    const std::size_t books = parameters.granularity == Granularity::kTensor ? 1 : rows * a_row;
    const auto run_of = [&](std::size_t book) -> std::span<float> {
        const auto all = layer.dequantized.values();
        if (parameters.granularity == Granularity::kTensor) return all;
        const std::size_t start = book % a_row * std::size_t(parameters.group_size);
        const std::size_t length = a_row == 1 ? columns : std::min(std::size_t(parameters.group_size), columns - start);
        return all.subspan(book / a_row * columns + start, length);
    };

    std::vector<std::size_t> entries(books);
    std::vector<double> first_book;
    const auto fit = [&](std::size_t book) {
        const auto weights = run_of(book);
        const KMeansSettings settings{vector, std::size_t(1) << index_bits, parameters.restarts, parameters.iterations,
                                      Random(problem.run.seed).split(book).bits()};
        auto clusters = k_means(weights, settings, problem.run.pool);
        for (float& value : clusters.centers) value = formats::round_to_half(value);
        assign_to_nearest(weights, vector, clusters, problem.run.pool);
        entries[book] = clusters.centers.size() / vector;
        if (book == 0) first_book.assign(clusters.centers.begin(), clusters.centers.end());
        for (std::size_t i = 0; i < clusters.index.size(); ++i)
            std::copy_n(&clusters.centers[clusters.index[i] * vector], vector, &weights[i * vector]);
    };
    constexpr std::size_t kBooksBetweenReports = 64;
    for (std::size_t book = 0; book < books; book += kBooksBetweenReports) {
        if (problem.run.should_stop(double(book) / double(books)))
            return fail(ErrorCode::kCancelled, "", "the computation was cancelled");
        problem.run.pool.for_each(std::min(kBooksBetweenReports, books - book), [&](std::size_t i) { fit(book + i); });
    }

    std::size_t all_entries = 0;
    for (const std::size_t count : entries) all_entries += count;
    layer.storage = {{"indices", rows * columns / vector, double(index_bits)}, {"codebook", all_entries * vector, 16}};
    layer.details = {
        {"index_bits", double(index_bits)}, {"entries", double(all_entries)}, {"codebook", std::move(first_book)}};
    return layer;
}

}  // namespace quantlens::methods
