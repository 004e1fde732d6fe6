#pragma once

#include <array>
#include <cstddef>
#include <new>

namespace quantlens {

/// More memory than the machine has: what allocate_aligned throws natively where one large block, on Linux all that are
/// taken, would come to more. Systems promise it all the same, and end the program once it is written to.
class MoreThanMachine : public std::bad_alloc {
public:
    /// `bytes` were asked for while `in_use` were taken, of `all` that there are.
    MoreThanMachine(std::size_t bytes, std::size_t in_use, std::size_t all);
    /// A whole message; it has its own room, as there may be no other.
    const char* what() const noexcept override { return message_.data(); }

private:
    std::array<char, 160> message_{};
};

}  // namespace quantlens
