// Everything that a unit needs: included by each source of this folder, which adds its Target and its table.
#include "kernels/simd.inl.h"
#include "kernels/matmul.inl.h"
#include "kernels/rows.inl.h"
#include "kernels/table.h"

namespace quantlens::kernels {
namespace {

template <class Target>
constexpr KernelTable make_table(const char* name) {
    return {
        .name = name,
        .tile_rows = Target::tile_rows,
        .tile_columns = Target::tile_vectors * kLanes<Target>,
        .dot = dot<Target>,
        .axpy = axpy<Target>,
        .pack_steps = pack_steps<Target>,
        .pack_transposed = pack_transposed<Target>,
        .multiply_block = multiply_block<Target>,
        .min_max = min_max<Target>,
        .quantize_row = quantize_row<Target>,
        .dequantize_row = dequantize_row,
        .walsh = walsh<Target>,
        .mix_parts = mix_parts<Target>,
        .scale = scale_values,
    };
}

}  // namespace
}  // namespace quantlens::kernels
