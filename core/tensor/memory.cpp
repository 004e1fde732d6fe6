#include "tensor/memory.h"

#include <cstdlib>
#include <new>

#if !defined(__EMSCRIPTEN__)
#include <unistd.h>

#include <cstdio>

#include "tensor/machine_memory.h"
#endif

#if defined(__linux__)
#include <malloc.h>
#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <mutex>
#endif

namespace quantlens {

void out_of_memory() { throw std::bad_alloc(); }

#if !defined(__EMSCRIPTEN__)  // whose memory ends where the browser says, and not before it is asked for
MoreThanMachine::MoreThanMachine(std::size_t bytes, std::size_t in_use, std::size_t all) {
    constexpr double kGiB = 1 << 30;
    std::snprintf(message_.data(), message_.size(),
                  "not enough memory for this request: it asks for %.1f GiB in one piece, has %.1f already, and this "
                  "machine has %.1f",
                  double(bytes) / kGiB, double(in_use) / kGiB, double(all) / kGiB);
}
#endif

namespace {

constexpr std::size_t kLine = 64, kPage = std::size_t{2} << 20, kLarge = kPage / 2;

void* from_system(std::size_t bytes, std::size_t alignment) {
    void* memory = nullptr;
    return posix_memalign(&memory, alignment, bytes) == 0 ? memory : nullptr;
}

#if !defined(__EMSCRIPTEN__)
void require_machine_has(std::size_t bytes, std::size_t in_use) {
    static const std::size_t all = [] {
        const long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
        return pages > 0 && page > 0 ? std::size_t(pages) * std::size_t(page) : std::size_t(-1);
    }();
    if (in_use > all || bytes > all - in_use) throw MoreThanMachine(bytes, in_use, all);
}
#else
void require_machine_has(std::size_t, std::size_t) {}
#endif

#if defined(__linux__)
/// Bytes of the large blocks that are taken, and not those that are kept.
std::atomic<std::size_t> in_use{0};

/// What the system gave may be larger than what was asked of it, so its own size counts.
void* taken(void* memory) {
    if (const std::size_t bytes = malloc_usable_size(memory); bytes >= kLarge) in_use += bytes;
    return memory;
}

/// Large blocks that were freed and wait for whoever wants their size next, oldest first.
class KeptBlocks {
public:
    /// A block of `bytes` or little more; null where none is kept.
    void* take(std::size_t bytes) {
        const std::scoped_lock lock(mutex_);
        for (std::size_t i = count_; i-- > 0;)
            if (const Block block = blocks_[i]; block.bytes >= bytes && block.bytes - bytes <= bytes / 8) {
                remove(i);
                return block.memory;
            }
        return nullptr;
    }

    void keep(void* memory, std::size_t bytes) {
        const std::scoped_lock lock(mutex_);
        while (count_ > 0 && (count_ == blocks_.size() || total_ + bytes > kMostKept)) free_oldest();
        if (bytes > kMostKept) return std::free(memory);
        blocks_[count_++] = {memory, bytes};
        total_ += bytes;
    }

    void release() {
        const std::scoped_lock lock(mutex_);
        while (count_ > 0) free_oldest();
    }

private:
    struct Block {
        void* memory;
        std::size_t bytes;
    };
#if defined(__SANITIZE_ADDRESS__)
    static constexpr std::size_t kMostKept = 0;  // who uses freed memory is to be found
#else
    static constexpr std::size_t kMostKept = std::size_t{512} << 20;
#endif

    void remove(std::size_t i) {
        total_ -= blocks_[i].bytes;
        std::copy(blocks_.begin() + i + 1, blocks_.begin() + count_, blocks_.begin() + i);
        --count_;
    }

    void free_oldest() {
        std::free(blocks_[0].memory);
        remove(0);
    }

    std::mutex mutex_;
    std::array<Block, 32> blocks_;
    std::size_t count_ = 0, total_ = 0;
};

/// Never destroyed: static objects may free their memory after it would be.
KeptBlocks& kept_blocks() {
    static KeptBlocks& blocks = *new KeptBlocks;
    return blocks;
}
#endif

}  // namespace

#if defined(__linux__)
void* allocate_aligned(std::size_t bytes) {
    if (bytes < kLarge) {
        void* const memory = from_system(bytes, kLine);
        if (!memory) out_of_memory();
        return taken(memory);
    }
    require_machine_has(bytes, in_use);
    if (bytes % kPage >= kPage / 2) bytes = (bytes / kPage + 1) * kPage;  // a smaller rest stays in small pages
    void* memory = kept_blocks().take(bytes);
    if (!memory) {
        memory = from_system(bytes, kPage);
        if (!memory) {
            release_kept_memory();
            memory = from_system(bytes, kPage);
        }
        if (!memory) out_of_memory();
        madvise(memory, bytes, MADV_HUGEPAGE);  // a wish: nothing depends on it
    }
    return taken(memory);
}

void free_aligned(void* memory) noexcept {
    const std::size_t bytes = malloc_usable_size(memory);
    if (bytes < kLarge) return std::free(memory);
    in_use -= bytes;
    kept_blocks().keep(memory, bytes);
}

void release_kept_memory() noexcept { kept_blocks().release(); }
#else
void* allocate_aligned(std::size_t bytes) {
    if (bytes >= kLarge) require_machine_has(bytes, 0);
    void* const memory = from_system(bytes, kLine);
    if (!memory) out_of_memory();
    return memory;
}

void free_aligned(void* memory) noexcept { std::free(memory); }

void release_kept_memory() noexcept {}
#endif

}  // namespace quantlens
