#pragma once

namespace quantlens {

/// Fails as an allocation does for which there is no memory: throws std::bad_alloc, which the request door catches.
[[noreturn]] void out_of_memory();

}  // namespace quantlens
