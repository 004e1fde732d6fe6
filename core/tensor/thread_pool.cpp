#include "tensor/thread_pool.h"

#include <algorithm>

#if !defined(__EMSCRIPTEN__) || defined(__EMSCRIPTEN_PTHREADS__)
#include <atomic>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#if defined(__linux__)
#include <sched.h>
#endif

namespace quantlens {

namespace {
thread_local bool inside_piece = false;

/// How often whoever waits looks before it sleeps; the core has no clock. To wake a thread that sleeps takes 50 us and
/// more on a virtual machine, a product of one token 300 to 1000, of which a piece, what one thread waits for the other
/// at the end, is a twentieth. A look and its pause take 26 ns on Zen 3, so all of them some 200 us; Intel's processors
/// pause for longer.
constexpr int kLooks = 8000;

/// Looks for a while whether something has come true.
template <class Condition>
bool comes_true_soon(Condition&& condition) {
    for (int look = 0; look < kLooks; ++look) {
        if (condition()) return true;
#if defined(__x86_64__)
        __builtin_ia32_pause();
#elif defined(__aarch64__)
        asm volatile("yield");
#endif
    }
    return false;
}

#if defined(__linux__)
std::size_t processors() {
    cpu_set_t allowed;
    return sched_getaffinity(0, sizeof allowed, &allowed) == 0 ? std::size_t(CPU_COUNT(&allowed))
                                                               : std::thread::hardware_concurrency();
}

int current_processor() { return sched_getcpu(); }

/// Moves the calling thread to another processor than `taken`, if it may run on one. A thread is woken where the one
/// that calls it runs, and stays there for milliseconds: both of them then do in turn what they should do at once.
void leave_processor(int taken) {
    cpu_set_t allowed;
    if (taken < 0 || taken >= CPU_SETSIZE || sched_getaffinity(0, sizeof allowed, &allowed) != 0) return;
    cpu_set_t others = allowed;
    CPU_CLR(taken, &others);
    if (CPU_COUNT(&others) == 0 || sched_setaffinity(0, sizeof others, &others) != 0) return;
    sched_setaffinity(0, sizeof allowed, &allowed);
}
#else
std::size_t processors() { return std::thread::hardware_concurrency(); }
int current_processor() { return -1; }
void leave_processor(int) {}
#endif
}  // namespace

struct ThreadPool::State {
    std::mutex mutex;
    std::condition_variable wake, done;
    const std::function<void(std::size_t)>* body = nullptr;
    std::size_t pieces = 0;
    std::atomic<std::size_t> next{0};
    std::atomic<std::size_t> busy{0};
    std::atomic<std::size_t> round{0};
    std::atomic<bool> stopping{false};
    std::atomic<int> caller_processor{-1};
    std::exception_ptr failure;  // the first of a round; read where nobody works any more
    bool looks = false;  // before it sleeps; not where a thread that looks takes the processor of one that works
    std::vector<std::jthread> workers;

    void work() {
        inside_piece = true;
        try {
            for (std::size_t piece = next.fetch_add(1); piece < pieces; piece = next.fetch_add(1)) (*body)(piece);
        } catch (...) {
            next = pieces;
            std::lock_guard lock(mutex);
            if (!failure) failure = std::current_exception();
        }
        inside_piece = false;
    }

    void serve() {
        std::size_t seen = 0;
        const auto called = [&] { return stopping || round != seen; };
        for (;;) {
            if (!looks || !comes_true_soon(called)) {
                std::unique_lock lock(mutex);
                wake.wait(lock, called);
            }
            if (stopping) return;
            seen = round;
            if (const int taken = caller_processor; taken >= 0 && taken == current_processor()) leave_processor(taken);
            work();
            if (--busy == 0) {
                std::lock_guard lock(mutex);  // between the caller's look and its sleep, if it is there
                done.notify_one();
            }
        }
    }
};

ThreadPool::ThreadPool(std::size_t threads) : state_(std::make_unique<State>()) {
    if (threads == 0) threads = std::max(1u, std::thread::hardware_concurrency());
    state_->looks = threads <= processors();
    for (std::size_t i = 1; i < threads; ++i) state_->workers.emplace_back([this] { state_->serve(); });
}

ThreadPool::~ThreadPool() {
    {
        std::lock_guard lock(state_->mutex);
        state_->stopping = true;
    }
    state_->wake.notify_all();
    state_->workers.clear();
}

std::size_t ThreadPool::threads() const { return state_->workers.size() + 1; }

void ThreadPool::for_each(std::size_t pieces, const std::function<void(std::size_t)>& body) {
    if (pieces <= 1 || state_->workers.empty() || inside_piece) {
        for (std::size_t piece = 0; piece < pieces; ++piece) body(piece);
        return;
    }
    {
        std::lock_guard lock(state_->mutex);
        state_->body = &body;
        state_->pieces = pieces;
        state_->next = 0;
        state_->busy = state_->workers.size();
        state_->caller_processor = current_processor();
        ++state_->round;
    }
    state_->wake.notify_all();
    state_->work();
    const auto finished = [&] { return state_->busy == 0; };
    if (!state_->looks || !comes_true_soon(finished)) {
        std::unique_lock lock(state_->mutex);
        state_->done.wait(lock, finished);
    }
    if (state_->failure) std::rethrow_exception(std::exchange(state_->failure, nullptr));
}

}  // namespace quantlens

#else

namespace quantlens {

struct ThreadPool::State {};

ThreadPool::ThreadPool(std::size_t) {}
ThreadPool::~ThreadPool() = default;
std::size_t ThreadPool::threads() const { return 1; }

void ThreadPool::for_each(std::size_t pieces, const std::function<void(std::size_t)>& body) {
    for (std::size_t piece = 0; piece < pieces; ++piece) body(piece);
}

}  // namespace quantlens

#endif
