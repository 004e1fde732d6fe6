#pragma once

#include <tuple>

#include "methods/layer.h"
#include "methods/uniform.h"
#include "tensor/fields.h"

/// Sparse outliers: the largest weights are kept in FP16 beside a low-bit matrix of the others.
namespace quantlens::methods {

struct SparseParameters {
    int bits = 4;
    int group_size = 128;
    double outliers = 0.5;
    Scheme scheme = Scheme::kAsymmetric;

    static constexpr auto fields() {
        using P = SparseParameters;
        return std::tuple{
            integer("bits", &P::bits, 1, 8, 1, "bits", "Bits of a weight of the dense part"),
            integer("group_size", &P::group_size, 1, 1 << 20, 1, "weights", "Weights of a row that share a scale"),
            real("outliers", &P::outliers, 0, 100, 0.1, "%", "Share of the weights, the largest, that is kept in FP16"),
            choice("scheme", &P::scheme, kSchemeNames, "Whether the codes of the dense part are centred on zero"),
        };
    }
};

/// Takes the `outliers` percent of W with the largest magnitudes (rounded to a whole number of weights) out, rounds the
/// rest as `rtn` does with zeros in their place, and adds the outliers back from compressed sparse rows.
/// Storage of the sparse part: FP16 values; column indices of 16 bits (32 where a row has more than 65536 columns);
/// rows + 1 row pointers of 32 bits. Without outliers it is not stored at all.
/// Details: `outliers` (how many), `outlier_threshold` (the smallest magnitude kept).
/// Errors: kBadParameter outside a range; kUnsupported where an outlier is beyond FP16.
/// Source: Dettmers et al. 2023, SpQR (arXiv 2306.03078), section 4; Kim et al. 2023, SqueezeLLM (arXiv 2306.07629),
/// section 4.2, for outliers by magnitude alone.
Result<QuantizedLayer> sparse(const LinearProblem& problem, const SparseParameters& parameters);

}  // namespace quantlens::methods
