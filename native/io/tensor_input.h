#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "files/directory.h"
#include "io/input_file.h"
#include "tensor/error.h"

namespace quantlens::io {

/// The header of a tensor file; reads no more than it has to.
Result<files::Directory> read_directory(const InputFile& file);

/// float32 values in row-major order.
struct TensorValues {
    std::vector<std::size_t> shape;
    std::vector<float> values;
};

/// The tensor that an argument of the command line names: FILE.npy (float16, float32 or float64),
/// FILE.safetensors:TENSOR or FILE.gguf:TENSOR; TENSOR[0:512] is its first 512 rows, as NumPy would write it
/// (FILE.npy:[0:512]). Reads the header and the bytes that are wanted. Fails with kBadFile or kUnsupported, naming the
/// file; NaN and infinity are left to the reader of the values.
Result<TensorValues> read_tensor(const std::string& argument);

}  // namespace quantlens::io
