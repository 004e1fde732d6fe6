#include "kernels/arch/unit.inl.h"

namespace quantlens::kernels {
namespace {
struct Target {
    using Arch = xsimd::wasm;
    static constexpr size_t tile_rows = 4, tile_vectors = 2;  // 8 sums, 2 right, 1 left of the engine's 16 registers
};
}  // namespace

extern const KernelTable kRelaxedTable;
constinit const KernelTable kRelaxedTable = make_table<Target>("relaxed");

}  // namespace quantlens::kernels
