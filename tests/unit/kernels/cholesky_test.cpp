#include "kernels/cholesky.h"

#include <algorithm>

#include "kernels/matmul.h"
#include "kernels/reference.h"
#include "unit/kernels/support.h"

namespace quantlens::kernels {
namespace {

class Cholesky : public test::OnEachArchitecture {};
QUANTLENS_ON_EACH_ARCHITECTURE(Cholesky);

/// X^T X + 1 % of its mean diagonal, as GPTQ damps it.
Matrix damped_hessian(std::size_t n, std::size_t tokens, ThreadPool& pool) {
    Matrix h(n, n);
    gram(test::normal_matrix(tokens, n, n), h, pool);
    double mean = 0;
    for (std::size_t i = 0; i < n; ++i) mean += double{h(i, i)} / double(n);
    for (std::size_t i = 0; i < n; ++i) h(i, i) += float(0.01 * mean);
    return h;
}

TEST_P(Cholesky, FactorOfTheInverseTimesTheMatrixIsTheIdentity) {
    ThreadPool pool(2);
    for (const std::size_t n : {1, 2, 7, 95, 96, 97, 200, 300, 481}) {
        const Matrix h = damped_hessian(n, 2 * n, pool);
        Matrix u = h;
        ASSERT_TRUE(inverse_cholesky(u, pool)) << n;
        for (std::size_t r = 0; r < n; ++r)
            for (std::size_t c = 0; c < r; ++c) ASSERT_EQ(u(r, c), 0.0f);
        // U H U^T = I where H^-1 = U^T U.
        Matrix uh(n, n), identity(n, n);
        reference::matmul_nt(u, h, uh);
        reference::matmul_nt(uh, u, identity);
        for (std::size_t r = 0; r < n; ++r)
            for (std::size_t c = 0; c < n; ++c) ASSERT_NEAR(identity(r, c), r == c ? 1.0f : 0.0f, 5e-4f) << n;
    }
}

TEST_P(Cholesky, OfALargeMatrixUndoesIt) {
    ThreadPool pool(2);
    for (const std::size_t n : {1025, 1300}) {
        const Matrix h = damped_hessian(n, n + 200, pool);
        Matrix u = h;
        ASSERT_TRUE(inverse_cholesky(u, pool)) << n;
        for (std::size_t r = 0; r < n; ++r)
            for (std::size_t c = 0; c < r; ++c) ASSERT_EQ(u(r, c), 0.0f);
        // U^T (U (H x)) = x where H^-1 = U^T U.
        const Matrix x = test::normal_matrix(1, n, 5);
        std::vector<double> hx(n), uhx(n), again(n);
        for (std::size_t r = 0; r < n; ++r)
            for (std::size_t c = 0; c < n; ++c) hx[r] += double{h(r, c)} * x(0, c);
        for (std::size_t r = 0; r < n; ++r)
            for (std::size_t c = r; c < n; ++c) uhx[r] += double{u(r, c)} * hx[c];
        for (std::size_t r = 0; r < n; ++r)
            for (std::size_t c = r; c < n; ++c) again[c] += double{u(r, c)} * uhx[r];
        for (std::size_t c = 0; c < n; ++c) ASSERT_NEAR(again[c], x(0, c), 1e-2) << n << ", " << c;
    }
}

TEST_P(Cholesky, AgreesWithTheClosedFormOfTwoByTwo) {
    ThreadPool pool(1);
    // H = [[4, 2], [2, 5]]: H^-1 = [[5, -2], [-2, 4]] / 16, whose upper factor U^T U is by hand:
    const double u00 = std::sqrt(5.0) / 4, u01 = -2.0 / 16 / u00, u11 = std::sqrt(4.0 / 16 - u01 * u01);
    Matrix h(2, 2, {4, 2, 2, 5});
    ASSERT_TRUE(inverse_cholesky(h, pool));
    EXPECT_NEAR(h(0, 0), u00, 1e-6);
    EXPECT_NEAR(h(0, 1), u01, 1e-6);
    EXPECT_NEAR(h(1, 1), u11, 1e-6);
}

TEST_P(Cholesky, GivesTheSameBitsAtAnyThreadCount) {
    ThreadPool one(1), three(3);
    for (const std::size_t n : {333, 1100}) {
        Matrix a = damped_hessian(n, n + 100, one), b = a;
        ASSERT_TRUE(inverse_cholesky(a, one));
        ASSERT_TRUE(inverse_cholesky(b, three));
        EXPECT_TRUE(std::ranges::equal(a.values(), b.values())) << n;
    }
}

TEST_P(Cholesky, MatricesThatHaveNoFactorAreErrorsThatNameTheElement) {
    ThreadPool pool(1);
    Matrix indefinite(3, 3, {1, 0, 0, 0, -2, 0, 0, 0, 1});
    const Status status = inverse_cholesky(indefinite, pool);
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().code, ErrorCode::kBadParameter);
    EXPECT_NE(status.error().message.find("diagonal element 1"), std::string::npos) << status.error().message;
    Matrix zeros(130, 130);
    EXPECT_FALSE(inverse_cholesky(zeros, pool));
    Matrix not_finite(2, 2, {std::nanf(""), 0, 0, 1});
    const Status bad = inverse_cholesky(not_finite, pool);
    ASSERT_FALSE(bad);
    EXPECT_EQ(bad.error().code, ErrorCode::kNotFinite);
    Matrix oblong(2, 3);
    EXPECT_EQ(inverse_cholesky(oblong, pool).error().code, ErrorCode::kBadShape);
    Matrix empty;
    EXPECT_EQ(inverse_cholesky(empty, pool).error().code, ErrorCode::kBadShape);
}

}  // namespace
}  // namespace quantlens::kernels
