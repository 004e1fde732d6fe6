#include "kernels/packed.h"

#include <algorithm>

#include "kernels/scratch.h"
#include "kernels/table.h"

namespace quantlens::kernels {

namespace {

std::size_t ceil_div(std::size_t value, std::size_t divisor) { return (value + divisor - 1) / divisor; }

/// The activations of some tokens in 8 bits, in this thread's scratch memory.
class QuantizedInput {
public:
    QuantizedInput(MatrixView<const float> x, const PackedKernel& kernel, bool scale_a_token, const KernelTable& table,
                   ThreadPool& pool) {
        thread_local Scratch memory[5];
        const std::size_t tokens = x.rows(), blocks = ceil_div(x.columns(), 32);
        const std::size_t stride = 2 * (ceil_div(blocks, 2) | 1);
        const std::size_t all = tokens * stride;
        auto* codes = memory[0].values<std::int8_t>(all * 32);
        auto* scales = memory[1].values<float>(all);
        auto* sums = memory[2].values<std::int32_t>(all * 2);
        auto* scaled_sums = memory[3].values<float>(all);
        const bool spread = kernel.words_in_block == 16;
        auto* words = spread ? memory[4].values<std::int32_t>(all * 16) : reinterpret_cast<std::int32_t*>(codes);
        pool.for_each(tokens, [&](std::size_t t) {
            const std::size_t first = t * stride;
            table.quantize_token(&x(t, 0), x.columns(), scale_a_token, codes + first * 32, scales + first,
                                 sums + first * 2, scaled_sums + first);
            kernel.set_starts(sums + first * 2, blocks);
            if (spread) table.spread_codes(codes + first * 32, blocks * 8, words + first * 16);
        });
        input_ = {words, kernel.words_in_block, scales, sums, scaled_sums, blocks, stride};
    }
    const PackedInput& view() const { return input_; }

private:
    PackedInput input_{};
};

}  // namespace

PackedMatrix::PackedMatrix(PackedKind kind, std::size_t rows, std::size_t columns, std::size_t group_size)
    : kind_(kind), rows_(rows), columns_(columns), blocks_(group_size / 32) {
    const PackedKernel& kernel = active_table().packed[std::size_t(kind)];
    const std::size_t blocks = ceil_div(columns, 32), whole = blocks / blocks_, rest = blocks % blocks_;
    size_ = ceil_div(rows, kPackedRows) * (whole * kernel.bytes(blocks_) + (rest ? kernel.bytes(rest) : 0));
    data_.reset(static_cast<std::uint8_t*>(allocate_aligned(size_)));
}

namespace {

/// All tokens in bfloat16, some at a time.
void multiply_rounded(MatrixView<const float> x, const PackedMatrix& weights, MatrixView<float> out, ThreadPool& pool) {
    const KernelTable& table = active_table();
    const std::size_t blocks = ceil_div(x.columns(), 32), in_unit = weights.group_size() / 32;
    const std::size_t units = ceil_div(blocks, in_unit), groups = ceil_div(weights.rows(), kPackedRows);
    const std::size_t at_once = std::min(units_at_once(in_unit) * in_unit, blocks), stride = blocks | 1;
    const std::size_t group_bytes = weights.bytes() / groups;
    const std::size_t height = ceil_div(ceil_div(groups, 8 * pool.threads()), 2) * 2;
    const auto whole_tiles = [&](std::size_t tokens) {
        return ceil_div(tokens, table.rounded_tokens) * table.rounded_tokens;
    };
    constexpr std::size_t kTokens = 128;
    thread_local Scratch input_scratch;
    auto* const values = input_scratch.values<Bfloat16>(std::min(kTokens, whole_tiles(x.rows())) * stride * 32);
    for (std::size_t first = 0; first < x.rows(); first += kTokens) {
        const std::size_t tokens = std::min(kTokens, x.rows() - first);
        pool.for_each(whole_tiles(tokens), [&](std::size_t t) {
            Bfloat16* const token = values + t * stride * 32;
            const std::size_t count = t < tokens ? x.columns() : 0;
            if (count > 0) table.round_to_bfloat16(&x(first + t, 0), count, token);
            std::fill(token + count, token + blocks * 32, Bfloat16{0});
        });
        const RoundedInput input{values, blocks, stride};
        pool.for_each(ceil_div(groups, height), [&](std::size_t piece) {
            const std::size_t begin = piece * height, row = begin * kPackedRows;
            const std::size_t rows = std::min(height * kPackedRows, weights.rows() - row);
            thread_local Scratch rounded;
            table.packed[std::size_t(weights.kind())].multiply_rounded(
                weights.data().data() + begin * group_bytes, group_bytes, rows, units, in_unit, input, tokens,
                &out(first, row), out.stride(), rounded.values<Bfloat16>(at_once * 32 * 2 * kPackedRows));
        });
    }
}

/// Some tokens, whose 8-bit form is held at once.
void multiply_some(MatrixView<const float> x, const PackedMatrix& weights, MatrixView<float> out, ThreadPool& pool) {
    const KernelTable& table = active_table();
    const PackedKernel& kernel = table.packed[std::size_t(weights.kind())];
    const QuantizedInput input(x, kernel, weights.kind() == PackedKind::kInt8Channel, table, pool);
    const PackedInput& view = input.view();

    const std::size_t tokens = x.rows(), groups = ceil_div(weights.rows(), kPackedRows);
    const std::size_t blocks = weights.group_size() / 32, units = ceil_div(view.blocks, blocks);
    const std::size_t group_bytes = weights.bytes() / groups;
    const std::size_t fitting = table.packed_pass_bytes / (view.stride * 32) / 32 * 32;
    const std::size_t pass = std::min(table.packed_pass, std::max(fitting, std::size_t{32}));
    const std::size_t share = ceil_div(groups, 8 * pool.threads());
    const std::size_t height =
        tokens == 1
            ? std::max(share, table.packed_streams)
            : std::max(std::min(table.packed_piece / group_bytes, share) / table.packed_groups, std::size_t{1}) *
                  table.packed_groups;
    pool.for_each(ceil_div(groups, height), [&](std::size_t piece) {
        const std::size_t begin = piece * height, end = std::min(groups, begin + height);
        const std::size_t row = begin * kPackedRows, rows = std::min(end * kPackedRows, weights.rows()) - row;
        for (std::size_t first = 0; first < tokens; first += pass)
            kernel.multiply(weights.data().data() + begin * group_bytes, group_bytes, rows, units, blocks, view, first,
                            std::min(pass, tokens - first), &out(first, row), out.stride());
    });
}

}  // namespace

void matmul_packed(MatrixView<const float> x, const PackedMatrix& weights, MatrixView<float> out, ThreadPool& pool) {
    if (out.empty()) return;
    const std::size_t many = active_table().rounded_tokens;
    if (many > 0 && x.rows() >= many && weights.kind() != PackedKind::kInt8Channel)
        return multiply_rounded(x, weights, out, pool);
    // So many keep their 8-bit form below a tenth of operands and result, 4096 x 4096: with 384 it was 10.1 % of q4_0,
    // and 240 were 3 % slower.
    constexpr std::size_t kTokens = 336;
    for (std::size_t first = 0; first < x.rows(); first += kTokens) {
        const std::size_t tokens = std::min(kTokens, x.rows() - first);
        multiply_some(x.block(first, 0, tokens, x.columns()), weights, out.block(first, 0, tokens, out.columns()),
                      pool);
    }
}

}  // namespace quantlens::kernels
