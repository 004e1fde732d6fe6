#include "kernels/arch/unit.inl.h"

namespace quantlens::kernels {
namespace {
struct Target {
    using Arch = xsimd::sse2;
    using TransposeArch = Arch;
    static constexpr size_t tile_rows = 4, tile_vectors = 2;  // 8 sums, 2 right, 1 left, 1 product of 16 registers
    static constexpr size_t packed_groups = 1, packed_tokens[] = {2, 2, 2};
    static constexpr size_t packed_streams = 4;
};
}  // namespace

extern const KernelTable kSse2Table;
constinit const KernelTable kSse2Table = make_table<Target>("sse2");

}  // namespace quantlens::kernels
