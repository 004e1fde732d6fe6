#include "kernels/arch/unit.inl.h"

namespace quantlens::kernels {
namespace {
struct Target {
    using Arch = xsimd::avx512vnni<xsimd::avx512bw>;
    using TransposeArch = xsimd::fma3<xsimd::avx2>;
    static constexpr size_t tile_rows = 12, tile_vectors = 2;  // 24 sums, 2 right, 1 left of 32 registers
    // With 8 tokens and one group of rows the loads of activations, not the products, took the time: 512 tokens and
    // 4096 x 4096 weights went at 525 GOP/s instead of 748 in q4_0, 440 and 678 in int8 g128, 233 and 591 in nf4 (Zen
    // 5, VNNI).
    static constexpr size_t packed_groups = 2, packed_tokens[] = {12, 6, 4};
    static constexpr size_t packed_streams = 4;
};
}  // namespace

extern const KernelTable kAvx512vnniTable;
constinit const KernelTable kAvx512vnniTable = make_table<Target>("avx512vnni");

}  // namespace quantlens::kernels
