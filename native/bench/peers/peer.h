#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "tensor/error.h"

/// A library that computes the products that quantbench measures, ours among them. One process measures one of them;
/// tools/bench/peers.mjs lets them take turns.
namespace quantlens::bench {

/// out [tokens x rows] = x [tokens x columns] times the transpose of the weights [rows x columns].
struct Task {
    std::string kernel;   // how the weights are stored: "f32", "q4_0", "int4 g128", "int8", ...; or "gptq", "hadamard"
    std::string variant;  // of the library, where it has several ways: "repacked"; else empty
    std::size_t tokens = 1, rows = 0, columns = 0;
    std::size_t threads = 1;
    std::size_t copies = 1;  // of the weights, used in turn: with enough of them each use comes from memory
};

/// A task whose data is made.
struct Prepared {
    std::function<void()> run;                   // one product
    std::function<std::vector<float>()> result;  // the first token's first values, of the last run
};

struct Peer {
    const char* name;
    std::string (*version)();
    /// kBadParameter says what the library does not have.
    Result<Prepared> (*prepare)(const Task&);
};

/// The values that every peer's task is made of, in this and in the scripts: a multiplicative hash of the index.
/// In [-0.5, 0.5).
inline float value_at(std::size_t index, std::uint32_t seed) {
    std::uint32_t bits = (std::uint32_t(index) + seed) * 2654435761u;
    bits = (bits ^ (bits >> 15)) * 2246822519u;
    bits ^= bits >> 13;
    return float(bits >> 8) * 0x1p-24f - 0.5f;
}
constexpr std::uint32_t kWeightSeed = 1, kInputSeed = 0x9e3779b9u;
constexpr std::size_t kResultValues = 16;

inline std::vector<float> values_of(std::size_t count, std::uint32_t seed) {
    std::vector<float> values(count);
    for (std::size_t i = 0; i < count; ++i) values[i] = value_at(i, seed);
    return values;
}
/// The same in 8 bits: scale 1 / 254.
inline std::vector<std::int8_t> codes_of(std::size_t count, std::uint32_t seed) {
    std::vector<std::int8_t> codes(count);
    for (std::size_t i = 0; i < count; ++i) codes[i] = std::int8_t(int(value_at(i, seed) * 254.0f + 127.5f) - 127);
    return codes;
}
constexpr float kCodeScale = 1.0f / 254;

/// The weights of a task as blocks of a format. Tasks that differ in tokens, threads and copies only follow one
/// another, and to find the codes of some formats takes seconds.
class Blocks {
public:
    template <class Make>  // std::vector<std::uint8_t>()
    const std::vector<std::uint8_t>& of(const Task& task, Make&& make) {
        if (kernel_ != task.kernel || rows_ != task.rows || columns_ != task.columns) {
            blocks_ = make();
            kernel_ = task.kernel;
            rows_ = task.rows;
            columns_ = task.columns;
        }
        return blocks_;
    }

private:
    std::string kernel_;
    std::size_t rows_ = 0, columns_ = 0;
    std::vector<std::uint8_t> blocks_;
};

const Peer& ours();
const Peer& ggml();
const Peer& onednn();
const Peer& openblas();

}  // namespace quantlens::bench
