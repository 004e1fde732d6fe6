// A Hugging Face config.json as a ModelShape.

#include <algorithm>
#include <array>
#include <vector>

#include "planner/model_shape.h"
#include "tensor/json_text.h"

namespace quantlens::planner {
namespace {

constexpr std::size_t kMaxConfigBytes = std::size_t{1} << 20;
constexpr std::uint64_t kMostOfAnything = std::uint64_t{1} << 32;
constexpr std::size_t kMostListed = 4096;  // layers: each is looked for among those before it
constexpr std::size_t kMostShown = 120;    // what is no JSON may be a text of the whole file without its end

/// Which layers have a sliding window where the config does not list them one by one.
enum class WindowRule : std::uint8_t { kNone, kAll, kEveryOther, kPattern, kFromLayer };

/// What a family's configs leave out, because its code knows it.
struct Family {
    std::string_view model_type;
    bool tied_by_default = false;
    bool qkv_bias = false;
    bool qk_norm = false;
    std::uint64_t norms_per_layer = 2;
    WindowRule window = WindowRule::kNone;
};

constexpr std::array kFamilies{
    Family{"llama"},
    Family{"mistral", false, false, false, 2, WindowRule::kAll},
    Family{"mixtral", false, false, false, 2, WindowRule::kAll},
    Family{"qwen2", false, true, false, 2, WindowRule::kFromLayer},
    Family{"qwen2_moe", false, true, false, 2, WindowRule::kFromLayer},
    Family{"qwen3", false, false, true, 2, WindowRule::kFromLayer},
    Family{"qwen3_moe", false, false, true, 2, WindowRule::kFromLayer},
    Family{"gemma2", true, false, false, 4, WindowRule::kEveryOther},
    Family{"gemma3", true, false, true, 4, WindowRule::kPattern},
    Family{"gemma3_text", true, false, true, 4, WindowRule::kPattern},
    Family{"phi3", false, false, false, 2, WindowRule::kAll},
    Family{"gpt_oss", false, true, false, 2, WindowRule::kEveryOther},
    Family{"deepseek_v2"},
    Family{"deepseek_v3"},
    Family{"gpt2", true},
    Family{"opt", true},
};

/// Reads fields and remembers which needed ones were missing or no sensible size.
class Fields {
public:
    explicit Fields(const Json& object) : object_(object) {}

    std::uint64_t optional(std::string_view key, std::uint64_t otherwise) {
        const auto found = object_.find(key);
        if (found == object_.end() || found->is_null()) return otherwise;
        if (found->is_number_unsigned() && found->get<std::uint64_t>() <= kMostOfAnything)
            return found->get<std::uint64_t>();
        wrong_.push_back(std::string{key} + " is " + found->dump().substr(0, 40));
        return otherwise;
    }
    std::uint64_t needed(std::string_view key) {
        const auto found = object_.find(key);
        if (found == object_.end() || found->is_null()) {
            missing_.push_back(std::string{key});
            return 0;
        }
        const auto value = optional(key, 0);
        if (value == 0 && wrong_.empty()) wrong_.push_back(std::string{key} + " is 0");
        return value;
    }
    /// May be left out, but is no size where it is 0.
    std::uint64_t size(std::string_view key, std::uint64_t otherwise) { return has(key) ? needed(key) : otherwise; }
    /// What is given must also fit together; `wrong` says what does not.
    void require(bool holds, std::string wrong) {
        if (!holds) contradictions_.push_back(std::move(wrong));
    }
    bool flag(std::string_view key, bool otherwise) const {
        const auto found = object_.find(key);
        return found != object_.end() && found->is_boolean() ? found->get<bool>() : otherwise;
    }
    std::string words(std::string_view key) const {
        const auto found = object_.find(key);
        return found != object_.end() && found->is_string() ? found->get<std::string>() : std::string{};
    }
    bool has(std::string_view key) const {
        const auto found = object_.find(key);
        return found != object_.end() && !found->is_null();
    }
    const Json& operator[](std::string_view key) const { return *object_.find(key); }

