#pragma once

#include "formats/format.h"
#include "methods/layer.h"

/// A number format as a method: the matrix becomes the format's blocks, whatever the inputs are.
namespace quantlens::methods {

/// Encodes W row after row and decodes it; a block never crosses a row. Storage is the format's own bytes.
/// Errors: kBadShape where the columns are no whole number of blocks; kUnsupported names the first weight that the format
/// turns into infinity.
Result<QuantizedLayer> store_in_format(const LinearProblem& problem, const formats::Format& format);

}  // namespace quantlens::methods
