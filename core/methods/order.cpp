#include "methods/order.h"

#include <algorithm>
#include <functional>
#include <numeric>

namespace quantlens::methods {

std::vector<std::uint32_t> largest_first(std::span<const float> values) {
    std::vector<std::uint32_t> order(values.size());
    std::iota(order.begin(), order.end(), 0u);
    std::ranges::stable_sort(order, std::greater{}, [&](std::uint32_t i) { return values[i]; });
    return order;
}

}  // namespace quantlens::methods
