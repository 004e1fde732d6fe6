#pragma once

#include <span>
#include <string>
#include <string_view>

#include "tensor/error.h"

namespace quantlens::request {

/// Which arrays a request's "return" asks for: names separated by commas, or "all".
class Wanted {
public:
    /// Fails with kBadParameter naming a name that is not among the `known` ones, and those.
    static Result<Wanted> from(std::string_view list, std::span<const std::string_view> known);
    bool has(std::string_view name) const;

private:
    explicit Wanted(std::string_view list) : list_(list) {}

    std::string list_;
};

}  // namespace quantlens::request
