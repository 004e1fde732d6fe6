#include "kernels/elementwise.h"

#include <algorithm>
#include <cmath>

#include "kernels/rows.h"
#include "kernels/table.h"

namespace quantlens::kernels {

void exp(std::span<const float> x, std::span<float> out) { active_table().exp(x.data(), out.data(), x.size()); }

void softmax(std::span<float> row) {
    if (row.empty()) return;
    const KernelTable& table = active_table();
    const float sum = table.sum_of_exp(row.data(), row.size(), min_max(row).maximum, row.data());
    table.scale(row.data(), row.size(), 1.0f / sum);
}

float log_sum_exp(std::span<const float> values) {
    const float maximum = min_max(values).maximum;
    return maximum + std::log(active_table().sum_of_exp(values.data(), values.size(), maximum, nullptr));
}

float rms_norm(std::span<const float> x, std::span<const float> gain, float epsilon, std::span<float> out) {
    const KernelTable& table = active_table();
    const float factor = 1.0f / std::sqrt(table.dot(x.data(), x.data(), x.size()) / float(x.size()) + epsilon);
    table.scale_by_gain(x.data(), gain.data(), factor, out.data(), x.size());
    return factor;
}

void silu(std::span<const float> x, std::span<float> out) { active_table().silu(x.data(), out.data(), x.size()); }

void silu_times(std::span<const float> gate, std::span<const float> up, std::span<float> out) {
    active_table().silu_times(gate.data(), up.data(), out.data(), gate.size());
}

float abs_max(std::span<const float> values) { return active_table().abs_max(values.data(), values.size()); }

float quantize_to_int8(std::span<const float> values, std::span<std::int8_t> codes) {
    const float largest = abs_max(values);
    // A scale below the normal numbers could round so far down that a code exceeds 127.
    const float scale = largest == 0.0f ? 1.0f : std::max(largest / 127.0f, 0x1p-126f);
    active_table().round_to_int8(values.data(), values.size(), scale, codes.data());
    return scale;
}

}  // namespace quantlens::kernels
