#pragma once

#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "methods/layer.h"

namespace quantlens::methods {

/// One method, type-erased for the front ends: flags, controls, docs and checks all read this table.
struct Method {
    std::string_view id;      // as on the command line: "gptq"
    std::string_view title;   // "GPTQ"
    std::string_view source;  // paper and section
    bool needs_activations = false;
    std::vector<FieldInfo> fields;
    /// Every effective parameter, defaults included.
    std::function<Result<Settings>(const Settings&)> effective;
    std::function<Result<QuantizedLayer>(const LinearProblem&, const Settings&)> quantize;
    /// Round-to-nearest with the same bits, scheme and granularity; empty where that does not compare.
    std::function<Result<QuantizedLayer>(const LinearProblem&, const Settings&)> round_to_nearest;
};

/// All methods: the named ones, then one for each number format.
std::span<const Method> all();

/// The method with this id, or an error that lists the ids.
Result<const Method*> find(std::string_view id);

/// Checks the problem (shapes fit, all values finite, activations where they are needed), then quantizes.
Result<QuantizedLayer> quantize(const Method& method, const LinearProblem& problem, const Settings& settings);

}  // namespace quantlens::methods
