#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <vector>

#include <xsimd/xsimd.hpp>

#include "kernels/table.h"

namespace quantlens::kernels {

extern const KernelTable kSse2Table, kAvx2Table, kAvx512Table, kAvx512vnniTable, kNeonTable, kSimd128Table,
    kRelaxedTable;

namespace {

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
    const bool avx512 = machine.has(xsimd::avx512bw{}) && machine.has(xsimd::avx512dq{}) && machine.has(xsimd::avx512cd{});
    add(avx512, kAvx512Table);
#endif
#if QUANTLENS_HAS_AVX512VNNI
    add(avx512 && machine.has(xsimd::avx512vnni<xsimd::avx512bw>{}), kAvx512vnniTable);
#endif
#if QUANTLENS_HAS_NEON
    add(true, kNeonTable);
#endif
#if QUANTLENS_HAS_WASM
    add(true, kSimd128Table);
#endif
#if QUANTLENS_HAS_WASM_RELAXED
    add(true, kRelaxedTable);
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
