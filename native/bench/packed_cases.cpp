#include <algorithm>

#include "bench/suite.h"
#include "kernels/packed.h"
#include "tensor/random.h"

namespace quantlens::bench {

namespace {

using kernels::kPackedFormats;
using kernels::PackedFormat;
using kernels::PackedMatrix;

/// Packed weights of random bytes from which no scale is denormal.
PackedMatrix random_weights(const PackedFormat& format, std::size_t rows, std::size_t columns) {
    PackedMatrix weights(format.kind, rows, columns, format.group_size == 0 ? columns : format.group_size);
    Random random(7);
    for (auto& byte : weights.data()) byte = std::uint8_t(8 + random.below(52));  // FP16 and float32 below 2
    return weights;
}

Case packed_product(const PackedFormat& format, std::size_t tokens, std::size_t rows, std::size_t columns, bool cold,
                    std::size_t threads) {
    Case one;
    one.kernel = std::string("matmul_packed ").append(format.name);
    one.shape = std::to_string(tokens).append(tokens == 1 ? " token, " : " tokens, ").append(std::to_string(rows));
    one.shape.append(" x ").append(std::to_string(columns));
    one.cold = cold;
    one.threads = threads;
    one.bytes = double(rows * columns) * format.bits_per_weight / 8;
    one.operations = 2.0 * double(tokens) * double(rows * columns);
    one.bound = tokens > 1 ? Bound::kCodes : cold ? Bound::kMemory : Bound::kCache;
    one.make = [=, bytes = one.bytes](ThreadPool& pool) -> std::function<void()> {
        const auto weights = std::make_shared<std::vector<PackedMatrix>>();
        const std::size_t copies = cold ? copies_to_stay_cold(bytes) : 1;
        weights->push_back(random_weights(format, rows, columns));
        while (weights->size() < copies) {
            PackedMatrix copy(format.kind, rows, columns, weights->front().group_size());
            std::ranges::copy(weights->front().data(), copy.data().begin());
            weights->push_back(std::move(copy));
        }
        const auto x = std::make_shared<Matrix>(tokens, columns);
        Random random(8);
        for (float& value : x->values()) value = float(random.uniform()) - 0.5f;
        const auto out = std::make_shared<Matrix>(tokens, rows);
        return [=, &pool, next = std::size_t{0}]() mutable {
            kernels::matmul_packed(*x, (*weights)[next++ % copies], *out, pool);
        };
    };
    return one;
}

}  // namespace

std::vector<Case> packed_cases(std::size_t threads) {
    std::vector<Case> cases;
    for (const PackedFormat& format : kPackedFormats) {
        cases.push_back(packed_product(format, 1, 4096, 4096, true, threads));
        cases.push_back(packed_product(format, 1, 4096, 4096, false, threads));
    }
    for (const PackedFormat& format : std::span(kPackedFormats).first(3)) {
        cases.push_back(packed_product(format, 1, 11008, 4096, true, threads));
        cases.push_back(packed_product(format, 1, 4096, 11008, true, threads));
    }
    for (const PackedFormat& format : kPackedFormats)
        for (const std::size_t tokens : {32, 128, 512})
            cases.push_back(packed_product(format, tokens, 4096, 4096, false, threads));
    return cases;
}

}  // namespace quantlens::bench
