#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "kernels/packed_layout.h"

/// The kernels of one architecture as plain functions over pointers and sizes, and the choice among them.
/// The units in arch/ are compiled with their own flags: they define one table each and share no code.
namespace quantlens::kernels {

/// What becomes of the values that a product is written to.
enum class Into : std::uint8_t { kSet, kAdd, kSubtract };

/// Where a block of a product puts its sums. A result of many steps is computed some steps at a time; until the last of
/// them its sums are kept tile by tile, since rows of the result are far apart in memory.
template <class Value>
struct Sums {
    Value* kept;  ///< [panel of tile_columns][m][tile_columns], aligned; not used where `first` and `last`
    bool first;   ///< nothing is kept yet
    bool last;    ///< what is kept and the block's own sums go to `out`
    Value* out;
    std::size_t stride;
    Into into;
};

/// Rows that are laid out next, from their first step on: while a block passes its steps, it asks for the same steps of
/// these, so that reading memory and computing overlap.
template <class Value>
struct Ahead {
    const Value* from = nullptr;
    std::size_t stride = 0;
    std::size_t rows = 0;
};

/// Some steps of some rows of weights, times all tokens.
struct InPlace {
    const float* weights;
    std::size_t stride;  ///< from row to row
    std::size_t rows;
    const float* panels;  ///< [panel][all steps][tile_columns], from the first of these steps on
    std::size_t panel_stride;
    std::size_t tokens;
    std::size_t steps;
    float* kept;  ///< sums of former steps, and then of these too: rows x whole panels, aligned
    bool first;   ///< nothing is kept yet
    bool last;    ///< out[token][row] = the sums
    float* out;
    std::size_t out_stride;
};

/// Steps of a product, and words of codes, that are laid out at a time, at most. Rows of a left operand stand so far
/// apart that a tile finds all of its rows from one address.
inline constexpr std::size_t kMostSteps = 384, kMostCodeWords = 256;

/// Whose sums start from a number of their own, in a product with packed weights.
enum class StartOf : std::uint8_t { kBlock, kHalfBlock, kToken };

/// Some packed rows times some tokens, over some of the inputs, in the processor's tiles.
struct TilePart {
    const std::uint8_t* weights;  ///< groups of 16 rows, `group_bytes` apart, of `blocks` x 32 inputs
    std::size_t group_bytes, rows, blocks, blocks_in_unit;
    const void* inputs;  ///< [tokens to whole 16], `stride` bytes apart: codes for kInt8Channel, else bfloat16; zero
                         ///< beyond the row's to whole 64 bytes
    std::size_t stride;
    const float* scales;  ///< [tokens], for kInt8Channel
    std::size_t tokens;
    std::size_t first, end;  ///< blocks that are added now: whole units, for kInt8Channel pairs, or to the row's end
    float* out;              ///< [tokens][rows]; holds the sums so far where `first` is not 0
    std::size_t out_stride;
    void* sums;  ///< room for [tokens to whole 32][32], aligned
};

/// The product with packed weights of one kind.
struct PackedKernel {
    /// out[t][row] of `tokens` tokens from `first` on, for `rows` rows in groups of 16 that are `group_bytes` apart. A
    /// group is `units` units of `blocks` x 32 inputs.
    void (*multiply)(const std::uint8_t* weights, std::size_t group_bytes, std::size_t rows, std::size_t units,
                     std::size_t blocks, const PackedInput& x, std::size_t first, std::size_t tokens, float* out,
                     std::size_t out_stride);
    void (*multiply_tiles)(const TilePart& some);  ///< null where KernelTable::tile_tokens is 0
    std::size_t (*bytes)(std::size_t blocks);      ///< of a unit
    std::size_t words_in_block;                    ///< of the activations that it reads
    std::int32_t start;                            ///< sums start from this times the sum of the activations
    StartOf start_of;

    /// Turns the sums of each half of a token's blocks into PackedInput's starts.
    void set_starts(std::int32_t* sums, std::size_t blocks) const {
        std::int32_t total = 0;
        for (std::size_t i = 0; i < 2 * blocks; i += 2) {
            total += sums[i] + sums[i + 1];
            sums[i] = start * (start_of == StartOf::kHalfBlock ? sums[i] : sums[i] + sums[i + 1]);
            sums[i + 1] *= start;
        }
        if (start_of == StartOf::kToken) sums[0] = start * total;
    }
};

struct KernelTable {
    const char* name;  ///< "avx2", ...: what the results report as instruction set

    // matmul.inl.h
    std::size_t tile_rows;     ///< rows of `out` that one register tile covers
    std::size_t tile_columns;  ///< columns of it; packed panels of the right operand are this wide
    std::size_t steps;         ///< laid out at a time, at most kMostSteps
    std::size_t held_rows;     ///< of a left operand, whose steps stay in the second cache
    float (*dot)(const float* a, const float* b, std::size_t n);
    void (*axpy)(float alpha, const float* x, float* y, std::size_t n);
    /// Panels of `width` columns from element (k, j) at from[k * stride + j]: to[panel][k][width], zero beyond `count`.
    /// `width` is tile_rows or tile_columns.
    void (*pack_steps)(const float* from, std::size_t stride, std::size_t k, std::size_t count, std::size_t width,
                       float* to);
    /// The same, tile_columns wide, from element (k, j) at from[j * stride + k].
    void (*pack_transposed)(const float* from, std::size_t stride, std::size_t k, std::size_t count, float* to);
    /// a times b, [m x n] sums over k steps. b: packed panels of tile_columns. a: rows that are kMostSteps apart where
    /// `a_by_rows`, else tiles of tile_rows x k values, step after step as pack_steps writes them.
    void (*multiply_block)(const float* a, bool a_by_rows, const float* b, std::size_t m, std::size_t n, std::size_t k,
                           const Sums<float>& sums, const Ahead<float>& ahead);

