#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "tensor/error.h"
#include "tensor/fields.h"
#include "tensor/matrix.h"
#include "tensor/receipt.h"
#include "tensor/run.h"

/// How a linear layer is quantized. X is [tokens x in_features], W is [out_features x in_features], y = X W^T.
namespace quantlens::methods {

/// A layer to quantize: its weights, and the inputs it sees on calibration text where there are any.
struct LinearProblem {
    MatrixView<const float> weights;                     // [output_channels x input_features]
    std::optional<MatrixView<const float>> activations;  // [tokens x input_features]
    const Run& run;
};

/// Fails with kBadShape where the inputs [tokens x input_features] have not as many columns as the weights.
Status check_inputs_fit(MatrixView<const float> weights, MatrixView<const float> activations);

/// How many values share one scale.
enum class Granularity : std::uint8_t { kTensor, kChannel, kGroup, kToken };
enum class Scheme : std::uint8_t { kSymmetric, kAsymmetric };
/// Whose code says how a scale follows from a range (contract, "Conventions"). The last is LLM.int8()'s, chosen by that
/// method alone: symmetric, restricted, and multiplied by (1 / absmax) * 127 where the others divide by the scale.
enum class Convention : std::uint8_t { kPlain, kGptq, kAwq, kQuarot, kDeepspeed, kBitsandbytes };

/// What a runtime stores of an integer-quantized matrix: w ~ (code - zero_point) * scale.
struct Codes {
    int bits = 8;
    bool is_signed = false;
    std::size_t rows = 0, columns = 0;
    std::size_t group_size = 0;               // columns that share a scale; the last group of a row may be shorter
    std::vector<std::int16_t> codes;          // [rows x columns], original column order; within -128 .. 255
    Matrix scales;                            // [rows x groups] (1 x 1 for one scale a tensor)
    std::vector<std::int32_t> zero_points;    // as scales; empty where they are all 0
    double zero_point_bits = 0;               // stored bits of one; 0 where the bits alone say what it is
    std::vector<std::int32_t> column_groups;  // the group of each column, with activation order; else empty
    bool stores_column_groups = false;        // where they do not follow from the column's place

    bool one_scale() const { return scales.size() == 1; }
    std::size_t group_of(std::size_t column) const {
        return column_groups.empty() ? column / group_size : std::size_t(column_groups[column]);
    }
    /// Where the scale and zero point of this row and column stand in `scales` and `zero_points`.
    std::size_t scale_index(std::size_t row, std::size_t column) const {
        return one_scale() ? 0 : row * scales.columns() + group_of(column);
    }
};

/// One kind of stored thing, so that bits a weight are counted and not estimated.
struct StoredPart {
    std::string name;       // "codes", "scales", "zero points", "codebook", "outlier columns", ...
    std::size_t count = 0;  // how many numbers
    double bits_each = 0;   // bits of one of them
};

/// Rounds activations to integers before they meet the weights. 16 bits and more: not at all.
struct ActivationQuantizer {
    int bits = 16;
    Granularity granularity = Granularity::kToken;
    Scheme scheme = Scheme::kSymmetric;
    Convention convention = Convention::kPlain;
    double clip_ratio = 1.0;
    float outlier_threshold = 0;  // values of this magnitude and more do not stretch the range; 0: all count

    bool active() const { return bits < 16; }
    /// The values after quantizing and dequantizing, in place. kToken: one range for each row; kTensor: one for all.
    void apply(MatrixView<float> activations, ThreadPool& pool) const;
};

/// What happens to the inputs before the product, in this order.
struct InputTransform {
    std::vector<float> column_divisors;        // AWQ and SmoothQuant: x_j is divided by these; empty: none
    bool hadamard = false;                     // QuaRot: each row times the normalised Hadamard matrix
    bool splits_columns = false;               // LLM.int8(): whether float_columns is part of the method
    std::vector<std::uint32_t> float_columns;  // LLM.int8(): columns multiplied apart, unquantized; ascending. With the
                                               // quantizer's outlier_threshold, those of the inputs at hand instead
    ActivationQuantizer quantizer;
};

/// Facts that a method found: a number, a word, a list of numbers or of indices.
using Detail = std::variant<double, std::string, std::vector<double>, std::vector<std::uint32_t>>;

/// What a runtime would hold of a quantized layer, and what it computes.
struct QuantizedLayer {
    std::size_t rows = 0, columns = 0;
    Matrix dequantized;  // in the original basis: any scaling or rotation undone
    /// The weights as the product uses them, in the transformed basis; empty where that is `dequantized`.
    Matrix basis_weights;
    std::optional<Codes> codes;
    std::vector<StoredPart> storage;
    InputTransform input;
    std::vector<std::pair<std::string, Detail>> details;

    std::size_t stored_bits() const;
    std::size_t stored_bytes() const { return (stored_bits() + 7) / 8; }
    double bits_per_weight() const { return double(stored_bits()) / double(rows * columns); }
    Receipt bits_receipt() const;

    /// The inputs as the product sees them: divided, rotated, quantized.
    Result<Matrix> transformed(MatrixView<const float> activations, const Run& run) const;

    /// What the layer really outputs for these inputs, activation quantization included: [tokens x rows].
    Result<Matrix> multiply(MatrixView<const float> activations, const Run& run) const;
};

}  // namespace quantlens::methods
