#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace quantlens::methods {

/// The indices of `values`, that of the largest first; of equal ones the earlier first.
std::vector<std::uint32_t> largest_first(std::span<const float> values);

}  // namespace quantlens::methods
