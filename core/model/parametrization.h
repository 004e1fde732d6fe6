#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <tuple>
#include <vector>

#include "methods/uniform.h"
#include "model/adapter.h"
#include "model/weights.h"
#include "tensor/fields.h"
#include "tensor/thread_pool.h"

/// What learns in a training run, and how the model's weights follow from it.
namespace quantlens::model {

enum class Learning : std::uint8_t { kWeights, kQuantizationAware, kScales, kAdapters };
inline constexpr std::array<std::string_view, 4> kLearningNames{"weights", "qat", "scales", "lora"};

/// The defaults train everything. What a mode does not use is not read.
struct LearningPlan {
    Learning learning = Learning::kWeights;
    std::string layers = "model.layers.*";
    int bits = 4;
    methods::Scheme scheme = methods::Scheme::kAsymmetric;
    int group_size = 128;
    int activation_bits = 16;
    int rank = 8;
    double alpha = 16;

    static constexpr auto fields() {
        using P = LearningPlan;
        return std::tuple{
            choice("learning", &P::learning, kLearningNames,
                   "weights: all of them; qat: all of them, the matrices through rounding; scales: one factor a group "
                   "and the "
                   "norms; lora: adapters beside frozen matrices"),
            text("layers", &P::layers, "which matrices are rounded, scaled or get adapters: * and ? match"),
            integer("bits", &P::bits, 1, 8, 1, "bits", "qat: bits of a weight"),
            choice("scheme", &P::scheme, methods::kSchemeNames, "qat: whether the codes are centred on zero"),
            integer("group_size", &P::group_size, 0, 1 << 20, 1, "weights",
                    "qat, scales: weights of a row that share a scale; 0: the whole row"),
            integer("activation_bits", &P::activation_bits, 2, 16, 1, "bits",
                    "qat: bits of the matrices' inputs; 16: not rounded"),
            integer("rank", &P::rank, 1, 1024, 1, "", "lora: columns of B and rows of A"),
            real("alpha", &P::alpha, 0, 4096, 1, "", "lora: B A is multiplied by alpha / rank"),
        };
    }
    methods::UniformSettings rounding() const {
        methods::UniformSettings settings;
        settings.bits = bits;
        settings.scheme = scheme;
        settings.granularity = group_size == 0 ? methods::Granularity::kChannel : methods::Granularity::kGroup;
        settings.group_size = group_size == 0 ? 1 : group_size;
        return settings;
    }
};

/// A run of learnable values: a matrix [rows x columns] at `offset` of the learnable array.
struct Slot {
    std::size_t offset = 0, rows = 0, columns = 0;
    bool decays = false;     // takes weight decay
    bool is_matrix = false;  // Muon applies to it
    std::size_t size() const { return rows * columns; }
};

/// The weights as a function of learnable values, and its gradient. A tensor is one of:
/// itself: the learnable values are the weights;
/// rounded: the weights are the learnable values after rounding to a grid of their own range; the gradient passes
///   straight through (Bengio et al. 2013, arXiv 1308.3432);
/// scaled: the starting weights, which may be quantized, times one learnable factor a group;
/// adapted: the starting weights, which may be quantized, plus (alpha / rank) B A;
/// frozen.
class Parametrization {
public:
    /// `start`: the weights at the beginning; dequantized where the base is quantized. Adapters begin with B = 0 and A
    /// uniform within 1 / sqrt(in_features), seeded. Fails where a setting is wrong or no matrix matches plan.layers.
    static Result<Parametrization> create(const Weights& start, const LearningPlan& plan, std::uint64_t seed);

    const LearningPlan& plan() const { return plan_; }
    std::span<const Slot> slots() const { return slots_; }
    std::size_t size() const { return start_values_.size(); }
    /// The learnable values at the start.
    std::span<const float> start() const { return start_values_; }
    /// The matrices that plan.layers names, in storage order; none where all weights learn.
    std::span<const std::size_t> matrices() const { return matrices_; }

    /// Begins with this adapter in place of the usual one. Fails with kBadShape where it does not fit the tensor.
    Status set_adapter(std::size_t tensor, const Adapter& adapter);
    /// The adapter of a tensor as views into learnable values; empty where it has none.
    struct AdapterView {
        MatrixView<const float> a, b;
    };
    AdapterView adapter(std::span<const float> learnable, std::size_t tensor) const;

    /// Writes the weights that follow from the learnable values. `weights` must have been the starting ones at first:
    /// frozen tensors are left alone.
    void materialize(std::span<const float> learnable, Weights& weights, ThreadPool& pool) const;
    /// Writes the gradient of the learnable values that follows from that of the weights.
    void pull_back(std::span<const float> learnable, const Weights& gradient, std::span<float> learnable_gradient,
                   ThreadPool& pool) const;

private:
    enum class Kind : std::uint8_t { kItself, kRounded, kScaled, kAdapted };
    struct Entry {
        std::size_t tensor;
        Kind kind;
        std::size_t offset;  // of its learnable values; an adapter's A, then its B
    };
    /// Values of a row that share a scale.
    std::size_t group_of(std::size_t columns) const;
    double scaling() const { return plan_.alpha / plan_.rank; }

    LearningPlan plan_;
    std::vector<Entry> entries_;
    std::vector<Slot> slots_;
    std::vector<float> start_values_;
    std::vector<std::size_t> matrices_;
    std::shared_ptr<const Weights> base_;
};

}  // namespace quantlens::model
