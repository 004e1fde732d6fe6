#pragma once

#include <array>
#include <string_view>
#include <tuple>

#include "methods/layer.h"
#include "tensor/fields.h"

/// Learned codebooks: every weight, or every 2 or 4 neighbours together, becomes the index of the nearest entry of a
/// table that k-means fits to them.
namespace quantlens::methods {

/// Names by the enumerator's value, so kTensor, kChannel, kGroup in this order.
inline constexpr std::array<std::string_view, 3> kCodebookGranularityNames{"tensor", "channel", "group"};

struct CodebookParameters {
    int bits = 4;
    int vector_size = 1;
    Granularity granularity = Granularity::kChannel;
    int group_size = 128;
    int restarts = 3;
    int iterations = 50;

    static constexpr auto fields() {
        using P = CodebookParameters;
        return std::tuple{
            integer("bits", &P::bits, 1, 8, 1, "bits",
                    "Bits of index a weight: an index has bits x vector_size bits, 12 at most"),
            integer("vector_size", &P::vector_size, 1, 4, 1, "weights", "Neighbours that share an index: 1, 2 or 4"),
            choice("granularity", &P::granularity, kCodebookGranularityNames, "What shares a codebook"),
            integer("group_size", &P::group_size, 1, 1 << 20, 1, "weights",
                    "Weights of a row that share a codebook, with granularity group"),
            integer("restarts", &P::restarts, 1, 20, 1, "", "Seeded starts of k-means; the best is kept"),
            integer("iterations", &P::iterations, 1, 500, 1, "", "Rounds of k-means at most"),
        };
    }
};

/// One codebook for the matrix, for each output channel, or for each group of `group_size` columns of one.
///
/// Index bits are bits x vector_size, 12 at most: 4 bits with vectors of 4 would be 65536 entries, and becomes 4096, so
/// 3 bits a weight. Vectors run along a row. Entries are stored in FP16 and used as such; a codebook holds only as many
/// entries as its points have distinct values, and each is counted in the storage.
/// Details: `index_bits`, `entries` (of all codebooks), `codebook` (the first one, [entries x vector_size]).
/// Errors: kBadParameter for a vector size of 3; kBadShape where vectors do not fill a row or a group; kUnsupported
/// where a weight is beyond FP16.
/// Source: Han et al. 2015, Deep Compression (arXiv 1510.00149), section 3; vectors as in Stock et al. 2019 (arXiv
/// 1907.05686), section 3.
Result<QuantizedLayer> codebook(const LinearProblem& problem, const CodebookParameters& parameters);

}  // namespace quantlens::methods
