#include "methods/layer.h"

#include <cmath>

#include "kernels/matmul.h"
#include "kernels/rows.h"
#include "methods/uniform.h"

namespace quantlens::methods {
namespace {

struct Extent {
    float low, high;
};

/// Smallest and largest of the values below the threshold in magnitude; 0 and 0 where there are none.
Extent extent_of(std::span<const float> values, float threshold) {
    if (threshold <= 0) {
        const auto extent = kernels::min_max(values);
        return {extent.minimum, extent.maximum};
    }
    bool first = true;
    Extent extent{0, 0};
    for (const float v : values) {
        if (std::abs(v) >= threshold) continue;
        extent = first ? Extent{v, v} : Extent{std::min(extent.low, v), std::max(extent.high, v)};
        first = false;
    }
    return extent;
}

void quantize_in_place(std::span<float> values, const Grid& grid, std::vector<std::int16_t>& codes) {
    Random unused(0);
    codes.resize(values.size());
    encode(values, grid, Rounding::kEven, unused, codes);
    decode(codes, grid, values);
}

std::vector<std::uint32_t> columns_with_outliers(MatrixView<const float> values, float threshold) {
    std::vector<std::uint8_t> found(values.columns());
    for (std::size_t r = 0; r < values.rows(); ++r)
        for (std::size_t c = 0; c < values.columns(); ++c)
            if (std::abs(values(r, c)) >= threshold) found[c] = 1;
    std::vector<std::uint32_t> columns;
    for (std::size_t c = 0; c < found.size(); ++c)
        if (found[c]) columns.push_back(std::uint32_t(c));
    return columns;
}

std::string symbol_of(std::string name) {
    for (char& letter : name)
        if (letter == ' ' || letter == '-') letter = '_';
    return name;
}

}  // namespace

void ActivationQuantizer::apply(MatrixView<float> activations, ThreadPool& pool) const {
    if (!active() || activations.empty()) return;
    UniformSettings settings;
    settings.bits = bits;
    settings.scheme = scheme;
    settings.convention = convention;
    settings.clip_ratio = clip_ratio;
    const auto each_row = [&](const auto& work) {
        constexpr std::size_t kRowsAPiece = 16;
        const std::size_t pieces = (activations.rows() + kRowsAPiece - 1) / kRowsAPiece;
        pool.for_each(pieces, [&](std::size_t piece) {
            std::vector<std::int16_t> codes;
            const std::size_t end = std::min(activations.rows(), (piece + 1) * kRowsAPiece);
            for (std::size_t r = piece * kRowsAPiece; r < end; ++r) work(r, codes);
        });
    };
    if (granularity == Granularity::kTensor) {
        Extent whole = extent_of(activations.row(0), outlier_threshold);
        for (std::size_t r = 1; r < activations.rows(); ++r) {
            const Extent extent = extent_of(activations.row(r), outlier_threshold);
            whole = {std::min(whole.low, extent.low), std::max(whole.high, extent.high)};
        }
        const Grid grid = activation_grid(whole.low, whole.high, settings);
        each_row([&](std::size_t r, std::vector<std::int16_t>& codes) {
            quantize_in_place(activations.row(r), grid, codes);
        });
        return;
    }
    each_row([&](std::size_t r, std::vector<std::int16_t>& codes) {
        const Extent extent = extent_of(activations.row(r), outlier_threshold);
        quantize_in_place(activations.row(r), activation_grid(extent.low, extent.high, settings), codes);
    });
}

std::size_t QuantizedLayer::stored_bits() const {
    double bits = 0;
    for (const auto& part : storage) bits += double(part.count) * part.bits_each;
    return std::size_t(std::ceil(bits));
}

Receipt QuantizedLayer::bits_receipt() const {
    Receipt receipt{{"rows", double(rows), "", "", "the layer"},
                    {"columns", double(columns), "", "", "the layer"},
                    {"weights", double(rows * columns), "", "rows * columns", ""}};
    std::string sum;
    for (const auto& part : storage) {
        const std::string symbol = symbol_of(part.name);
        receipt.push_back({symbol + "_count", double(part.count), "", "", "how many " + part.name + " are stored"});
        receipt.push_back({symbol + "_bits", part.bits_each, "bit", "", "bits of one of the " + part.name});
        sum += (sum.empty() ? "" : " + ") + symbol + "_count * " + symbol + "_bits";
    }
    receipt.push_back({"stored_bits", double(stored_bits()), "bit", "ceil(" + (sum.empty() ? "0" : sum) + ")", ""});
    receipt.push_back({"bits_per_weight", bits_per_weight(), "bit", "stored_bits / weights", ""});
    return receipt;
}

Result<Matrix> QuantizedLayer::transformed(MatrixView<const float> activations, const Run& run) const {
    if (activations.columns() != columns)
        return bad_shape("activations", "activations have " + to_text(activations.columns()) +
                                            " columns, must have as many as the weights, " + to_text(columns));
    Matrix inputs(activations);
    if (!input.column_divisors.empty())
        for (std::size_t t = 0; t < inputs.rows(); ++t)
            for (std::size_t c = 0; c < columns; ++c) inputs(t, c) /= input.column_divisors[c];
    if (input.hadamard)
        if (const auto status = kernels::hadamard(inputs, false, run.pool); !status)
            return std::unexpected(status.error());
    if (!input.quantizer.active()) return inputs;

    // Columns that stay in floating point are quantized with the others, then put back.
    const float threshold = input.quantizer.outlier_threshold;
    const auto kept_columns = threshold > 0 ? columns_with_outliers(inputs, threshold) : input.float_columns;
    Matrix kept(inputs.rows(), kept_columns.size());
    for (std::size_t t = 0; t < inputs.rows(); ++t)
        for (std::size_t k = 0; k < kept_columns.size(); ++k) kept(t, k) = inputs(t, kept_columns[k]);
    input.quantizer.apply(inputs, run.pool);
    for (std::size_t t = 0; t < inputs.rows(); ++t)
        for (std::size_t k = 0; k < kept_columns.size(); ++k) inputs(t, kept_columns[k]) = kept(t, k);
    return inputs;
}

Status check_inputs_fit(MatrixView<const float> weights, MatrixView<const float> activations) {
    if (activations.columns() == weights.columns()) return {};
    return bad_shape("activations", "activations have " + to_text(activations.columns()) +
                                        " columns, must have as many as the weights, " + to_text(weights.columns()));
}

Result<Matrix> QuantizedLayer::multiply(MatrixView<const float> activations, const Run& run) const {
    auto inputs = transformed(activations, run);
    if (!inputs) return inputs;
    Matrix outputs(activations.rows(), rows);
    kernels::matmul_nt(*inputs, basis_weights.empty() ? dequantized : basis_weights, outputs, run.pool);
    return outputs;
}

}  // namespace quantlens::methods