    std::size_t few_tokens;  ///< up to so many, reading the weights is what takes the time
    std::size_t few_steps;   ///< a chunk of a few rows' steps stays in the first cache, or nearly
    /// out[token][row] of one chunk of `k` steps (or +=): the rows are read once, from where they are, by all tokens.
    void (*multiply_few)(const float* x, std::size_t x_stride, std::size_t tokens, const float* weights,
                         std::size_t weights_stride, std::size_t rows, std::size_t k, float* out,
                         std::size_t out_stride, bool add);

    // in_place.inl.h
    void (*multiply_in_place)(const InPlace& some);

    // codes.inl.h: the int8 product, codes packed into 32-bit words of codes_in_word steps
    std::size_t codes_in_word;
    std::size_t panel_start_words;  ///< words at the start of each right panel beside its steps
    void (*pack_left_codes)(const std::int8_t* from, std::size_t stride, std::size_t k, std::size_t rows,
                            std::int32_t* to);
    void (*pack_right_codes)(const std::int8_t* from, std::size_t stride, std::size_t k, std::size_t count,
                             std::int32_t* to);
    void (*multiply_codes)(const std::int32_t* a, const std::int32_t* b, std::size_t m, std::size_t n,
                           std::size_t words, const Sums<std::int32_t>& sums);

    // packed.inl.h
    std::size_t packed_groups;   ///< groups of 16 rows that several tokens meet at once
    std::size_t packed_streams;  ///< groups of 16 rows that are read at once for a single token
    std::size_t tile_tokens;     ///< so many, and more, meet packed weights in the processor's tiles; 0: never
    void (*round_to_bfloat16)(const float* x, std::size_t n, Bfloat16* to);
    /// A token's codes, to whole vectors of 16, and its scale.
    float (*codes_of_token)(const float* x, std::size_t n, std::int8_t* codes);
    PackedKernel packed[kPackedKinds];  ///< by PackedKind
    void (*quantize_token)(const float* x, std::size_t n, bool one_scale, std::int8_t* codes, float* scales,
                           std::int32_t* sums, float* scaled_sums);
    void (*spread_codes)(const std::int8_t* codes, std::size_t steps, std::int32_t* words);

    // elementwise.inl.h
    void (*exp)(const float* x, float* out, std::size_t n);
    void (*silu)(const float* x, float* out, std::size_t n);
    void (*silu_times)(const float* gate, const float* up, float* out, std::size_t n);
    float (*sum_of_exp)(const float* values, std::size_t n, float shift, float* out);
    float (*abs_max)(const float* values, std::size_t n);
    void (*scale_by_gain)(const float* x, const float* gain, float factor, float* out, std::size_t n);
    void (*round_to_int8)(const float* values, std::size_t n, float scale, std::int8_t* codes);

    // rows.inl.h
    void (*min_max)(const float* values, std::size_t n, float* minimum, float* maximum);
    void (*quantize_row)(const float* values, std::size_t n, float scale, int zero_point, int low, int high,
                         std::int16_t* codes);
    void (*dequantize_row)(const std::int16_t* codes, std::size_t n, float scale, int zero_point, float* values);
    /// values [parts x n], each part times the Sylvester matrix of order n (a power of two) and times `factor`.
    void (*walsh)(float* values, std::size_t parts, std::size_t n, float factor);
    /// to[i][j] = scale * sum over p of sign(i, p) * from[p][j], j < n; sign is -1 where bit p of signs[i] is set.
    void (*mix_parts)(const float* from, std::size_t parts, std::size_t n, const std::uint64_t* signs, float scale,
                      float* to);
    void (*scale)(float* values, std::size_t n, float factor);

    // machine.inl.h
    float (*float_peak)(std::size_t rounds);
    double float_peak_operations;  ///< a round
    std::int32_t (*code_peak)(std::size_t rounds);
    double code_peak_operations;
    float (*read_floats)(const float* values, std::size_t n);
};

/// The best table that this machine can run; the choice is made once. QUANTLENS_ISA=sse2 in the environment (any name
/// of available_tables()) asks for another.
const KernelTable& active_table();

/// Makes another table the active one and returns the former: for tests and benchmarks, while no kernel runs.
const KernelTable& exchange_active_table(const KernelTable& table);

/// Every table that this machine can run, plainest first.
std::span<const KernelTable* const> available_tables();

/// The table of that name, or null where this machine cannot run it.
const KernelTable* table_for(std::string_view name);

/// The name of the active table: "avx2", "neon", "simd128", ...
std::string_view instruction_set();

}  // namespace quantlens::kernels
