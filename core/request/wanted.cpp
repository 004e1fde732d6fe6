#include "request/wanted.h"

#include <algorithm>

namespace quantlens::request {
namespace {

constexpr std::string_view kAll = "all";

/// Takes the name before the next comma off the list.
std::string_view take_name(std::string_view& list) {
    const auto comma = list.find(',');
    const auto name = list.substr(0, comma);
    list.remove_prefix(comma == std::string_view::npos ? list.size() : comma + 1);
    return name;
}

}  // namespace

Result<Wanted> Wanted::from(std::string_view list, std::span<const std::string_view> known) {
    for (auto rest = list; !rest.empty();) {
        const auto name = take_name(rest);
        if (name == kAll || std::ranges::find(known, name) != known.end()) continue;
        std::string right = "all";
        for (const auto each : known) right.append(", ").append(each);
        return bad_parameter("return", "'" + std::string{name} + "'", "one or more of " + right);
    }
    return Wanted(list);
}

bool Wanted::has(std::string_view name) const {
    for (std::string_view rest = list_; !rest.empty();)
        if (const auto one = take_name(rest); one == name || one == kAll) return true;
    return false;
}

}  // namespace quantlens::request
