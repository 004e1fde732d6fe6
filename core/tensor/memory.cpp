#include "tensor/memory.h"

#include <new>

namespace quantlens {

void out_of_memory() { throw std::bad_alloc(); }

}  // namespace quantlens
