#include "kernels/arch/unit.inl.h"

namespace quantlens::kernels {
namespace {
struct Target {
    using Arch = xsimd::neon64;
    static constexpr size_t tile_rows = 6, tile_vectors = 4;  // 24 sums, 4 right, 2 left (four values each) of 32 registers
};
}  // namespace

extern const KernelTable kNeonTable;
constinit const KernelTable kNeonTable = make_table<Target>("neon");

}  // namespace quantlens::kernels
