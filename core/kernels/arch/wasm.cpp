#include "kernels/arch/unit.inl.h"

namespace quantlens::kernels {
namespace {
struct Target {
    using Arch = xsimd::wasm;
    using TransposeArch = Arch;
    static constexpr size_t tile_rows = 4,
                            tile_vectors = 2;  // 8 sums, 2 right, 1 left, 1 product of the engine's 16 registers
    static constexpr size_t packed_groups = 1, packed_tokens[] = {2, 2, 2};
    static constexpr size_t packed_streams = 2;  // four make the relaxed module 4 kB larger
};
}  // namespace

extern const KernelTable kSimd128Table;
constinit const KernelTable kSimd128Table = make_table<Target>("simd128");

}  // namespace quantlens::kernels
