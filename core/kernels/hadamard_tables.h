#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace quantlens::kernels {

/// A Hadamard matrix of +1 and -1 whose order is no power of two. Bit c of row r is set where the entry is -1.
struct HadamardTable {
    std::size_t order;
    std::array<std::uint64_t, 40> by_row, by_column;

    std::span<const std::uint64_t> rows() const { return {by_row.data(), order}; }
    std::span<const std::uint64_t> columns() const { return {by_column.data(), order}; }  // rows of the transpose
};

/// The table of the largest order that divides `size` into a power of two (order 1 for powers of two); null where none.
const HadamardTable* hadamard_table_for(std::size_t size);

}  // namespace quantlens::kernels
