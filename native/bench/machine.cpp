#include "bench/machine.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <new>

#if defined(__linux__)
#include <sys/mman.h>
#endif

#include "kernels/table.h"

namespace quantlens::bench {

namespace {

constexpr std::size_t kMemoryBytes = 256u << 20, kMemoryFloats = kMemoryBytes / sizeof(float);
constexpr std::size_t kCacheBytes = 256u << 10;

template <class Body>
double seconds_of(Body&& body) {
    const auto start = std::chrono::steady_clock::now();
    body();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// The best of some tries: a limit is what the machine can do, not what it did while it was disturbed.
template <class Body>
double best_rate(double work, int tries, Body&& body) {
    double best = 0;
    for (int i = 0; i < tries; ++i) best = std::max(best, work / seconds_of(body));
    return best;
}

volatile float float_sink;  // keeps the compiler from leaving the work out
volatile std::int32_t int_sink;

Limits measure(std::size_t threads, const float* memory) {
    const kernels::KernelTable& table = kernels::active_table();
    ThreadPool pool(threads);
    const double n = double(threads);
    constexpr std::size_t kRounds = 400000, kPasses = 300;
    Limits limits{};
    limits.float_operations = best_rate(n * kRounds * table.float_peak_operations, 5, [&] {
        pool.for_each(threads, [&](std::size_t) { float_sink = table.float_peak(kRounds); });
    });
    limits.code_operations = best_rate(n * kRounds * table.code_peak_operations, 5, [&] {
        pool.for_each(threads, [&](std::size_t) { int_sink = table.code_peak(kRounds); });
    });
    limits.cache_bytes = best_rate(n * kPasses * kCacheBytes, 5, [&] {
        pool.for_each(threads, [&](std::size_t thread) {
            for (std::size_t pass = 0; pass < kPasses; ++pass)
                float_sink =
                    table.read_floats(memory + thread * (kCacheBytes / sizeof(float)), kCacheBytes / sizeof(float));
        });
    });
    return limits;
}

}  // namespace

Machine::Machine(std::size_t most_threads) {
    void* memory = nullptr;
    if (posix_memalign(&memory, std::size_t{2} << 20, kMemoryBytes) != 0) throw std::bad_alloc();
#if defined(__linux__)
    madvise(memory, kMemoryBytes, MADV_HUGEPAGE);  // the most that the machine can do
#endif
    memory_.reset(static_cast<float*>(memory));
    std::fill_n(memory_.get(), kMemoryFloats, 1.0f);
    one_ = measure(1, memory_.get());
    all_ = most_threads == 1 ? one_ : measure(most_threads, memory_.get());
}

void Machine::Free::operator()(float* memory) const { std::free(memory); }

double Machine::memory_bytes(ThreadPool& pool) const {
    const std::size_t pieces = 8 * pool.threads(), share = kMemoryFloats / pieces;
    return best_rate(double(pieces * share * sizeof(float)), 3, [&] {
        pool.for_each(pieces, [&](std::size_t piece) {
            float_sink = kernels::active_table().read_floats(memory_.get() + piece * share, share);
        });
    });
}

double Machine::limit(Bound bound, ThreadPool& pool) const {
    switch (bound) {
        case Bound::kMemory: return memory_bytes(pool);
        case Bound::kCache: return limits(pool.threads()).cache_bytes;
        case Bound::kFloat: return limits(pool.threads()).float_operations;
        case Bound::kCodes: return limits(pool.threads()).code_operations;
    }
    return 0;
}

std::string Machine::processor() {
    std::ifstream info("/proc/cpuinfo");
    for (std::string line; std::getline(info, line);)
        if (line.starts_with("model name")) {
            const std::size_t colon = line.find(": ");
            if (colon != std::string::npos) return line.substr(colon + 2);
        }
    return "unknown";
}

}  // namespace quantlens::bench
