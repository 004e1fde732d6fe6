#include "kernels/matmul.h"

#include "kernels/reference.h"
#include "unit/kernels/support.h"

namespace quantlens::kernels {
namespace {

using test::normal_matrix;
using test::normal_values;

class Matmul : public test::OnEachArchitecture {};
QUANTLENS_ON_EACH_ARCHITECTURE(Matmul);

/// A float32 sum of k standard normal products is off by some roundings of its partial sums, which grow as sqrt(k).
void expect_close(MatrixView<const float> actual, MatrixView<const float> expected, std::size_t k) {
    const double tolerance = 1e-6 * std::sqrt(double(k) + 1) * std::log2(double(k) + 2);
    for (std::size_t r = 0; r < expected.rows(); ++r)
        for (std::size_t c = 0; c < expected.columns(); ++c)
            ASSERT_NEAR(double{actual(r, c)}, double{expected(r, c)},
                        tolerance + 1e-6 * std::abs(double{expected(r, c)}))
                << "row " << r << " column " << c << " of " << expected.rows() << " x " << expected.columns()
                << ", k = " << k;
}

struct Shape {
    std::size_t m, n, k;
};
constexpr Shape kShapes[] = {{1, 1, 1},      {1, 1, 300},    {1, 37, 64},    {2, 3, 5},      {3, 70, 17},
                             {7, 33, 257},   {13, 65, 129},  {31, 100, 512}, {97, 47, 300},  {1, 513, 1027},
                             {5, 16, 16},    {6, 32, 256},   {100, 1, 40},   {200, 300, 70}, {8, 1000, 33},
                             {27, 13, 2500}, {60, 100, 900}, {191, 40, 800}};

TEST_P(Matmul, ProductsAgreeWithTheScalarMeaningOverOddShapes) {
    ThreadPool pool(2);
    for (const auto [m, n, k] : kShapes) {
        const Matrix a = normal_matrix(m, k, 1), b = normal_matrix(n, k, 2);
        Matrix expected(m, n), out(m, n);
        reference::matmul_nt(a, b, expected);
        matmul_nt(a, b, out, pool);
        expect_close(out, expected, k);
        const Matrix b_transposed = reference::transposed(b), a_transposed = reference::transposed(a);
        Matrix out_nn(m, n), out_tn(m, n, std::vector<float>(m * n, 1.0f));
        matmul_nn(a, b_transposed, out_nn, pool);
        expect_close(out_nn, expected, k);
        matmul_tn(a_transposed, b_transposed, out_tn, false, pool);
        expect_close(out_tn, expected, k);
        matmul_tn(a_transposed, b_transposed, out_tn, true, pool);
        for (float& value : expected.values()) value *= 2;
        expect_close(out_tn, expected, 2 * k);
    }
}

TEST_P(Matmul, LargeWeightsMeetSeveralTokensWhereTheyAre) {
    ThreadPool one(1), three(3);
    const std::size_t n = 211, k = 5003;
    const Matrix wide = normal_matrix(n, k + 6, 1);
    const auto weights = wide.view().block(0, 3, n, k);
    for (const std::size_t m : {12, 13, 16, 17, 33, 64, 65}) {
        const Matrix a = normal_matrix(m, k + 1, 2);
        const auto tokens = a.view().block(0, 1, m, k);
        Matrix expected(m, n), out(m, n + 2, std::vector<float>(m * (n + 2), 5.0f)), again(m, n);
        reference::matmul_nt(tokens, weights, expected);
        matmul_nt(tokens, weights, out.view().block(0, 1, m, n), three);
        expect_close(out.view().block(0, 1, m, n), expected, k);
        matmul_nt(tokens, weights, again, one);
        for (std::size_t t = 0; t < m; ++t) {
            EXPECT_EQ(out(t, 0), 5.0f);
            EXPECT_EQ(out(t, n + 1), 5.0f);
            EXPECT_TRUE(std::ranges::equal(again.row(t), out.row(t).subspan(1, n)));
        }
    }
}

TEST_P(Matmul, ViewsWithStrideAndOddAddressesTouchOnlyTheirOwnElements) {
    ThreadPool pool(1);
    const std::size_t m = 9, n = 41, k = 67;
    const std::vector<float> memory = normal_values(20000, 3);
    const MatrixView<const float> a(memory.data() + 1, m, k, k + 3), b(memory.data() + 2003, n, k, k + 5);
    std::vector<float> out_memory(m * (n + 7) + 1, 5.0f);
    const MatrixView<float> out(out_memory.data() + 1, m, n, n + 7);
    Matrix expected(m, n);
    reference::matmul_nt(a, b, expected);
    matmul_nt(a, b, out, pool);
    expect_close(out, expected, k);
    EXPECT_EQ(out_memory[0], 5.0f);
    for (std::size_t r = 0; r + 1 < m; ++r)
        for (std::size_t c = n; c < n + 7; ++c) EXPECT_EQ(out_memory[1 + r * (n + 7) + c], 5.0f);
}

TEST_P(Matmul, GivesTheSameBitsAtAnyThreadCount) {
    for (const auto [m, n, k] : {Shape{130, 300, 600}, Shape{1, 700, 900}, Shape{33, 64, 2000}}) {
        const Matrix a = normal_matrix(m, k, 4), b = normal_matrix(k, n, 5), b_rows = normal_matrix(n, k, 6);
        const Matrix a_columns = reference::transposed(a);
        Matrix first[4] = {{m, n}, {m, n}, {m, n}, {n, n}};
        for (const std::size_t threads : {1, 2, 3, 5}) {
            ThreadPool pool(threads);
            Matrix now[4] = {{m, n}, {m, n}, {m, n}, {n, n}};
            matmul_nt(a, b_rows, now[0], pool);
            matmul_nn(a, b, now[1], pool);
            matmul_tn(a_columns, b, now[2], true, pool);
            gram(b, now[3], pool);
            for (std::size_t i = 0; i < 4; ++i) {
                if (threads == 1) first[i] = now[i];
                EXPECT_TRUE(std::ranges::equal(first[i].values(), now[i].values()))
                    << threads << " threads, product " << i;
            }
        }
    }
}

TEST_P(Matmul, GramIsSymmetricAndAgreesWithTheProduct) {
    ThreadPool pool(2);
    for (const auto [m, n, k] : {Shape{1, 1, 1}, {5, 5, 3}, {70, 70, 40}, {300, 300, 33}, {97, 97, 500}}) {
        const Matrix x = normal_matrix(k, n, 7), columns = reference::transposed(x);
        Matrix expected(m, n), out(m, n);
        reference::matmul_nt(columns, columns, expected);
        gram(x, out, pool);
        expect_close(out, expected, k);
        for (std::size_t r = 0; r < out.rows(); ++r)
            for (std::size_t c = 0; c < r; ++c) ASSERT_EQ(out(r, c), out(c, r));
    }
}

TEST_P(Matmul, NoStepsGiveZeroOrLeaveTheSum) {
    ThreadPool pool(1);
    Matrix out(2, 3, std::vector<float>(6, 4.0f));
    matmul_tn(MatrixView<const float>(nullptr, 0, 2), MatrixView<const float>(nullptr, 0, 3), out, true, pool);
    EXPECT_EQ(out(1, 2), 4.0f);
    matmul_tn(MatrixView<const float>(nullptr, 0, 2), MatrixView<const float>(nullptr, 0, 3), out, false, pool);
    EXPECT_EQ(out(1, 2), 0.0f);
}

TEST_P(Matmul, LargeAndTinyValuesStayFinite) {
    ThreadPool pool(1);
    const std::size_t n = 50;
    const std::vector<float> large(n, 1e18f), tiny(n, 1e-42f), ones(n, 1.0f);
    EXPECT_NEAR(dot(large, large) / 5e37f, 1.0f, 1e-6f);
    EXPECT_NEAR(dot(tiny, ones) / 5e-41f, 1.0f, 1e-3f);
}

TEST_P(Matmul, DotAndAxpyAgreeWithTheScalarMeaning) {
    for (std::size_t n = 0; n < 140; ++n) {
        const std::vector<float> a = normal_values(n + 1, 8), b = normal_values(n + 1, 9);
        const std::span<const float> x(a.data() + 1, n), y(b.data() + 1, n);
        EXPECT_NEAR(dot(x, y), reference::dot(x, y), 1e-5);
        std::vector<float> sum(b);
        axpy(0.37f, x, std::span(sum).subspan(1));
        EXPECT_EQ(sum[0], b[0]);
        for (std::size_t i = 0; i < n; ++i) EXPECT_NEAR(sum[i + 1], 0.37f * x[i] + y[i], 1e-6);
    }
}

}  // namespace
}  // namespace quantlens::kernels
