#include "kernels/arch/unit.inl.h"

namespace quantlens::kernels {
namespace {
struct Target {
    using Arch = xsimd::wasm;
    using TransposeArch = Arch;
    static constexpr size_t tile_rows = 4, tile_vectors = 2;  // 8 sums, 2 right, 1 left of the engine's 16 registers
    static constexpr size_t packed_groups = 1, packed_tokens[] = {2, 2, 2};
    static constexpr size_t packed_streams = 2;  // four make the relaxed module 4 kB larger
};
}  // namespace

extern const KernelTable kSimd128Table;

/// The kernels whose inner loops gain from relaxed SIMD; the others are simd128's, which keeps the module small: signed
/// 8-bit codes have no instruction of their own here.
KernelTable relaxed_table() {
    KernelTable table = kSimd128Table;
    table.name = "relaxed";
    table.dot = dot<Target>;
    table.axpy = axpy<Target>;
    table.multiply_block = multiply_block<Target>;
    table.multiply_few = multiply_few<Target>;
    table.multiply_in_place = multiply_in_place<Target>;
    table.packed[size_t(PackedKind::kQ4_0)] = packed_kernel<Target, Q4_0<Target>>();
    table.packed[size_t(PackedKind::kQ4_K)] = packed_kernel<Target, Q4_K<Target>>();
    table.packed[size_t(PackedKind::kQ6_K)] = packed_kernel<Target, Q6_K<Target>>();
    table.packed[size_t(PackedKind::kInt4)] = packed_kernel<Target, Grouped<Target, true>>();
    table.float_peak = float_peak<Target>;
    table.code_peak = code_peak<Target>;
    table.code_peak_operations = 2.0 * kPeakChains * kLanes<Target> * kPeakCodes;
    return table;
}

}  // namespace quantlens::kernels
