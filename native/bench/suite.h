#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "bench/machine.h"

namespace quantlens::bench {

/// One kernel at one shape. `make` builds its data when the case is first run and returns the call to be timed.
struct Case {
    std::string kernel;  // "matmul_nt", "matmul_packed q4_0", ...
    std::string shape;   // "4096x4096, 1 token"
    bool cold = false;   // whether the weights come from memory at each call
    std::size_t threads = 1;
    double bytes = 0;       // of weights or values that a call reads and writes, as the format counts them
    double operations = 0;  // multiplications and additions, or values where there are none
    Bound bound = Bound::kMemory;
    std::function<std::function<void()>(ThreadPool&)> make;

    /// Whether its share is one of bytes or of operations.
    bool bound_by_bytes() const { return bound == Bound::kMemory || bound == Bound::kCache; }
    std::string name() const;
};

/// How often a case's data must exist side by side for each use to come from memory: more than the caches hold.
std::size_t copies_to_stay_cold(double bytes);

std::vector<Case> float_cases(std::size_t threads);
std::vector<Case> packed_cases(std::size_t threads);
std::vector<Case> row_cases(std::size_t threads);

}  // namespace quantlens::bench
