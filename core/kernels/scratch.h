#pragma once

#include <cstddef>

#include "tensor/memory.h"

namespace quantlens::kernels {

/// Memory that a thread keeps between calls, aligned to a cache line, not initialised. Only grows.
class Scratch {
public:
    float* floats(std::size_t count) { return values<float>(count); }

    template <class T>
    T* values(std::size_t count) {
        return static_cast<T*>(bytes(count * sizeof(T)));
    }

    void* bytes(std::size_t size) {
        if (size > size_) {
            memory_.reset();
            size_ = 0;  // there is none where the next line throws
            memory_.reset(static_cast<std::byte*>(allocate_aligned(size)));
            size_ = size;
        }
        return memory_.get();
    }

private:
    AlignedMemory<std::byte> memory_;
    std::size_t size_ = 0;
};

}  // namespace quantlens::kernels
