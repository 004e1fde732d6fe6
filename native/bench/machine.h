#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "tensor/thread_pool.h"

/// What this machine can do at most, measured in the same run as the kernels.
namespace quantlens::bench {

/// What a kernel is bound by, and so measured against.
enum class Bound : std::uint8_t { kMemory, kCache, kFloat, kCodes };

struct Limits {
    double cache_bytes;       ///< a second, read from a working set of 256 KB a thread
    double float_operations;  ///< a second, fused multiply-adds as two
    double code_operations;   ///< a second, of the int8 product: multiplications and additions
};

class Machine {
public:
    explicit Machine(std::size_t most_threads);

    /// Bytes a second that `pool`'s threads read from memory now. It drifts, so it is measured beside each use.
    double memory_bytes(ThreadPool& pool) const;
    /// Arithmetic and cache limits of that many threads, 1 or `most_threads`.
    const Limits& limits(std::size_t threads) const { return threads == 1 ? one_ : all_; }
    double limit(Bound bound, ThreadPool& pool) const;

    static std::string processor();

private:
    struct Free {
        void operator()(float* memory) const;
    };
    std::unique_ptr<float, Free> memory_;  // far larger than the caches
    Limits one_{}, all_{};
};

}  // namespace quantlens::bench
