#include "kernels/arch/unit.inl.h"
#include "kernels/packed_tiles.inl.h"
#include "kernels/tiles.inl.h"

namespace quantlens::kernels {

extern const KernelTable kAvx512vnniTable;

namespace {
struct Target {
    using Arch = xsimd::avx512vnni<xsimd::avx512vbmi>;
    using TransposeArch = xsimd::fma3<xsimd::avx2>;
    static constexpr size_t tile_vectors = 2;  // as avx512vnni's, whose codes are laid out for it
};
}  // namespace

/// The int8 product and those of many tokens with packed weights by tiles; all else is avx512vnni's.
KernelTable amx_table() {
    KernelTable table = kAvx512vnniTable;
    table.name = "avx512amx";
    table.steps = 256;  // float32, 128 tokens, 4096 x 4096, two threads: 14.7 ms, with 384 15.4
    // These processors have 2 MB. float32, 512 tokens, 11008 x 4096, two threads: 136 ms, with 192 rows 148.
    table.held_rows = 768;
    // The first cache of these processors has room for 12 lines at the same place. float32, 32 tokens, 4096 x 4096, two
    // threads: 3.63 ms, with 6 rows 3.84.
    table.multiply_in_place = multiply_in_place<Target, 12>;
    table.tile_tokens = kTileTokens;
    table.round_to_bfloat16 = round_to_bfloat16;
    table.multiply_codes = multiply_codes_by_tiles<Target>;
    table.code_peak = code_peak_of_tiles;
    table.code_peak_operations = kTilePeakOperations;
    table.codes_of_token = codes_of_token<Target>;
    table.packed[size_t(PackedKind::kInt8Channel)].multiply_tiles = multiply_by_tiles<Target, ChannelRows<Target>>;
    const auto set = [&]<class Layout>(PackedKind kind, Layout) {
        table.packed[size_t(kind)].multiply_tiles = multiply_by_tiles<Target, RoundedRows<Target, Layout>>;
    };
    set(PackedKind::kQ4_0, Q4_0<Target>{});
    set(PackedKind::kQ8_0, Q8_0<Target>{});
    set(PackedKind::kQ4_K, Q4_K<Target>{});
    set(PackedKind::kQ6_K, Q6_K<Target>{});
    set(PackedKind::kInt4, Grouped<Target, true>{});
    set(PackedKind::kInt8, Grouped<Target, false>{});
    set(PackedKind::kNf4, Nf4<Target>{});
    return table;
}

}  // namespace quantlens::kernels
