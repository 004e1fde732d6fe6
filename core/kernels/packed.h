#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "kernels/packed_layout.h"
#include "tensor/error.h"
#include "tensor/matrix.h"
#include "tensor/memory.h"
#include "tensor/thread_pool.h"

/// Products straight from quantized weights. They are repacked once, when a model is loaded; at each call the
/// activations are quantized to 8 bits (one scale for each 32 inputs of a token, as ggml's q8_0; for kInt8Channel one a
/// token). Where the processor multiplies tiles of bfloat16 (Intel's AMX), 16 tokens and more are rounded to that, and
/// the weights with them: 8 bits of significand, half the error of 8 bits a block where activations are normal. Not for
/// kInt8Channel.
namespace quantlens::kernels {

/// Weights [rows x columns], packed for the kernels.
class PackedMatrix {
public:
    PackedKind kind() const { return kind_; }
    std::size_t rows() const { return rows_; }
    std::size_t columns() const { return columns_; }
    std::size_t group_size() const { return blocks_ * 32; }  ///< inputs in a unit (packed_layout.h)
    std::size_t bytes() const { return size_; }
    std::span<const std::uint8_t> data() const { return {data_.get(), size_}; }
    std::span<std::uint8_t> data() { return {data_.get(), size_}; }

    /// Room for weights of this shape; `group_size` is a multiple of 32.
    PackedMatrix(PackedKind kind, std::size_t rows, std::size_t columns, std::size_t group_size);

private:
    PackedKind kind_;
    std::size_t rows_, columns_, blocks_, size_;
    AlignedMemory<std::uint8_t> data_;
};

/// What is measured of the packed products, in the benchmark and on the page.
struct PackedFormat {
    PackedKind kind;
    std::string_view name;
    std::size_t group_size;  // inputs; 0: the whole row
    double bits_per_weight;  // as the format counts them
};
inline constexpr PackedFormat kPackedFormats[] = {
    {PackedKind::kQ4_0, "q4_0", 32, 4.5},         {PackedKind::kQ8_0, "q8_0", 32, 8.5},
    {PackedKind::kQ4_K, "q4_K", 256, 4.5},        {PackedKind::kQ6_K, "q6_K", 256, 6.5625},
    {PackedKind::kInt4, "int4 g128", 128, 4.156}, {PackedKind::kInt8, "int8 g128", 128, 8.1875},
    {PackedKind::kInt8Channel, "int8", 0, 8.0},   {PackedKind::kNf4, "nf4 g64", 64, 4.25},
};

/// Packs the blocks of a GGUF tensor of this kind (kQ4_0, kQ8_0, kQ4_K, kQ6_K), row after row.
/// Errors: kBadShape where rows or columns are 0, columns are no multiple of the block, or the bytes are too few or
/// many; kNotFinite where a scale is NaN or infinite.
Result<PackedMatrix> pack_blocks(PackedKind kind, std::span<const std::uint8_t> blocks, std::size_t rows,
                                 std::size_t columns, ThreadPool& pool);

/// Codes with a scale and a zero point for each `group_size` inputs of a row: w = (code - zero_point) * scale. Of NF4
/// the codes are indices into its 16 numbers, w = number * scale, and there are no zero points.
struct GroupedCodes {
    MatrixView<const std::int16_t> codes;       // [rows x columns]
    std::size_t group_size;                     // a multiple of 32; the last group of a row may be shorter
    MatrixView<const float> scales;             // [rows x groups]; stored as FP16
    std::span<const std::int32_t> zero_points;  // as scales; empty: all 0
};

/// Packs 4-bit (kInt4) or 8-bit (kInt8) codes, signed or unsigned: each code and zero point must be in -8 .. 7 or 0 ..
/// 15, in -128 .. 127 or 0 .. 255, the same range for all; or NF4's codes (kNf4), 0 .. 15, whose numbers are rounded to
/// kNf4Levels. Errors: kBadShape where the shapes do not fit; kBadParameter
/// for a group size or a code outside; kNotFinite for a scale that FP16 cannot hold.
Result<PackedMatrix> pack_groups(PackedKind kind, const GroupedCodes& grouped, ThreadPool& pool);

/// Packs signed 8-bit codes [rows x columns] with one scale a row, kept in float32 (kInt8Channel). Errors: kBadShape
/// for more than 131071 columns, whose sums 32 bits do not hold; kNotFinite for a scale that is not finite.
Result<PackedMatrix> pack_channels(MatrixView<const std::int8_t> codes, std::span<const float> scales,
                                   ThreadPool& pool);

/// out [tokens x rows] = x [tokens x columns], quantized or rounded as above, times the transpose of the weights.
/// The same bits at any thread count.
void matmul_packed(MatrixView<const float> x, const PackedMatrix& weights, MatrixView<float> out, ThreadPool& pool);

}  // namespace quantlens::kernels