    Status status(std::string_view model_type) const {
        if (!missing_.empty())
            return fail(ErrorCode::kBadParameter, "config",
                        "config.json" + (model_type.empty() ? "" : " of model_type '" + std::string{model_type} + "'") +
                            " lacks " + joined(missing_));
        if (!wrong_.empty())
            return fail(ErrorCode::kBadParameter, "config",
                        "config.json: " + joined(wrong_) + ", must be whole numbers between 1 and 2^32");
        if (!contradictions_.empty())
            return fail(ErrorCode::kBadParameter, "config", "config.json: " + joined(contradictions_));
        return {};
    }

private:
    static std::string joined(const std::vector<std::string>& items) {
        std::string text;
        for (const auto& item : items) text.append(text.empty() ? "" : ", ").append(item);
        return text;
    }
    const Json& object_;
    std::vector<std::string> missing_, wrong_, contradictions_;
};

void read_window(Fields& f, const Family& family, ModelShape& m) {
    const bool used = f.flag("use_sliding_window", !family.model_type.starts_with("qwen"));
    const auto width = f.optional("sliding_window", family.model_type == "gemma3" ? 1024 : 0);
    if (!used || width == 0) return;
    std::uint64_t layers = 0;
    if (f.has("layer_types") && f["layer_types"].is_array()) {
        layers = std::uint64_t(std::ranges::count(f["layer_types"], Json("sliding_attention")));
    } else {
        switch (family.window) {
            case WindowRule::kNone: return;
            case WindowRule::kAll: layers = m.layers; break;
            case WindowRule::kEveryOther: layers = (m.layers + 1) / 2; break;
            case WindowRule::kPattern:
                layers = m.layers - m.layers / std::max<std::uint64_t>(1, f.optional("sliding_window_pattern", 6));
                break;
            case WindowRule::kFromLayer:
                layers = m.layers - std::min(m.layers, f.optional("max_window_layers", m.layers));
                break;
        }
    }
    if (layers > 0) m.window = SlidingWindow{width, std::min(layers, m.layers)};
}

/// Layers that keep an ordinary feed-forward part. Layer i has experts unless it is one of the first few, the model has
/// them only in every so many layers, or it is listed.
/// Source: transformers, modeling_qwen2_moe.py and modeling_deepseek_v3.py, the decoder layers' choice of their mlp.
std::uint64_t read_dense_layers(Fields& f, std::uint64_t layers) {
    const auto first = std::min(layers, f.optional("first_k_dense_replace", 0));
    const auto step = std::max<std::uint64_t>(1, f.optional("decoder_sparse_step", 1));
    std::uint64_t with_experts = layers / step - first / step;
    if (!f.has("mlp_only_layers")) return layers - with_experts;
    const Json& list = f["mlp_only_layers"];
    bool is_list = list.is_array() && list.size() <= kMostListed;
    for (auto item = list.begin(); is_list && item != list.end(); ++item) {
        is_list = item->is_number_unsigned();
        if (!is_list || std::find(list.begin(), item, *item) != item) continue;
        const auto layer = item->get<std::uint64_t>();
        if (layer >= first && layer < layers && (layer + 1) % step == 0) --with_experts;
    }
    f.require(is_list, "mlp_only_layers is " + list.dump().substr(0, 40) + ", must be a list of layers counted from 0");
    return layers - with_experts;
}

void read_experts(Fields& f, const Family& family, ModelShape& m) {
    Experts e;
    for (const std::string_view key : {"num_local_experts", "num_experts", "n_routed_experts"})
        if (f.has(key)) e.count = f.optional(key, 0);
    if (e.count == 0) return;
    e.top_k = f.has("num_experts_per_tok") ? f.needed("num_experts_per_tok") : f.needed("experts_per_token");
    f.require(e.top_k <= e.count, "num_experts_per_tok is more than the " + to_text(e.count) + " experts");
    e.ffn = f.optional("moe_intermediate_size", m.ffn);
    e.shared_ffn = e.ffn;
    e.shared = f.optional("n_shared_experts", 0);
    if (f.has("shared_expert_intermediate_size")) {
        e.shared = 1;
        e.shared_ffn = f.needed("shared_expert_intermediate_size");
        e.shared_gate = true;
    }
    e.dense_layers = read_dense_layers(f, m.layers);
    e.router_bias = family.model_type == "gpt_oss" || f.words("topk_method") == "noaux_tc";
    e.expert_bias = family.model_type == "gpt_oss";
    m.experts = e;
}

void read_latent(Fields& f, ModelShape& m) {
    m.latent = LatentAttention{f.needed("kv_lora_rank"), f.needed("qk_rope_head_dim"), f.needed("qk_nope_head_dim"),
                               f.needed("v_head_dim"), f.optional("q_lora_rank", 0)};
    m.head_dim = m.latent->nope_dim;
}

/// The width that each head gets of the model's. Models refuse heads that do not share it evenly, where nothing
/// `else_given` says how wide they are.
std::uint64_t shared_width(Fields& f, std::uint64_t width, std::string_view width_key, std::uint64_t heads,
                           std::string_view heads_key, std::string_view else_given = "") {
    if (heads == 0) return 0;
    std::string wrong{heads_key};
    wrong.append(" is ").append(to_text(heads)).append(", must divide ").append(width_key);
    wrong.append(", ").append(to_text(width)).append(else_given);
    f.require(width % heads == 0, std::move(wrong));
    return width / heads;
}

/// Llama and all that use its field names.
void read_llama_like(Fields& f, const Family& family, ModelShape& m) {
    const bool gemma3 = family.model_type.starts_with("gemma3");
    m.layers = f.needed("num_hidden_layers");
    m.hidden = f.needed("hidden_size");
    m.heads = gemma3 ? f.optional("num_attention_heads", 8) : f.needed("num_attention_heads");
    m.kv_heads = f.size("num_key_value_heads", gemma3 ? 4 : m.heads);
    if (f.has("kv_lora_rank"))
        read_latent(f, m);
    else if (f.has("head_dim"))
        m.head_dim = f.needed("head_dim");
    else if (gemma3 || family.model_type == "gemma2")
        m.head_dim = 256;
    else
        m.head_dim =
            shared_width(f, m.hidden, "hidden_size", m.heads, "num_attention_heads", ", or head_dim must be given");
    m.ffn = f.needed("intermediate_size");
    m.vocab = gemma3 ? f.optional("vocab_size", 262208) : f.needed("vocab_size");
    m.max_context = f.optional("max_position_embeddings", gemma3 ? 131072 : 0);
    m.tied_embeddings = f.flag("tie_word_embeddings", family.tied_by_default);
    m.norms_per_layer = family.norms_per_layer;
    m.qk_norm = family.qk_norm;
    const bool bias = f.flag("attention_bias", false);
    m.qkv_bias = family.qkv_bias || bias;
    m.o_bias = bias;
    m.mlp_bias = f.flag("mlp_bias", false);
    m.attention_sinks = family.model_type == "gpt_oss";
    read_experts(f, family, m);
    read_window(f, family, m);
}

void read_gpt2(Fields& f, ModelShape& m) {
    m.layers = f.needed("n_layer");
    m.hidden = f.needed("n_embd");
    m.heads = m.kv_heads = f.needed("n_head");
    m.head_dim = shared_width(f, m.hidden, "n_embd", m.heads, "n_head");
    m.ffn = f.optional("n_inner", 4 * m.hidden);
    m.vocab = f.needed("vocab_size");
    m.positions = m.max_context = f.needed("n_positions");
    m.tied_embeddings = f.flag("tie_word_embeddings", true);
    m.norm = NormKind::kLayerWithBias;
    m.gated = false;
    m.qkv_bias = m.o_bias = m.mlp_bias = true;
}

void read_opt(Fields& f, ModelShape& m) {
    m.layers = f.needed("num_hidden_layers");
    m.hidden = f.needed("hidden_size");
    m.heads = m.kv_heads = f.needed("num_attention_heads");
    m.head_dim = shared_width(f, m.hidden, "hidden_size", m.heads, "num_attention_heads");
    m.ffn = f.needed("ffn_dim");
    m.vocab = f.needed("vocab_size");
    m.max_context = f.needed("max_position_embeddings");
    m.positions = m.max_context + 2;  // OPT's position table starts at an offset of two
    const auto width = f.optional("word_embed_proj_dim", m.hidden);
    if (width != m.hidden) m.embedding_width = width;
    m.final_norm = f.flag("do_layer_norm_before", true);
    m.tied_embeddings = f.flag("tie_word_embeddings", true);
    m.norm = NormKind::kLayerWithBias;
    m.gated = false;
    m.qkv_bias = m.o_bias = m.mlp_bias = f.flag("enable_bias", true);
}

}  // namespace

Result<ModelShape> model_from_config(std::string_view text) {
    if (text.size() > kMaxConfigBytes)
        return fail(
            ErrorCode::kBadParameter, "config",
            "config.json has " + to_text(text.size()) + " bytes, must have at most " + to_text(kMaxConfigBytes));
    const auto parsed = parse_json(text);
    if (!parsed || !parsed->is_object())
        return fail(ErrorCode::kBadParameter, "config",
                    "config.json is " +
                        (parsed ? std::string{parsed->type_name()} : parsed.error().message.substr(0, kMostShown)) +
                        ", must be a JSON object such as {\"hidden_size\": 4096, ...}");
    const Json& root = *parsed;
    const bool nested = root.contains("text_config") && root["text_config"].is_object();
    const Json& object = nested ? root["text_config"] : root;
    Fields f(object);
    Fields outer(root);
    std::string model_type = outer.words("model_type");
    if (model_type.empty()) model_type = f.words("model_type");

    Family family{model_type};
    for (const auto& known : kFamilies)
        if (known.model_type == model_type) family = known;

    ModelShape m;
    m.id = "config";
    m.name = outer.words("_name_or_path");
    if (m.name.empty()) m.name = model_type.empty() ? "pasted model" : model_type + " model";
    m.source = "the given config.json";
    if (model_type == "gpt2")
        read_gpt2(f, m);
    else if (model_type == "opt")
        read_opt(f, m);
    else
        read_llama_like(f, family, m);
    if (const auto status = f.status(model_type); !status) return std::unexpected(status.error());
    return m;
}

}  // namespace quantlens::planner
