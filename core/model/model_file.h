#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/trainer.h"
#include "model/weights.h"

/// Models as files: safetensors in Hugging Face's Llama layout, GGUF for llama.cpp, and the checkpoints of a training
/// run.
namespace quantlens::model {

/// The config that our safetensors files carry in their metadata; for files without one, the text of the config.json
/// beside it is needed. Fails where there is neither.
Result<Config> config_of_safetensors(std::span<const std::uint8_t> file, std::string_view config_json = {});

/// A model from a safetensors file, of any float type that we decode. Names are Hugging Face's, with or without the
/// leading "model."; a head that is tied may be missing. Fails where a tensor is missing, of another shape, of integers
/// or not finite, or the file has a weight that this architecture has no place for.
Result<Weights> weights_from_safetensors(std::span<const std::uint8_t> file, std::string_view config_json = {});

/// The model as a safetensors file; `type` is f16, bf16 or f32. `notes` go to the metadata, where the config is too.
/// Fails with kBadParameter at another type.
Result<std::vector<std::uint8_t>> safetensors_of(const Weights& weights, std::string_view type,
                                                 std::span<const std::pair<std::string, std::string>> notes = {});

/// The model as a GGUF file of the llama architecture, matrices in `format` (f32, f16, q8_0, q4_0, q4_K, q6_K or any
/// other GGUF type that is a format), norms in f32. As llama.cpp does, a matrix whose rows are no whole number of
/// blocks is stored in f16 instead.
///
/// Rows of q and k are reordered, because llama.cpp turns neighbouring values where Hugging Face turns halves. The
/// tokenizer is a "gpt2" one whose 256 tokens are the bytes in GPT-2's byte-to-text mapping, without merges, so that
/// bytes and tokens are one to one. Fails with kUnsupported where the vocabulary is not 256.
/// Source: convert_hf_to_gguf.py and gguf-py/constants.py of github.com/ggml-org/llama.cpp.
Result<std::vector<std::uint8_t>> gguf_of(const Weights& weights, std::string_view format, std::string_view name);

/// A checkpoint: the model in f32 and, beside it, the state of the run. It is itself a model file.
Result<std::vector<std::uint8_t>> checkpoint_of(const Trainer& trainer, std::uint64_t seed);

struct Checkpoint {
    Weights weights;
    TrainerState state;
    TrainingParameters parameters;
    std::uint64_t seed = 0;
};
/// Fails where the file is no checkpoint of ours.
Result<Checkpoint> checkpoint_from(std::span<const std::uint8_t> file);

}  // namespace quantlens::model
