#pragma once

#include <dlfcn.h>

#include <string>

#include "tensor/error.h"

namespace quantlens::bench {

/// A shared library that stays loaded.
class Library {
public:
    static Result<Library> open(const std::string& path) {
        void* handle = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
        if (handle == nullptr) return bad_parameter("library", path, dlerror());
        return Library(handle);
    }
    /// The function of that name, or null.
    template <class Function>
    Function* find(const char* name) const {
        return reinterpret_cast<Function*>(dlsym(handle_, name));
    }
    void close() const { dlclose(handle_); }

private:
    explicit Library(void* handle) : handle_(handle) {}
    void* handle_;
};

}  // namespace quantlens::bench
