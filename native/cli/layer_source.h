#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/flags.h"
#include "cli/model_input.h"

namespace quantlens::cli {

/// Where a layer comes from: --weights and --activations, or --values, --synthetic or --layer, which the door makes
/// itself.
class LayerSource {
public:
    /// `fields` are those of the operation: only sources that it knows get a flag.
    void add(CLI::App& app, std::span<const FieldInfo> fields);

    /// Whether this key of a request says where a layer comes from.
    static bool is_key(std::string_view key);

    /// Exactly one source; its keys go into the request and its tensors into the arrays.
    Status fill(Json& request, std::vector<request::Array>& arrays) const;

private:
    std::string weights_, activations_;
    FieldFlags sources_;
    ModelFlags model_;
};

}  // namespace quantlens::cli
