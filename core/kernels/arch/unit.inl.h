// Everything that a unit needs: included by each source of this folder, which adds its Target and its table.
// Each of these builds on those above it.
// clang-format off
#include "kernels/simd.inl.h"
#include "kernels/int8_dot.inl.h"
#include "kernels/matmul.inl.h"
#include "kernels/in_place.inl.h"
#include "kernels/codes.inl.h"
#include "kernels/elementwise.inl.h"
#include "kernels/packed_blocks.inl.h"
#include "kernels/bfloat16.inl.h"
#include "kernels/packed_units.inl.h"
#include "kernels/packed.inl.h"
#include "kernels/rows.inl.h"
#include "kernels/machine.inl.h"
// clang-format on

namespace quantlens::kernels {
namespace {

template <class Target>
constexpr KernelTable make_table(const char* name) {
    return {
        .name = name,
        .tile_rows = Target::tile_rows,
        .tile_columns = Target::tile_vectors * kLanes<Target>,
        .steps = kMostSteps,
        .held_rows = 192,
        .dot = dot<Target>,
        .axpy = axpy<Target>,
        .pack_steps = pack_steps<Target>,
        .pack_transposed = pack_transposed_floats<Target>,
        .multiply_block = multiply_block<Target>,
        // With 16 registers, 16 tokens took 14.8 ms and packing 12.6, 8 took 8.7 and 10.7 (4096 x 4096, Zen 3, one
        // thread).
        .few_tokens = kManyRegisters<Target> ? 48 : 12,
        .few_steps = kManyRegisters<Target> ? 2048 : 1024,
        .multiply_few = multiply_few<Target>,
        .multiply_in_place = multiply_in_place<Target>,
        .codes_in_word = kCodesInWord,
        .panel_start_words = CodeProduct<Target>::kPanelsHaveStart ? Target::tile_vectors * kLanes<Target> : 0,
        .pack_left_codes = pack_left_codes,
        .pack_right_codes = pack_right_codes<Target>,
        .multiply_codes = multiply_codes<Target>,
        .packed_groups = Target::packed_groups,
        .packed_streams = Target::packed_streams,
        .tile_tokens = 0,
        .round_to_bfloat16 = nullptr,
        .codes_of_token = nullptr,
        .packed = {packed_kernel<Target, Q4_0<Target>>(), packed_kernel<Target, Q8_0<Target>>(),
                   packed_kernel<Target, Q4_K<Target>>(), packed_kernel<Target, Q6_K<Target>>(),
                   packed_kernel<Target, Grouped<Target, true>>(), packed_kernel<Target, Grouped<Target, false>>(),
                   packed_kernel<Target, Int8Channel<Target>>(), packed_kernel<Target, Nf4<Target>>()},
        .quantize_token = quantize_token<Target>,
        .spread_codes = spread_codes,
        .exp = exp<Target>,
        .silu = silu<Target>,
        .silu_times = silu_times<Target>,
        .sum_of_exp = sum_of_exp<Target>,
        .abs_max = abs_max<Target>,
        .scale_by_gain = scale_by_gain<Target>,
        .round_to_int8 = round_to_int8<Target>,
        .min_max = min_max<Target>,
        .quantize_row = quantize_row<Target>,
        .dequantize_row = dequantize_row,
        .walsh = walsh<Target>,
        .mix_parts = mix_parts<Target>,
        .scale = scale_values,
        .float_peak = float_peak<Target>,
        .float_peak_operations = 2.0 * kPeakChains * kLanes<Target>,
        .code_peak = code_peak<Target>,
        .code_peak_operations = 2.0 * kPeakChains * kLanes<Target> * kPeakCodes,
        .read_floats = read_floats<Target>,
    };
}

}  // namespace
}  // namespace quantlens::kernels
