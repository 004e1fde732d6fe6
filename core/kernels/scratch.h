#pragma once

#include <cstddef>
#include <memory>
#include <new>

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
            memory_.reset(static_cast<std::byte*>(::operator new(size, kAlignment)));
            size_ = size;
        }
        return memory_.get();
    }

private:
    static constexpr std::align_val_t kAlignment{64};
    struct Free {
        void operator()(std::byte* memory) const { ::operator delete(memory, kAlignment); }
    };
    std::unique_ptr<std::byte, Free> memory_;
    std::size_t size_ = 0;
};

}  // namespace quantlens::kernels
