#pragma once

#include <utility>

#include "request/door.h"

/// How an operation gets into the table: a parameter struct with fields(), and a plain function over it.
namespace quantlens::request {

template <class P>
Operation operation(std::string_view name, std::string_view meaning, std::vector<std::string_view> arrays,
                    Result<Response> (*function)(const P&, Call&), bool takes_method = false) {
    return {name,
            meaning,
            std::move(arrays),
            takes_method,
            describe<P>(),
            [name, function](const Settings& settings, Call& call) -> Result<Response> {
                P parameters;
                if (const auto status = assign(parameters, settings, name); !status)
                    return std::unexpected(status.error());
                return function(parameters, call);
            }};
}

/// An operation that has nothing to set.
struct NoParameters {
    static constexpr auto fields() { return std::tuple{}; }
};

bool has_array(const Call& call, std::string_view name);
/// The array of this name, or an error that says which the request brought.
Result<Array*> find_array(Call& call, std::string_view name);
/// The same as float32 values, or as bytes.
Result<std::vector<float>*> find_floats(Call& call, std::string_view name);
Result<std::vector<std::uint8_t>*> find_bytes(Call& call, std::string_view name);

/// The operations of each source file.
std::vector<Operation> catalogue_operations();      // schema, formats
std::vector<Operation> layer_operations();          // quantize, statistics
std::vector<Operation> block_operations();          // encode, decode, hadamard
std::vector<Operation> file_operations();           // inspect, tensor-file
std::vector<Operation> measure_operations();        // measure
std::vector<Operation> cache_operations();          // kv
std::vector<Operation> planner_operations();        // memory, speed, finetune-memory, models, devices
std::vector<Operation> planner_curve_operations();  // cache-curve, roofline, formats-that-fit
std::vector<Operation> walkthrough_operations();    // affine, products, cache-sketch
std::vector<Operation> representable_operations();  // representable
std::vector<Operation> playground_operations();     // gptq-trace, best-rounding, rotated
std::vector<Operation> comparison_operations();     // compare
std::vector<Operation> model_operations();          // model, eval, generate, convert
std::vector<Operation> training_operations();       // train

}  // namespace quantlens::request
