#include "kernels/arch/unit.inl.h"

namespace quantlens::kernels {
namespace {
struct Target {
    using Arch = xsimd::avx512bw;
    using TransposeArch = xsimd::fma3<xsimd::avx2>;
    static constexpr size_t tile_rows = 12, tile_vectors = 2;  // 24 sums, 2 right, 1 left of 32 registers
    // See avx512vnni.cpp.
    static constexpr size_t packed_groups = 2, packed_tokens[] = {12, 6, 4};
    static constexpr size_t packed_streams = 4;
};
}  // namespace

extern const KernelTable kAvx512Table;
constinit const KernelTable kAvx512Table = make_table<Target>("avx512");

}  // namespace quantlens::kernels
