#pragma once

#include "methods/kv.h"
#include "tensor/receipt.h"

namespace quantlens::methods {

/// How the size of a quantized cache comes about: each stored part's count and bits, then the rows "stored_bits",
/// "bytes" and, as the last, "bits_per_value".
Receipt kv_receipt(const QuantizedKv& cache);

}  // namespace quantlens::methods
