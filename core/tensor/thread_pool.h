#pragma once

#include <cstddef>
#include <functional>
#include <memory>

namespace quantlens {

/// Runs independent pieces of work on a fixed number of threads, the caller's among them.
///
/// The pieces, not the threads, decide how work is split, so a result that is written piece by piece is the same at
/// any thread count. A thread that waits looks for some 200 microseconds whether there is work, then sleeps; where a
/// pool has more threads than there are processors they sleep at once. Where there are no threads (WebAssembly without
/// shared memory) everything runs on the caller's.
class ThreadPool {
public:
    /// `threads` 0 means one for each processor.
    explicit ThreadPool(std::size_t threads = 1);
    ~ThreadPool();
    ThreadPool(const ThreadPool&) = delete;
    ThreadPool& operator=(const ThreadPool&) = delete;

    std::size_t threads() const;

    /// Calls body(piece) once for each piece in 0 .. pieces - 1, in any order, and returns when all are done.
    /// Where a body throws, as it does when memory runs out, pieces that no thread has begun are left out, and the
    /// first exception is thrown again here. A body's own call of for_each runs on the body's thread.
    void for_each(std::size_t pieces, const std::function<void(std::size_t piece)>& body);

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace quantlens
