#pragma once

#include <tuple>

#include "methods/layer.h"
#include "tensor/fields.h"

/// HQQ: half-quadratic quantization. The scale of a group comes from its range; its zero point, no whole number, is
/// moved until the weights that are not outliers come back well. No sample text is needed.
namespace quantlens::methods {

struct HqqParameters {
    int bits = 4;
    int group_size = 64;
    double norm = 0.7;
    int iterations = 20;

    static constexpr auto fields() {
        using P = HqqParameters;
        return std::tuple{
            integer("bits", &P::bits, 1, 8, 1, "bits", "Bits of a weight"),
            integer("group_size", &P::group_size, 1, 1 << 20, 1, "weights",
                    "Weights of a row that share a scale and a zero point; the last group may be shorter"),
            real("norm", &P::norm, 0.1, 1, 0.05, "",
                 "The power of an error that is made small: below 1 a few large errors count little"),
            integer("iterations", &P::iterations, 0, 200, 1, "", "Rounds at most; 0: the zero point of the range"),
        };
    }
};

/// A round gives up the part of each error that |error|^norm makes cheap, and moves the zero point to the mean of what
/// the rest asks for; beta, 10 at first and 1 % more each round, says how little is given up. A group stops when its
/// mean |error| no longer falls, and keeps the zero point of its best round, so that no group has a larger one than
/// with the zero point of its range. The authors' code stops all groups of a matrix at once and keeps the last round's
/// zero points. Scale and zero point count 16 bits each. Errors: kBadParameter outside a range.
/// Source: Badri and Shaji 2023, Half-Quadratic Quantization of Large Machine Learning Models
/// (https://mobiusml.github.io/hqq_blog/), as in the authors' code (mobiusml/hqq, hqq/core/optimize.py, commit
/// 0dbf39a).
Result<QuantizedLayer> hqq(const LinearProblem& problem, const HqqParameters& parameters);

}  // namespace quantlens::methods
