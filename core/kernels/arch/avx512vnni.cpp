#include "kernels/arch/unit.inl.h"

namespace quantlens::kernels {
namespace {
struct Target {
    using Arch = xsimd::avx512vnni<xsimd::avx512bw>;
    static constexpr size_t tile_rows = 12, tile_vectors = 2;  // 24 sums, 2 right, 1 left of 32 registers
};
}  // namespace

extern const KernelTable kAvx512vnniTable;
constinit const KernelTable kAvx512vnniTable = make_table<Target>("avx512vnni");

}  // namespace quantlens::kernels
