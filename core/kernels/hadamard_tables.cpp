#include "kernels/hadamard_tables.h"

#include <bit>
#include <initializer_list>

namespace quantlens::kernels {

namespace {

constexpr HadamardTable make_table(std::initializer_list<std::uint64_t> rows) {
    HadamardTable table{rows.size(), {}, {}};
    std::size_t r = 0;
    for (const std::uint64_t row : rows) {
        table.by_row[r] = row;
        for (std::size_t c = 0; c < table.order; ++c) table.by_column[c] |= (row >> c & 1) << r;
        ++r;
    }
    return table;
}

// The matrices of N. J. A. Sloane's library of Hadamard matrices that QuaRot uses; as there, the largest
// order that fits is taken (40, not 20, for 40 x 2^k).
constexpr HadamardTable kTables[] = {
    make_table({0xffffeffffe, 0x615e4615e4, 0xc2bc8c2bc8, 0x8579285792, 0x0af260af26, 0x15e4c15e4c, 0x2bc982bc98,
                0x5793057930, 0xaf260af260, 0x5e4c25e4c2, 0xbc984bc984, 0x7930a7930a, 0xf2614f2614, 0xe4c2ae4c2a,
                0xc9856c9856, 0x930ae930ae, 0x2615e2615e, 0x4c2bc4c2bc, 0x9857898578, 0x30af230af2, 0x00001ffffe,
                0x9ea1b615e4, 0x3d437c2bc8, 0x7a86d85792, 0xf50d90af26, 0xea1b315e4c, 0xd43672bc98, 0xa86cf57930,
                0x50d9faf260, 0xa1b3d5e4c2, 0x4367bbc984, 0x86cf57930a, 0x0d9ebf2614, 0x1b3d5e4c2a, 0x367a9c9856,
                0x6cf51930ae, 0xd9ea12615e, 0xb3d434c2bc, 0x67a8798578, 0xcf50d30af2}),
    make_table({0x000040000, 0x2e748b9d0, 0x5ce9173a0, 0xb9d22e740, 0x73a49ce82, 0xe74939d04, 0xce92b3a0a, 0x9d25a7416,
                0x3a4b8e82e, 0x74971d05c, 0xe92e3a0b8, 0xd25cb4172, 0xa4b9a82e6, 0x4973905ce, 0x92e720b9c, 0x25ce8173a,
                0x4b9d02e74, 0x973a05ce8, 0xffffc0001, 0xd18bcb9d2, 0xa317d73a4, 0x462fee748, 0x8c5f5ce92, 0x18bef9d24,
                0x317d73a4a, 0x62fa67496, 0xc5f44e92e, 0x8be8dd25c, 0x17d1fa4b8, 0x2fa374972, 0x5f46692e6, 0xbe8c525ce,
                0x7d18e4b9c, 0xfa314973a, 0xf462d2e74, 0xe8c5e5ce8}),
    make_table({0x0004000, 0x4f293c8, 0x9e52790, 0x3ca8f22, 0x7951e44, 0xf2a3c88, 0xe54b912,
                0xca9b226, 0x953a44e, 0x2a7889e, 0x54f113c, 0xa9e2278, 0x53c84f2, 0xa7909e4,
                0xfffc001, 0xb0dd3ca, 0x61be794, 0xc374f2a, 0x86ede54, 0x0ddfca8, 0x1bb7952,
                0x37672a6, 0x6ec654e, 0xdd84a9e, 0xbb0d53c, 0x761ea78, 0xec354f2, 0xd86e9e4}),
    make_table({0xffffe, 0x615e4, 0xc2bc8, 0x85792, 0x0af26, 0x15e4c, 0x2bc98, 0x57930, 0xaf260, 0x5e4c2,
                0xbc984, 0x7930a, 0xf2614, 0xe4c2a, 0xc9856, 0x930ae, 0x2615e, 0x4c2bc, 0x98578, 0x30af2}),
    make_table({0xffe, 0x474, 0x8e8, 0x1d2, 0x3a4, 0x748, 0xe90, 0xd22, 0xa46, 0x48e, 0x91c, 0x23a}),
    make_table({0}),
};

}  // namespace

const HadamardTable* hadamard_table_for(std::size_t size) {
    for (const HadamardTable& table : kTables)
        if (size % table.order == 0 && std::has_single_bit(size / table.order)) return &table;
    return nullptr;
}

}  // namespace quantlens::kernels
