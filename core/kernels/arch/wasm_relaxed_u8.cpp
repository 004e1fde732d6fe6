#include "kernels/arch/unit.inl.h"

namespace quantlens::kernels {
namespace {
struct Target {
    using Arch = xsimd::wasm;
    using TransposeArch = Arch;
    static constexpr size_t packed_groups = 1, packed_tokens[] = {2, 2, 2};
    static constexpr size_t packed_streams = 2;
};
}  // namespace

/// Signed 8-bit codes too by the relaxed dot product, for engines whose second operand may have eight bits.
KernelTable relaxed_u8_table(const KernelTable& relaxed) {
    KernelTable table = relaxed;
    table.name = "relaxed-u8";
    table.packed[size_t(PackedKind::kQ8_0)] = packed_kernel<Target, Q8_0<Target>>();
    table.packed[size_t(PackedKind::kInt8)] = packed_kernel<Target, Grouped<Target, false>>();
    table.packed[size_t(PackedKind::kInt8Channel)] = packed_kernel<Target, Int8Channel<Target>>();
    table.packed[size_t(PackedKind::kNf4)] = packed_kernel<Target, Nf4<Target>>();
    return table;
}

}  // namespace quantlens::kernels
