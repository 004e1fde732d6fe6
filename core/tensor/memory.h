#pragma once

#include <cstddef>
#include <limits>
#include <memory>

namespace quantlens {

/// Fails as an allocation does for which there is no memory: throws std::bad_alloc, which the request door catches.
[[noreturn]] void out_of_memory();

/// Memory that begins with a cache line, not initialised; of a megabyte and more in whole large pages where the system
/// has them: a first touch of each 4 kB, and looking up where each lies, took a third of GPTQ's time on 4096 x 4096
/// weights (Zen 5 in a virtual machine). And what fills half the second cache stays there only if it lies in one piece:
/// 512 tokens' int8 product took 4.5 ms with 1 MB of codes in pages of 4 kB, 3.9 in one of 2 MB.
///
/// Large blocks that are freed are kept for the next one of their size, up to 512 MB of them: the system clears what it
/// hands out, which took another third where one layer follows another. More than there is: machine_memory.h.
void* allocate_aligned(std::size_t bytes);
void free_aligned(void* memory) noexcept;

/// Gives the system back what is kept.
void release_kept_memory() noexcept;

struct FreeAligned {
    void operator()(void* memory) const noexcept { free_aligned(memory); }
};
template <class T>
using AlignedMemory = std::unique_ptr<T, FreeAligned>;

/// The same for the standard's containers.
template <class T>
struct AlignedAllocator {
    using value_type = T;
    AlignedAllocator() = default;
    template <class U>
    AlignedAllocator(const AlignedAllocator<U>&) {}

    T* allocate(std::size_t count) {
        if (count > std::numeric_limits<std::size_t>::max() / sizeof(T)) out_of_memory();
        return static_cast<T*>(allocate_aligned(count * sizeof(T)));
    }
    void deallocate(T* memory, std::size_t) noexcept { free_aligned(memory); }

    template <class U>
    bool operator==(const AlignedAllocator<U>&) const {
        return true;
    }
};

}  // namespace quantlens
