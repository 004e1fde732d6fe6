#include <algorithm>
#include <array>

#include "files/gguf.h"
#include "formats/format.h"
#include "model/model_file.h"

namespace quantlens::model {

namespace {

/// A code point below 0x800 as UTF-8.
std::string utf8(unsigned point) {
    if (point < 0x80) return {char(point)};
    return {char(0xc0 | (point >> 6)), char(0x80 | (point & 0x3f))};
}

/// The text of each byte in GPT-2's tokenizer: visible Latin-1 stands for itself, the rest comes from U+0100 on, in
/// order.
/// Source: Radford et al. 2019, encoder.py, bytes_to_unicode.
std::vector<std::string> byte_tokens() {
    std::vector<std::string> tokens;
    unsigned next = 256;
    for (unsigned byte = 0; byte < 256; ++byte) {
        const bool visible = (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
        tokens.push_back(utf8(visible ? byte : next++));
    }
    return tokens;
}

/// llama.cpp's name of a tensor.
std::string gguf_name(std::string_view name) {
    static constexpr std::array<std::pair<std::string_view, std::string_view>, 12> kNames{{
        {"model.embed_tokens.weight", "token_embd.weight"},
        {"model.norm.weight", "output_norm.weight"},
        {"lm_head.weight", "output.weight"},
        {"input_layernorm.weight", "attn_norm.weight"},
        {"self_attn.q_proj.weight", "attn_q.weight"},
        {"self_attn.k_proj.weight", "attn_k.weight"},
        {"self_attn.v_proj.weight", "attn_v.weight"},
        {"self_attn.o_proj.weight", "attn_output.weight"},
        {"post_attention_layernorm.weight", "ffn_norm.weight"},
        {"mlp.gate_proj.weight", "ffn_gate.weight"},
        {"mlp.up_proj.weight", "ffn_up.weight"},
        {"mlp.down_proj.weight", "ffn_down.weight"},
    }};
    constexpr std::string_view kLayers = "model.layers.";
    std::string prefix;
    if (name.starts_with(kLayers)) {
        name.remove_prefix(kLayers.size());
        prefix = "blk." + std::string{name.substr(0, name.find('.'))} + ".";
        name.remove_prefix(name.find('.') + 1);
    }
    for (const auto& [from, to] : kNames)
        if (from == name) return prefix + std::string{to};
    return prefix + std::string{name};
}

/// Rows of each head so that the two halves alternate: row i of either half goes to 2i and 2i + 1.
Matrix interleaved(MatrixView<const float> weights, std::size_t head_width) {
    Matrix out(weights.rows(), weights.columns());
    const std::size_t half = head_width / 2;
    for (std::size_t r = 0; r < weights.rows(); ++r) {
        const std::size_t head = r / head_width, within = r % head_width;
        const std::size_t to = head * head_width + 2 * (within % half) + within / half;
        std::ranges::copy(weights.row(r), out.row(to).begin());
    }
    return out;
}

/// llama_ftype's number for a file whose matrices are mostly of this type; it is for display only.
std::uint32_t file_type(std::string_view format) {
    static constexpr std::array<std::pair<std::string_view, std::uint32_t>, 10> kTypes{{{"f32", 0},
                                                                                        {"f16", 1},
                                                                                        {"q4_0", 2},
                                                                                        {"q4_1", 3},
                                                                                        {"q8_0", 7},
                                                                                        {"q2_K", 10},
                                                                                        {"q3_K", 12},
                                                                                        {"q4_K", 15},
                                                                                        {"q5_K", 17},
                                                                                        {"q6_K", 18}}};
    for (const auto& [id, number] : kTypes)
        if (id == format) return number;
    return 1024;  // LLAMA_FTYPE_GUESSED
}

files::Metadata metadata_of(const Config& config, std::string_view format, std::string_view name) {
    const auto number = [](std::size_t value) { return files::MetadataValue{std::uint32_t(value)}; };
    const auto text = [](std::string_view value) { return files::MetadataValue{std::string{value}}; };
    std::vector<std::int32_t> types(256, 1);  // LLAMA_TOKEN_TYPE_NORMAL
    return {
        {"general.architecture", text("llama")},
        {"general.name", text(name)},
        {"general.file_type", number(file_type(format))},
        {"general.quantization_version", number(2)},
        {"llama.vocab_size", number(config.vocabulary)},
        {"llama.context_length", number(config.context)},
        {"llama.embedding_length", number(config.width)},
        {"llama.block_count", number(config.layers)},
        {"llama.feed_forward_length", number(config.feed_forward)},
        {"llama.attention.head_count", number(config.heads)},
        {"llama.attention.head_count_kv", number(config.kv_heads)},
        {"llama.attention.key_length", number(config.head_width)},
        {"llama.attention.value_length", number(config.head_width)},
        {"llama.rope.dimension_count", number(config.head_width)},
        {"llama.rope.freq_base", float(config.rope_theta)},
        {"llama.attention.layer_norm_rms_epsilon", float(config.norm_epsilon)},
        {"tokenizer.ggml.model", text("gpt2")},
        {"tokenizer.ggml.pre", text("default")},
        {"tokenizer.ggml.tokens", files::MetadataArray{byte_tokens()}},
        {"tokenizer.ggml.token_type", files::MetadataArray{std::move(types)}},
        {"tokenizer.ggml.merges", files::MetadataArray{std::vector<std::string>{}}},
        {"tokenizer.ggml.add_bos_token", false},
    };
}

}  // namespace

Result<std::vector<std::uint8_t>> gguf_of(const Weights& weights, std::string_view format_id, std::string_view name) {
    const Config& config = weights.config();
    if (config.vocabulary != 256)
        return fail(
            ErrorCode::kUnsupported, "vocab_size",
            "vocab_size is " + to_text(config.vocabulary) + "; a GGUF file can be written for byte models, 256, only");
    const auto wanted = formats::find(format_id);
    if (!wanted) return std::unexpected(wanted.error());
    const auto* type = files::find_by_id(format_id);
    if (!type || type->ggml < 0)
        return bad_parameter("format", format_id, "a type that GGUF has, such as f32, f16, q8_0, q4_0, q4_K or q6_K");
    if (!(*wanted)->for_weights)
        return bad_parameter("format", format_id,
                             "a type that llama.cpp reads weights in, such as q8_0 or q6_K: it has " +
                                 std::string{format_id} + " for activations inside a product only");

    struct Encoded {
        std::string name;
        const files::ElementType* type;
        std::vector<std::uint64_t> shape;
        std::vector<std::uint8_t> bytes;
    };
    std::vector<Encoded> encoded;
    for (std::size_t i = 0; i < weights.specs().size(); ++i) {
        const auto& spec = weights.specs()[i];
        std::string_view id = format_id;
        if (spec.is_norm)
            id = "f32";
        else if (spec.columns % (*wanted)->block_size != 0)
            id = "f16";
        Matrix values(weights.tensor(i));
        const bool turns = spec.name.ends_with("q_proj.weight") || spec.name.ends_with("k_proj.weight");
        if (turns && config.rope == RopeStyle::kHalfSplit) values = interleaved(values, config.head_width);
        auto bytes = formats::encode(**formats::find(id), values.values());
        if (!bytes) {
            Error error = bytes.error();
            error.message = spec.name + ": " + error.message;
            return std::unexpected(std::move(error));
        }
        std::vector<std::uint64_t> shape{spec.rows, spec.columns};
        if (spec.is_norm) shape.erase(shape.begin());
        encoded.push_back({gguf_name(spec.name), files::find_by_id(id), std::move(shape), std::move(*bytes)});
    }
    std::vector<files::TensorToWrite> tensors;
    for (const auto& one : encoded) tensors.push_back({one.name, one.type, one.shape, one.bytes});
    return files::build_gguf(metadata_of(config, format_id, name), tensors);
}

}  // namespace quantlens::model
