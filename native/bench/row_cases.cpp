#include <cstring>

#include "bench/suite.h"
#include "kernels/elementwise.h"
#include "kernels/matmul.h"
#include "kernels/rows.h"
#include "tensor/random.h"

namespace quantlens::bench {

namespace {

constexpr std::size_t kLength = 4096, kRows = 16;  // 256 KB: in the second-level cache

struct Buffers {
    Matrix values{kRows, kLength}, other{kRows, kLength}, out{kRows, kLength};
    std::vector<std::int16_t> codes = std::vector<std::int16_t>(kRows * kLength);
    std::vector<std::int8_t> bytes = std::vector<std::int8_t>(kRows * kLength);
};

/// A kernel over rows in the cache; `bytes` is what it reads and writes of one value.
Case row_kernel(const char* name, double bytes, void (*run)(Buffers&, std::size_t row, ThreadPool&)) {
    Case one;
    one.kernel = name;
    one.shape = std::to_string(kRows).append(" rows of ").append(std::to_string(kLength));
    one.bytes = bytes * kRows * kLength;
    one.operations = kRows * kLength;
    one.bound = Bound::kCache;
    one.make = [=](ThreadPool& pool) -> std::function<void()> {
        const auto buffers = std::make_shared<Buffers>();
        Random random(9);
        for (Matrix* matrix : {&buffers->values, &buffers->other})
            for (float& value : matrix->values()) value = float(random.normal());
        return [=, &pool] {
            for (std::size_t row = 0; row < kRows; ++row) run(*buffers, row, pool);
        };
    };
    return one;
}

}  // namespace

std::vector<Case> row_cases(std::size_t threads) {
    if (threads != 1) return {};
    using namespace kernels;
    return {
        row_kernel("memcpy", 8,
                   [](Buffers& b, std::size_t r, ThreadPool&) {
                       std::memcpy(b.out.row(r).data(), b.values.row(r).data(), kLength * sizeof(float));
                   }),
        row_kernel("hadamard", 8,
                   [](Buffers& b, std::size_t r, ThreadPool& pool) {
                       static_cast<void>(hadamard(b.values.view().block(r, 0, 1, kLength), false, pool));
                   }),
        row_kernel("min_max", 4,
                   [](Buffers& b, std::size_t r, ThreadPool&) { b.out(r, 0) = min_max(b.values.row(r)).maximum; }),
        row_kernel("quantize_row", 6,
                   [](Buffers& b, std::size_t r, ThreadPool&) {
                       quantize_row(b.values.row(r), 0.03f, 8, 0, 15, std::span(b.codes).subspan(r * kLength, kLength));
                   }),
        row_kernel("dequantize_row", 6,
                   [](Buffers& b, std::size_t r, ThreadPool&) {
                       dequantize_row(std::span(b.codes).subspan(r * kLength, kLength), 0.03f, 8, b.out.row(r));
                   }),
        row_kernel("quantize_to_int8", 5,
                   [](Buffers& b, std::size_t r, ThreadPool&) {
                       quantize_to_int8(b.values.row(r), std::span(b.bytes).subspan(r * kLength, kLength));
                   }),
        row_kernel("softmax", 8, [](Buffers& b, std::size_t r, ThreadPool&) { softmax(b.other.row(r)); }),
        row_kernel("rms_norm", 12,
                   [](Buffers& b, std::size_t r, ThreadPool&) {
                       rms_norm(b.values.row(r), b.other.row(r), 1e-5f, b.out.row(r));
                   }),
        row_kernel(
            "silu_times", 12,
            [](Buffers& b, std::size_t r, ThreadPool&) { silu_times(b.values.row(r), b.other.row(r), b.out.row(r)); }),
    };
}

}  // namespace quantlens::bench
