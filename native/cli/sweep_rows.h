#pragma once

#include <vector>

#include "cli/method_list.h"
#include "request/door.h"

namespace quantlens::cli {

/// The settings of each row of a sweep, derived from the door's schema, so that a new method or format has its rows at
/// once. A row is the request of an `eval` without its "op".
///
/// 1. The model as it is.
/// 2. Every method at 2, 3, 4 and 8 bits with every granularity, groups of 128 and of 32; every number format.
/// 3. Its variants (double quantization, activation order, clipping, GPTQ after the rotation) at the usual granularity.
/// 4. 8- and 4-bit weights with 8- and 4-bit activations, for every method that rounds activations.
/// 5. The KV cache in 8, 4, 3 and 2 bits and in FP8.
/// 6. The weights and activations of 4 again, and 4- and 3-bit weights, with planted outliers.
std::vector<request::Json> sweep_rows();

/// "rtn, 4 bits, group, group size 128": a row's settings in words.
std::string row_text(const request::Json& settings);

}  // namespace quantlens::cli
