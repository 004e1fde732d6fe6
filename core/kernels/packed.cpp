#include "kernels/packed.h"

#include <algorithm>

#include "kernels/pieces.h"
#include "kernels/scratch.h"
#include "kernels/table.h"

namespace quantlens::kernels {

namespace {

/// Of the work: some pieces for each thread.
std::size_t in_a_piece(std::size_t groups, const ThreadPool& pool) { return ceil_div(groups, 8 * pool.threads()); }

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

/// All tokens in the processor's tiles, some at a time: codes for kInt8Channel, else bfloat16.
void multiply_in_tiles(MatrixView<const float> x, const PackedMatrix& weights, MatrixView<float> out,
                       ThreadPool& pool) {
    constexpr std::size_t kTokens = 256, kLine = 64;
    // Of so many bytes the tokens stay in the second cache (2 MB where there are tiles) while weights pass.
    constexpr std::size_t kHeld = 1 << 20;
    const KernelTable& table = active_table();
    const bool in_codes = weights.kind() == PackedKind::kInt8Channel;
    const std::size_t blocks = ceil_div(x.columns(), 32), groups = ceil_div(weights.rows(), kPackedRows);
    const std::size_t value_bytes = in_codes ? sizeof(std::int8_t) : sizeof(Bfloat16);
    const std::size_t lines = ceil_div(blocks * 32 * value_bytes, kLine);
    const std::size_t stride = (lines | 1) * kLine;  // tokens 4096 bytes apart would share lines of the cache
    const std::size_t group_bytes = weights.bytes() / groups;
    const std::size_t height = round_up(in_a_piece(groups, pool), 2);

    thread_local Scratch input_scratch, scale_scratch;
    const std::size_t most = std::min(kTokens, round_up(x.rows(), table.tile_tokens));
    auto* const inputs = input_scratch.values<std::uint8_t>(most * stride);
    auto* const scales = scale_scratch.floats(most);
    for (std::size_t first = 0; first < x.rows(); first += kTokens) {
        const std::size_t tokens = std::min(kTokens, x.rows() - first), padded = round_up(tokens, table.tile_tokens);
        pool.for_each(padded, [&](std::size_t t) {
            std::uint8_t* const token = inputs + t * stride;
            const std::size_t count = t < tokens ? x.columns() : 0;
            if (count > 0 && in_codes)
                scales[t] = table.codes_of_token(&x(first + t, 0), count, reinterpret_cast<std::int8_t*>(token));
            else if (count > 0)
                table.round_to_bfloat16(&x(first + t, 0), count, reinterpret_cast<Bfloat16*>(token));
            std::fill(token + count * value_bytes, token + stride, std::uint8_t{0});
        });
        const std::size_t unit = in_codes ? 2 : weights.group_size() / 32;
        const std::size_t at_once = round_up(ceil_div(blocks, ceil_div(padded * lines * kLine, kHeld)), unit);
        for (std::size_t block = 0; block < blocks; block += at_once)
            pool.for_each(ceil_div(groups, height), [&](std::size_t piece) {
                const std::size_t begin = piece * height, row = begin * kPackedRows;
                thread_local Scratch sums;
                table.packed[std::size_t(weights.kind())].multiply_tiles(
                    {.weights = weights.data().data() + begin * group_bytes,
                     .group_bytes = group_bytes,
                     .rows = std::min(height * kPackedRows, weights.rows() - row),
                     .blocks = blocks,
                     .blocks_in_unit = weights.group_size() / 32,
                     .inputs = inputs,
                     .stride = stride,
                     .scales = scales,
                     .tokens = tokens,
                     .first = block,
                     .end = std::min(block + at_once, blocks),
                     .out = &out(first, row),
                     .out_stride = out.stride(),
                     .sums = sums.floats(round_up(tokens, 32) * 32)});
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
    constexpr std::size_t kPass = 48, kPiece = 192 << 10;  // stays in the second cache while tokens pass
    const std::size_t share = in_a_piece(groups, pool);
    const std::size_t height =
        tokens == 1 ? round_up(share, table.packed_streams)
                    : std::max(std::min(kPiece / group_bytes, share) / table.packed_groups, std::size_t{1}) *
                          table.packed_groups;
    pool.for_each(ceil_div(groups, height), [&](std::size_t piece) {
        const std::size_t begin = piece * height, end = std::min(groups, begin + height);
        const std::size_t row = begin * kPackedRows, rows = std::min(end * kPackedRows, weights.rows()) - row;
        for (std::size_t first = 0; first < tokens; first += kPass)
            kernel.multiply(weights.data().data() + begin * group_bytes, group_bytes, rows, units, blocks, view, first,
                            std::min(kPass, tokens - first), &out(first, row), out.stride());
    });
}

}  // namespace

void matmul_packed(MatrixView<const float> x, const PackedMatrix& weights, MatrixView<float> out, ThreadPool& pool) {
    if (out.empty()) return;
    if (const std::size_t many = active_table().tile_tokens; many > 0 && x.rows() >= many)
        return multiply_in_tiles(x, weights, out, pool);
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
