#include "kernels/arch/unit.inl.h"

namespace quantlens::kernels {
namespace {
struct Target {
    using Arch = xsimd::fma3<xsimd::avx2>;
    using TransposeArch = Arch;
    static constexpr size_t tile_rows = 6, tile_vectors = 2;  // 12 sums, 2 right, 1 left of 16 registers
    static constexpr size_t packed_groups = 1, packed_tokens[] = {4, 4, 4};
    // On Zen 3, from memory and with one thread, 4096 x 4096 weights take with one, two and four: q4_0 690, 510, 414
    // us; q4_K 679, 516, 446; int8 1000, 816, 707.
    static constexpr size_t packed_streams = 4;
};
}  // namespace

extern const KernelTable kAvx2Table;
constinit const KernelTable kAvx2Table = make_table<Target>("avx2");

}  // namespace quantlens::kernels
