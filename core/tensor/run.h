#pragma once

#include <cstdint>
#include <functional>

#include "tensor/thread_pool.h"

namespace quantlens {

/// What a computation is given beside its data: threads, the seed of its randomness, and whom to tell how far it is.
struct Run {
    ThreadPool& pool;
    std::uint64_t seed = 0;
    /// Called now and then with the share done, 0 to 1; false asks the computation to end with kCancelled.
    std::function<bool(double share_done)> progress;

    bool should_stop(double share_done) const { return progress && !progress(share_done); }
};

}  // namespace quantlens
