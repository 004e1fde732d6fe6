#include "tensor/memory.h"

#include <cstdlib>
#include <new>

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace quantlens {

void out_of_memory() { throw std::bad_alloc(); }

void* allocate_aligned(std::size_t bytes) {
    constexpr std::size_t kLine = 64, kPage = std::size_t{2} << 20;
    const std::size_t alignment = bytes < 2 * kPage ? kLine : kPage;
    void* memory = nullptr;
    if (posix_memalign(&memory, alignment, bytes) != 0) out_of_memory();
#if defined(__linux__)
    if (alignment == kPage) madvise(memory, bytes, MADV_HUGEPAGE);  // a wish: nothing depends on it
#endif
    return memory;
}

void free_aligned(void* memory) noexcept { std::free(memory); }

}  // namespace quantlens
