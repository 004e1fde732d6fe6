#include "kernels/arch/unit.inl.h"

namespace quantlens::kernels {
namespace {
struct Target {
    using Arch = xsimd::neon64;
    using TransposeArch = Arch;
    static constexpr size_t tile_rows = 6,
                            tile_vectors = 4;  // 24 sums, 4 right, 2 left (four values each) of 32 registers
    static constexpr size_t packed_groups = 1, packed_tokens[] = {4, 4, 4};
    static constexpr size_t packed_streams = 2;
};
}  // namespace

extern const KernelTable kNeonTable;
constinit const KernelTable kNeonTable = make_table<Target>("neon");

}  // namespace quantlens::kernels
