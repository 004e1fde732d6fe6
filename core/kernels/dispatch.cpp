#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <vector>

#include <xsimd/xsimd.hpp>

#if QUANTLENS_HAS_AVX512AMX
#include <sys/syscall.h>
#include <unistd.h>
#endif

#include "kernels/table.h"

namespace quantlens::kernels {

extern const KernelTable kSse2Table, kAvx2Table, kAvx512Table, kAvx512vnniTable, kNeonTable, kSimd128Table;
KernelTable amx_table(), relaxed_table(), relaxed_u8_table(const KernelTable&relaxed);

namespace {

#if QUANTLENS_HAS_WASM_RELAXED
/// The product of two tokens with one unit of every packed layout, as a table computes it.
std::vector<float> packed_products(const KernelTable& table) {
    constexpr std::size_t kTokens = 2, kBlocks = 8, kAll = kTokens * kBlocks;
    float x[kTokens * kBlocks * 32];
    for (std::size_t i = 0; i < std::size(x); ++i) x[i] = float(int(i * 73 % 255) - 127);
    std::vector<float> products;
    for (const PackedKernel& kernel : table.packed) {
        std::int8_t codes[kAll * 32];
        float scales[kAll], scaled_sums[kAll];
        std::int32_t sums[kAll * 2], words[kAll * 16];
        for (std::size_t t = 0; t < kTokens; ++t) {
            const std::size_t at = t * kBlocks;
            table.quantize_token(x + at * 32, kBlocks * 32, true, codes + at * 32, scales + at, sums + at * 2,
                                 scaled_sums + at);
            kernel.set_starts(sums + at * 2, kBlocks);
        }
        if (kernel.words_in_block == 16)
            table.spread_codes(codes, kAll * 8, words);
        else
            std::memcpy(words, codes, sizeof codes);
        const PackedInput input{words, kernel.words_in_block, scales, sums, scaled_sums, kBlocks, kBlocks};
        // No byte has bit 6, so that every FP16 and float32 scale among them is finite.
        std::vector<std::uint8_t> unit(kernel.bytes(kBlocks));
        for (std::size_t i = 0; i < unit.size(); ++i) unit[i] = std::uint8_t((i * i + 31 * i + 7) & 0xbf);
        float out[kTokens * kPackedRows];
        kernel.multiply(unit.data(), unit.size(), kPackedRows, 1, kBlocks, input, 0, kTokens, out, kPackedRows);
        products.insert(products.end(), std::begin(out), std::end(out));
    }
    return products;
}

/// Whether this engine computes the relaxed dot product as the table needs it. The first compiler tier of V8 11
/// (Node 20) is not even within the specification: its scratch register may be that of the sum.
bool is_sound(const KernelTable& relaxed) {
    const std::vector<float> expected = packed_products(kSimd128Table), found = packed_products(relaxed);
    for (std::size_t i = 0; i < expected.size(); ++i)
        if (!(std::abs(found[i] - expected[i]) <= 1e-4f * std::max(1.0f, std::abs(expected[i])))) return false;
    return true;
}
#endif

#if QUANTLENS_HAS_AVX512AMX
/// Whether the processor has tiles and the system gives them to this process: Linux keeps their large state only for
/// who has asked (Documentation/arch/x86/xstate.rst).
bool may_use_tiles() {
    constexpr long kRequest = 0x1023, kTileData = 18;  // ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA
    return __builtin_cpu_supports("amx-tile") && __builtin_cpu_supports("amx-int8") &&
           __builtin_cpu_supports("amx-bf16") && syscall(SYS_arch_prctl, kRequest, kTileData) == 0;
}
#endif

std::vector<const KernelTable*> find_available() {
    std::vector<const KernelTable*> found;
    [[maybe_unused]] const auto machine = xsimd::available_architectures();
    [[maybe_unused]] const auto add = [&](bool runs, const KernelTable& table) {
        if (runs) found.push_back(&table);
    };
#if QUANTLENS_HAS_SSE2
    add(machine.has(xsimd::sse2{}), kSse2Table);
#endif
#if QUANTLENS_HAS_AVX2
    add(machine.has(xsimd::fma3<xsimd::avx2>{}), kAvx2Table);
#endif
#if QUANTLENS_HAS_AVX512
    const bool avx512 =
        machine.has(xsimd::avx512bw{}) && machine.has(xsimd::avx512dq{}) && machine.has(xsimd::avx512cd{});
    add(avx512, kAvx512Table);
#endif
#if QUANTLENS_HAS_AVX512VNNI
    add(avx512 && machine.has(xsimd::avx512vnni<xsimd::avx512bw>{}), kAvx512vnniTable);
#endif
#if QUANTLENS_HAS_AVX512AMX
    // Asked first: the unit's code that fills the table is for its own architecture as well.
    if (found.back() == &kAvx512vnniTable && machine.has(xsimd::avx512vnni<xsimd::avx512vbmi>{}) && may_use_tiles()) {
        static const KernelTable amx = amx_table();
        add(true, amx);
    }
#endif
#if QUANTLENS_HAS_NEON
    add(true, kNeonTable);
#endif
#if QUANTLENS_HAS_WASM
    add(true, kSimd128Table);
#endif
#if QUANTLENS_HAS_WASM_RELAXED
    static const KernelTable relaxed = relaxed_table();
    add(is_sound(relaxed), relaxed);
    static const KernelTable relaxed_u8 = relaxed_u8_table(relaxed);
    add(found.back() == &relaxed && is_sound(relaxed_u8), relaxed_u8);
#endif
    return found;
}

const std::vector<const KernelTable*>& tables() {
    static const std::vector<const KernelTable*> found = find_available();
    return found;
}

const KernelTable& choose() {
    if (const char* wanted = std::getenv("QUANTLENS_ISA"))
        if (const KernelTable* table = table_for(wanted)) return *table;
    return *tables().back();
}

std::atomic<const KernelTable*>& active() {
    static std::atomic<const KernelTable*> table = &choose();
    return table;
}

}  // namespace

std::span<const KernelTable* const> available_tables() { return tables(); }

const KernelTable* table_for(std::string_view name) {
    const auto found = std::find_if(tables().begin(), tables().end(), [&](auto* table) { return table->name == name; });
    return found == tables().end() ? nullptr : *found;
}

const KernelTable& active_table() { return *active().load(std::memory_order_relaxed); }

const KernelTable& exchange_active_table(const KernelTable& table) { return *active().exchange(&table); }

std::string_view instruction_set() { return active_table().name; }

}  // namespace quantlens::kernels
