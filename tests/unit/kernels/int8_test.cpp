#include "kernels/int8.h"

#include <vector>

#include "unit/kernels/support.h"

namespace quantlens::kernels {
namespace {

class Int8 : public test::OnEachArchitecture {};
QUANTLENS_ON_EACH_ARCHITECTURE(Int8);

std::vector<std::int8_t> random_codes(std::size_t count, std::uint64_t seed) {
    Random random(seed);
    std::vector<std::int8_t> codes(count);
    for (auto& code : codes) code = std::int8_t(int(random.below(256)) - 128);
    return codes;
}

void expect_exact(std::size_t m, std::size_t n, std::size_t k, const std::vector<std::int8_t>& a_codes,
                  const std::vector<std::int8_t>& b_codes, std::size_t threads) {
    ThreadPool pool(threads);
    const MatrixView<const std::int8_t> a(a_codes.data() + 1, m, k, k + 3), b(b_codes.data() + 2, n, k, k + 1);
    std::vector<std::int32_t> out(m * n, 77);
    matmul_int8_nt(a, b, {out.data(), m, n}, pool);
    for (std::size_t i = 0; i < m; ++i)
        for (std::size_t j = 0; j < n; ++j) {
            std::int32_t sum = 0;
            for (std::size_t s = 0; s < k; ++s) sum += a(i, s) * b(j, s);
            ASSERT_EQ(out[i * n + j], sum) << m << " x " << n << " x " << k << " at " << i << ", " << j;
        }
}

TEST_P(Int8, ProductsAreExactOverOddShapesAndAddresses) {
    for (const auto [m, n, k] : {std::array<std::size_t, 3>{1, 1, 1},
                                 {1, 33, 7},
                                 {3, 5, 2},
                                 {7, 100, 513},
                                 {13, 17, 1030},
                                 {100, 70, 64},
                                 {2, 300, 4097},
                                 {31, 1, 3},
                                 {6, 16, 0}})
        expect_exact(m, n, k, random_codes(m * (k + 3) + 1, 1), random_codes(n * (k + 1) + 2, 2), 2);
}

TEST_P(Int8, ProductsOfExtremeCodesAreExact) {
    const std::size_t m = 7, n = 40, k = 2000;
    constexpr std::int8_t kExtremes[] = {-128, -127, 127};
    for (const std::int8_t left : kExtremes)
        for (const std::int8_t right : kExtremes)
            expect_exact(m, n, k, std::vector<std::int8_t>(m * (k + 3) + 1, left),
                         std::vector<std::int8_t>(n * (k + 1) + 2, right), 1);
}

}  // namespace
}  // namespace quantlens::kernels
