#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "tensor/fields.h"

namespace quantlens::cli {

/// A method as the door's schema describes it.
struct MethodInfo {
    std::string_view id, title;
    bool needs_activations = false;
    bool is_format = false;
    std::vector<FieldInfo> fields;
};

std::span<const MethodInfo> method_list();

/// The method with this id, or an error that names the flag and lists the ids.
Result<const MethodInfo*> find_method(std::string_view id, std::string_view flag = "--method");

}  // namespace quantlens::cli
