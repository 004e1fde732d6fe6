#pragma once

#include <optional>
#include <string>
#include <vector>

#include "planner/memory.h"

namespace quantlens::planner {

/// A machine as the roofline sees it.
struct Machine {
    double bandwidth_gb_s = 0;             // 10^9 bytes a second
    std::optional<double> compute_tflops;  // dense peak of the arithmetic that the products run in
};

/// The roofline's estimate: what no runtime beats, with every assumption said.
/// Source: Williams, Waterman, Patterson 2009, "Roofline".
struct Speed {
    double decode_tokens_per_second = 0;    // of all sequences together
    std::optional<double> prefill_seconds;  // to the first token of a prompt of `context` tokens
    std::string prefill_unknown_because;    // where prefill_seconds is absent
    // What one decoding step, and one prompt, read and compute; the roofline's coordinates. Prefill's need the peak.
    double decode_bytes = 0, decode_operations = 0, decode_seconds = 0;
    double prefill_bytes = 0, prefill_operations = 0;
    std::string bound;  // what limits decoding: "memory" or "compute"
    std::vector<std::string> assumptions;
    Receipt decode_receipt, prefill_receipt;
};
Result<Speed> plan_speed(const ModelShape& model, const Storage& storage, const Load& load, const Machine& machine);

}  // namespace quantlens::planner
