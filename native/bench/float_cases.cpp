#include "bench/suite.h"
#include "kernels/cholesky.h"
#include "kernels/int8.h"
#include "kernels/matmul.h"
#include "tensor/random.h"

namespace quantlens::bench {

namespace {

Matrix random_matrix(std::size_t rows, std::size_t columns, std::uint64_t seed) {
    Random random(seed);
    Matrix matrix(rows, columns);
    for (float& value : matrix.values()) value = float(random.uniform()) - 0.5f;
    return matrix;
}

std::string shape_of(std::size_t m, std::size_t n, std::size_t k) {
    return std::to_string(m)
        .append(" x ")
        .append(std::to_string(k))
        .append(" by ")
        .append(std::to_string(n))
        .append(" x ")
        .append(std::to_string(k));
}

enum class Product { kNt, kNn, kTn };

/// out [m x n] over k steps. One token (m = 1) is bound by reading the weights, many by arithmetic.
Case product(Product kind, std::size_t m, std::size_t n, std::size_t k, std::size_t threads) {
    constexpr const char* kNames[] = {"matmul_nt", "matmul_nn", "matmul_tn"};
    Case one;
    one.kernel = kNames[int(kind)];
    one.shape = shape_of(m, n, k);
    one.threads = threads;
    one.cold = m == 1;
    one.bytes = 4.0 * double(n * k);
    one.operations = 2.0 * double(m) * double(n * k);
    one.bound = m == 1 ? Bound::kMemory : Bound::kFloat;
    one.make = [=, cold = one.cold, bytes = one.bytes](ThreadPool& pool) -> std::function<void()> {
        const auto a = std::make_shared<Matrix>(kind == Product::kTn ? random_matrix(k, m, 1) : random_matrix(m, k, 1));
        const auto out = std::make_shared<Matrix>(m, n);
        const auto weights = std::make_shared<std::vector<Matrix>>();
        const std::size_t copies = cold ? copies_to_stay_cold(bytes) : 1;
        weights->push_back(kind == Product::kNt ? random_matrix(n, k, 2) : random_matrix(k, n, 2));
        while (weights->size() < copies) weights->push_back(weights->front());
        return [=, &pool, next = std::size_t{0}]() mutable {
            const Matrix& b = (*weights)[next++ % copies];
            if (kind == Product::kNt) kernels::matmul_nt(*a, b, *out, pool);
            if (kind == Product::kNn) kernels::matmul_nn(*a, b, *out, pool);
            if (kind == Product::kTn) kernels::matmul_tn(*a, b, *out, false, pool);
        };
    };
    return one;
}

Case int8_product(std::size_t m, std::size_t n, std::size_t k, std::size_t threads) {
    Case one;
    one.kernel = "matmul_int8_nt";
    one.shape = shape_of(m, n, k);
    one.threads = threads;
    one.bytes = double(n * k);
    one.operations = 2.0 * double(m) * double(n * k);
    one.bound = Bound::kCodes;
    one.make = [=](ThreadPool& pool) -> std::function<void()> {
        Random random(3);
        const auto a = std::make_shared<std::vector<std::int8_t>>(m * k),
                   b = std::make_shared<std::vector<std::int8_t>>(n * k);
        for (auto* codes : {a.get(), b.get()})
            for (auto& code : *codes) code = std::int8_t(int(random.below(255)) - 127);
        const auto out = std::make_shared<std::vector<std::int32_t>>(m * n);
        return [=, &pool] { kernels::matmul_int8_nt({a->data(), m, k}, {b->data(), n, k}, {out->data(), m, n}, pool); };
    };
    return one;
}

Case gram(std::size_t n, std::size_t tokens, std::size_t threads) {
    Case one;
    one.kernel = "gram";
    one.shape = std::to_string(tokens).append(" x ").append(std::to_string(n));
    one.threads = threads;
    one.bytes = 4.0 * double(n * (tokens + n));
    one.operations = double(n) * double(n + 1) * double(tokens);
    one.bound = Bound::kFloat;
    one.make = [=](ThreadPool& pool) -> std::function<void()> {
        const auto x = std::make_shared<Matrix>(random_matrix(tokens, n, 4));
        const auto out = std::make_shared<Matrix>(n, n);
        return [=, &pool] { kernels::gram(*x, *out, pool); };
    };
    return one;
}

Case inverse_cholesky(std::size_t n, std::size_t threads) {
    Case one;
    one.kernel = "inverse_cholesky";
    one.shape = std::to_string(n).append(" x ").append(std::to_string(n));
    one.threads = threads;
    one.bytes = 4.0 * double(n * n);
    one.operations = 2.0 / 3.0 * double(n) * double(n) * double(n);
    one.bound = Bound::kFloat;
    one.make = [=](ThreadPool& pool) -> std::function<void()> {
        const auto h = std::make_shared<Matrix>(n, n);
        const Matrix x = random_matrix(2 * n, n, 5);
        kernels::gram(x, *h, pool);
        for (std::size_t i = 0; i < n; ++i) (*h)(i, i) += 1.0f;
        const auto work = std::make_shared<Matrix>(n, n);
        return [=, &pool] {
            *work = *h;
            static_cast<void>(kernels::inverse_cholesky(*work, pool));
        };
    };
    return one;
}

}  // namespace

std::vector<Case> float_cases(std::size_t threads) {
    std::vector<Case> cases{product(Product::kNt, 1, 4096, 4096, threads)};
    for (const std::size_t m : {8, 32, 128, 512}) cases.push_back(product(Product::kNt, m, 4096, 4096, threads));
    cases.push_back(product(Product::kNt, 4096, 512, 256, threads));  // a layer of the reference model in training
    cases.push_back(product(Product::kNn, 4096, 256, 512, threads));
    cases.push_back(product(Product::kTn, 512, 256, 4096, threads));
    for (const std::size_t m : {32, 128, 512}) cases.push_back(int8_product(m, 4096, 4096, threads));
    cases.push_back(gram(2048, 2048, threads));
    cases.push_back(inverse_cholesky(2048, threads));
    return cases;
}

}  // namespace quantlens::bench
