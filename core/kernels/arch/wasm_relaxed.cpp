#include "kernels/arch/unit.inl.h"

namespace quantlens::kernels {
namespace {
struct Target {
    using Arch = xsimd::wasm;
    using TransposeArch = Arch;
    static constexpr size_t tile_rows = 4, tile_vectors = 2;  // 8 sums, 2 right, 1 left of the engine's 16 registers
    static constexpr size_t packed_tokens = 2;
};
}  // namespace

extern const KernelTable kRelaxedTable;
constinit const KernelTable kRelaxedTable = make_table<Target>("relaxed");

}  // namespace quantlens::kernels
