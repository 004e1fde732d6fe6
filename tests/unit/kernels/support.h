#pragma once

#include <cmath>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "kernels/table.h"
#include "tensor/matrix.h"
#include "tensor/random.h"

namespace quantlens::kernels::test {

/// Tests of this fixture run once for each architecture that the machine has, with its table the active one.
class OnEachArchitecture : public testing::TestWithParam<const KernelTable*> {
protected:
    void SetUp() override { former_ = &exchange_active_table(*GetParam()); }
    void TearDown() override { exchange_active_table(*former_); }
    const KernelTable& table() const { return *GetParam(); }

private:
    const KernelTable* former_ = nullptr;
};

inline std::string table_name(const testing::TestParamInfo<const KernelTable*>& info) { return info.param->name; }

inline std::vector<float> normal_values(std::size_t count, std::uint64_t seed, double scale = 1) {
    Random random(seed);
    std::vector<float> values(count);
    for (float& value : values) value = float(scale * random.normal());
    return values;
}

inline Matrix normal_matrix(std::size_t rows, std::size_t columns, std::uint64_t seed) {
    return {rows, columns, normal_values(rows * columns, seed)};
}

}  // namespace quantlens::kernels::test

/// Instantiates a suite that derives from OnEachArchitecture.
#define QUANTLENS_ON_EACH_ARCHITECTURE(suite)                                                    \
    INSTANTIATE_TEST_SUITE_P(Architectures, suite,                                               \
                             testing::ValuesIn(::quantlens::kernels::available_tables().begin(), \
                                               ::quantlens::kernels::available_tables().end()),  \
                             ::quantlens::kernels::test::table_name)
