#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/config.h"
#include "tensor/matrix.h"

/// The tensors of a model, one behind the other in one array, each reached by name or by place.
namespace quantlens::model {

/// A tensor of a decoder layer, in the order in which they are stored. Queries, keys and values follow each other, gate
/// and up do, so that each such group is one matrix for the joint product.
enum class Part : std::uint8_t {
    kAttentionNorm,
    kQuery,
    kKey,
    kValue,
    kOutput,
    kFeedForwardNorm,
    kGate,
    kUp,
    kDown,
};
inline constexpr std::size_t kPartsPerLayer = 9;

/// The seven linear layers of a decoder layer.
inline constexpr Part kLinearParts[] = {Part::kQuery, Part::kKey, Part::kValue, Part::kOutput,
                                        Part::kGate,  Part::kUp,  Part::kDown};

/// One tensor: its Hugging Face name ("model.layers.0.self_attn.q_proj.weight"), shape and place.
struct TensorSpec {
    std::string name;
    std::size_t rows = 0, columns = 0;  // a norm has 1 row
    std::size_t offset = 0;             // of its first value in the array
    bool is_norm = false;
    std::size_t size() const { return rows * columns; }
};

/// Every tensor of a model of this shape, in storage order.
std::vector<TensorSpec> tensor_specs(const Config& config);

/// All weights of a model (or their gradients: the same shape). Zero at first.
class Weights {
public:
    Weights() = default;
    explicit Weights(const Config& config);

    const Config& config() const { return config_; }
    std::span<const TensorSpec> specs() const { return specs_; }
    std::span<float> values() { return values_; }
    std::span<const float> values() const { return values_; }

    /// The tensor's index in specs().
    std::size_t index(std::size_t layer, Part part) const { return 1 + layer * kPartsPerLayer + std::size_t(part); }
    std::size_t embedding_index() const { return 0; }
    std::size_t final_norm_index() const { return 1 + config_.layers * kPartsPerLayer; }
    /// The embedding where it is tied.
    std::size_t head_index() const { return config_.tied_embeddings ? 0 : final_norm_index() + 1; }
    std::optional<std::size_t> find(std::string_view name) const;

    MatrixView<float> tensor(std::size_t index) { return view<float>(*this, index); }
    MatrixView<const float> tensor(std::size_t index) const { return view<const float>(*this, index); }
    MatrixView<float> tensor(std::size_t layer, Part part) { return tensor(index(layer, part)); }
    MatrixView<const float> tensor(std::size_t layer, Part part) const { return tensor(index(layer, part)); }

    /// `count` tensors from this one on, as one matrix: they have the same number of columns.
    MatrixView<float> stacked(std::size_t layer, Part first, std::size_t count) {
        return stack<float>(*this, index(layer, first), count);
    }
    MatrixView<const float> stacked(std::size_t layer, Part first, std::size_t count) const {
        return stack<const float>(*this, index(layer, first), count);
    }

private:
    template <class T, class Self>
    static MatrixView<T> view(Self& self, std::size_t index) {
        const auto& spec = self.specs_[index];
        return {self.values_.data() + spec.offset, spec.rows, spec.columns};
    }
    template <class T, class Self>
    static MatrixView<T> stack(Self& self, std::size_t index, std::size_t count) {
        const auto& spec = self.specs_[index];
        std::size_t rows = 0;
        for (std::size_t i = 0; i < count; ++i) rows += self.specs_[index + i].rows;
        return {self.values_.data() + spec.offset, rows, spec.columns};
    }

    Config config_;
    std::vector<TensorSpec> specs_;
    std::vector<float> values_;
};

/// Weights to start training from: norms 1, matrices normal with deviation 0.02, those that write into the residual
/// stream (o_proj, down_proj) divided by sqrt(2 layers). Source: Radford et al. 2019 (GPT-2), section 2.3.
Weights initial_weights(const Config& config, std::uint64_t seed);

/// Whether `pattern` matches all of `text`; * stands for any run of characters, ? for one.
bool glob_matches(std::string_view pattern, std::string_view text);

}  // namespace quantlens::model
