#include "model/arithmetic.h"

// Loops of their own, over plain pointers and in pieces of kLanes: the form that compilers turn into vector code.
namespace quantlens::model {

void exponentials(std::span<float> values, float scale, float shift) {
    float* const at = values.data();
    const std::size_t count = values.size(), whole = count / kLanes * kLanes;
    for (std::size_t i = 0; i < whole; i += kLanes)
        for (std::size_t j = 0; j < kLanes; ++j) at[i + j] = exponential(scale * at[i + j] - shift);
    for (std::size_t i = whole; i < count; ++i) at[i] = exponential(scale * at[i] - shift);
}

void sigmoids(std::span<const float> in, std::span<float> out) {
    const float* const from = in.data();
    float* const to = out.data();
    const std::size_t count = in.size(), whole = count / kLanes * kLanes;
    for (std::size_t i = 0; i < whole; i += kLanes)
        for (std::size_t j = 0; j < kLanes; ++j) to[i + j] = 1.0f / (1.0f + exponential(-from[i + j]));
    for (std::size_t i = whole; i < count; ++i) to[i] = 1.0f / (1.0f + exponential(-from[i]));
}

}  // namespace quantlens::model
