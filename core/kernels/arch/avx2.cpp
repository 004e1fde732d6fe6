#include "kernels/arch/unit.inl.h"

namespace quantlens::kernels {
namespace {
struct Target {
    using Arch = xsimd::fma3<xsimd::avx2>;
    using TransposeArch = Arch;
    static constexpr size_t tile_rows = 6, tile_vectors = 2;  // 12 sums, 2 right, 1 left of 16 registers
    static constexpr size_t packed_tokens = 4;
};
}  // namespace

extern const KernelTable kAvx2Table;
constinit const KernelTable kAvx2Table = make_table<Target>("avx2");

}  // namespace quantlens::kernels
