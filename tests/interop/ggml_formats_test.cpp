// GGUF's block formats against ggml's own compiled library: the same random blocks through both, byte for byte.
//
// Needs libggml-base.so (npm package @node-llama-cpp/linux-x64); its path is the macro QUANTLENS_GGML_LIBRARY. Only a
// program that has it is built with this file, so it is no part of the ordinary tests.
#include <dlfcn.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

#include "formats/format.h"
#include "tensor/random.h"

namespace quantlens::formats {
namespace {

using Quantize = void (*)(const float* values, void* blocks, std::int64_t count);
using Dequantize = void (*)(const void* blocks, float* values, std::int64_t count);

template <class Function>
Function symbol(const std::string& name) {
    static void* const library = dlopen(QUANTLENS_GGML_LIBRARY, RTLD_NOW);
    void* const found = library == nullptr ? nullptr : dlsym(library, name.c_str());
    EXPECT_NE(found, nullptr) << name << " in " << QUANTLENS_GGML_LIBRARY;
    return reinterpret_cast<Function>(found);
}

/// A way to fill a block with numbers that quantizers meet, or that are at their edges.
struct Distribution {
    const char* name;
    void (*fill)(Random& random, std::span<float> block);
    /// Blocks of float32 denormals overflow the inverse of the scale, and the reference converts infinities to
    /// integers: only the values that come back are compared.
    bool bytes_are_defined = true;
};

float power(Random& random, double low, double high) {
    return float(std::pow(10.0, low + (high - low) * random.uniform()));
}

// clang-format off
const Distribution kDistributions[] = {
    {"normal", [](Random& r, std::span<float> x) { for (float& v : x) v = float(0.02 * r.normal()); }},
    {"heavy tails", [](Random& r, std::span<float> x) { for (float& v : x) v = float(std::pow(r.normal(), 3)); }},
    {"uniform", [](Random& r, std::span<float> x) { for (float& v : x) v = float(2 * r.uniform() - 1); }},
    {"one sided", [](Random& r, std::span<float> x) { for (float& v : x) v = float(std::fabs(r.normal()) + 0.5); }},
    {"one sided, negative", [](Random& r, std::span<float> x) { for (float& v : x) v = -float(1 + r.uniform()); }},
    {"sparse", [](Random& r, std::span<float> x) { for (float& v : x) v = r.below(8) == 0 ? float(r.normal()) : 0.0f; }},
    {"outlier", [](Random& r, std::span<float> x) {
         for (float& v : x) v = float(0.01 * r.normal());
         x[r.below(x.size())] = float(100 * r.normal());
     }},
    {"small integers, many ties", [](Random& r, std::span<float> x) {
         for (float& v : x) v = float(int(r.below(17)) - 8);
     }},
    {"halves, many ties", [](Random& r, std::span<float> x) { for (float& v : x) v = 0.5f * float(int(r.below(63)) - 31); }},
    {"powers of two", [](Random& r, std::span<float> x) {
         for (float& v : x) v = std::ldexp(r.below(2) == 0 ? 1.0f : -1.0f, int(r.below(24)) - 12);
     }},
    {"constant", [](Random& r, std::span<float> x) { std::ranges::fill(x, float(r.normal())); }},
    {"two values", [](Random& r, std::span<float> x) {
         const float a = float(r.normal()), b = float(r.normal());
         for (float& v : x) v = r.below(2) == 0 ? a : b;
     }},
    {"zeros and negative zeros", [](Random& r, std::span<float> x) { for (float& v : x) v = r.below(2) == 0 ? 0.0f : -0.0f; }},
    {"mixed magnitudes", [](Random& r, std::span<float> x) {
         for (float& v : x) v = power(r, -8, 4) * (r.below(2) == 0 ? 1.0f : -1.0f);
     }},
    {"tiny", [](Random& r, std::span<float> x) {
         const float scale = power(r, -14, -4);
         for (float& v : x) v = scale * float(r.normal());
     }},
    {"large", [](Random& r, std::span<float> x) {
         const float scale = power(r, 2, 18);
         for (float& v : x) v = scale * float(r.normal());
     }},
    {"huge", [](Random& r, std::span<float> x) {
         const float scale = power(r, 30, 38);
         for (float& v : x) v = std::clamp(scale * float(r.normal()), -3e38f, 3e38f);
     }},
    {"just below powers of two", [](Random& r, std::span<float> x) {
         for (float& v : x) {
             const float top = std::ldexp(1.0f, int(r.below(40)) - 20);
             v = std::bit_cast<float>(std::bit_cast<std::uint32_t>(top) - std::uint32_t(r.below(4)));
         }
     }},
    {"denormals",
     [](Random& r, std::span<float> x) {
         for (float& v : x) v = std::bit_cast<float>(std::uint32_t(r.below(1u << 23)) | std::uint32_t(r.below(2)) << 31);
     },
     false},
};
// clang-format on

/// ggml leaves the codes of an IQ4_NL block that counts as zero uninitialised; its scale is 0.
bool codes_are_defined(const Format& format, std::span<const float> block) {
    return format.id != "iq4_nl" || std::ranges::any_of(block, [](float v) { return std::fabs(v) >= 1e-15f; });
}

/// Bits equal; any NaN equals any other.
bool same(float a, float b) {
    return std::bit_cast<std::uint32_t>(a) == std::bit_cast<std::uint32_t>(b) || (std::isnan(a) && std::isnan(b));
}

class Ggml : public testing::TestWithParam<const Format*> {};

TEST_P(Ggml, QuantizersWriteTheSameBytes) {
    const Format& format = *GetParam();
    const auto quantize = symbol<Quantize>("quantize_row_" + std::string{format.id} + "_ref");
    const auto dequantize = symbol<Dequantize>("dequantize_row_" + std::string{format.id});
    ASSERT_TRUE(quantize != nullptr && dequantize != nullptr);
    const std::size_t blocks = 200000 / format.block_size;
    std::size_t compared = 0;
    for (const auto& distribution : kDistributions) {
        Random random{std::hash<std::string_view>{}(format.id)};
        std::vector<float> x(blocks * format.block_size);
        for (std::size_t b = 0; b < blocks; ++b)
            distribution.fill(random, std::span{x}.subspan(b * format.block_size, format.block_size));
        std::vector<std::uint8_t> theirs(blocks * format.block_bytes), ours(theirs.size());
        quantize(x.data(), theirs.data(), std::int64_t(x.size()));
        format.encode(x, ours);
        std::size_t different = 0;
        for (std::size_t b = 0; b < blocks; ++b) {
            const auto at = std::ptrdiff_t(b * format.block_bytes), end = at + std::ptrdiff_t(format.block_bytes);
            const auto block = std::span{x}.subspan(b * format.block_size, format.block_size);
            if (!distribution.bytes_are_defined || !codes_are_defined(format, block)) continue;
            ++compared;
            if (!std::equal(ours.begin() + at, ours.begin() + end, theirs.begin() + at)) ++different;
        }
        EXPECT_EQ(different, 0u) << "of " << blocks << " blocks differ: " << distribution.name;

        std::vector<float> restored(x.size()), own(x.size()), own_way(x.size());
        dequantize(theirs.data(), restored.data(), std::int64_t(x.size()));
        format.decode(theirs, own);
        format.decode(ours, own_way);
        std::size_t values = 0;
        for (std::size_t i = 0; i < x.size(); ++i)
            values += same(restored[i], own[i]) && (restored[i] == own_way[i] || same(restored[i], own_way[i])) ? 0 : 1;
        EXPECT_EQ(values, 0u) << "decoded values differ: " << distribution.name;
    }
    std::printf("%s: %zu blocks\n", std::string{format.id}.c_str(), compared);
}

TEST_P(Ggml, DequantizersReadAnyBytesTheSame) {
    const Format& format = *GetParam();
    const auto dequantize = symbol<Dequantize>("dequantize_row_" + std::string{format.id});
    ASSERT_NE(dequantize, nullptr);
    const std::size_t blocks = 400000 / format.block_size;
    Random random{7};
    std::vector<std::uint8_t> bytes(blocks * format.block_bytes);
    for (auto& byte : bytes) byte = std::uint8_t(random.below(256));
    std::vector<float> theirs(blocks * format.block_size), ours(theirs.size());
    dequantize(bytes.data(), theirs.data(), std::int64_t(theirs.size()));
    format.decode(bytes, ours);
    std::size_t different = 0;
    for (std::size_t i = 0; i < ours.size(); ++i) different += same(ours[i], theirs[i]) ? 0 : 1;
    EXPECT_EQ(different, 0u);
}

std::vector<const Format*> gguf_formats() {
    std::vector<const Format*> found;
    for (const auto& format : all())
        if (format.family == Family::kGguf) found.push_back(&format);
    return found;
}

INSTANTIATE_TEST_SUITE_P(Formats, Ggml, testing::ValuesIn(gguf_formats()),
                         [](const auto& tested) { return std::string{tested.param->id}; });

}  // namespace
}  // namespace quantlens::formats
