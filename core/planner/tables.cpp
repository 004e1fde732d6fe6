// data/models.json and data/devices.json as tables.

#include <vector>

#include "data/embedded.h"
#include "planner/model_shape.h"
#include "tensor/json_text.h"

namespace quantlens::planner {
namespace {

std::uint64_t whole(const Json& object, const char* key, std::uint64_t otherwise = 0) {
    const auto found = object.find(key);
    return found != object.end() && found->is_number() ? found->get<std::uint64_t>() : otherwise;
}
bool truth(const Json& object, const char* key) {
    const auto found = object.find(key);
    return found != object.end() && found->is_boolean() && found->get<bool>();
}
std::string words(const Json& object, const char* key) {
    const auto found = object.find(key);
    return found != object.end() && found->is_string() ? found->get<std::string>() : std::string{};
}
std::optional<double> number(const Json& object, const char* key) {
    const auto found = object.find(key);
    if (found == object.end() || !found->is_number()) return std::nullopt;
    return found->get<double>();
}

ModelShape model_from(const Json& row) {
    ModelShape m;
    m.id = words(row, "id");
    m.name = words(row, "name");
    m.source = words(row, "config_source");
    m.layers = whole(row, "layers");
    m.hidden = whole(row, "hidden");
    m.heads = whole(row, "heads");
    m.kv_heads = whole(row, "kv_heads");
    m.head_dim = whole(row, "head_dim");
    m.ffn = whole(row, "ffn");
    m.vocab = whole(row, "vocab");
    m.positions = whole(row, "positions");
    m.max_context = whole(row, "max_context");
    m.published_parameters = whole(row, "params");
    m.tied_embeddings = truth(row, "tied_embeddings");
    m.gated = words(row, "mlp") != "two matrices";
    const bool all_biases = words(row, "biases") == "all";
    m.qkv_bias = truth(row, "qkv_bias") || all_biases;
    m.o_bias = truth(row, "o_bias") || all_biases;
    m.mlp_bias = all_biases;
    m.qk_norm = truth(row, "qk_norm");
    m.attention_sinks = truth(row, "attention_sinks");
    const auto norm = words(row, "norm");
    m.norm = norm.find("layer norm with bias") != std::string::npos ? NormKind::kLayerWithBias : NormKind::kRms;
    m.norms_per_layer = norm.starts_with("one ") ? 1 : whole(row, "norms_per_layer", 2);
    if (row["sliding_window"].is_object()) {
        const auto& window = row["sliding_window"];
        m.window = SlidingWindow{whole(window, "window"), whole(window, "windowed_layers", m.layers)};
    }
    if (row.contains("moe")) {
        const auto& moe = row["moe"];
        Experts e;
        e.count = whole(moe, "experts");
        e.top_k = whole(moe, "top_k");
        e.shared = whole(moe, "shared_experts");
        e.ffn = e.shared_ffn = whole(moe, "expert_ffn");
        e.dense_layers = whole(moe, "dense_layers");
        e.router_bias = truth(moe, "router_bias");
        e.expert_bias = truth(moe, "expert_bias");
        m.experts = e;
    }
    if (row.contains("mla")) {
        const auto& mla = row["mla"];
        m.latent = LatentAttention{whole(mla, "kv_lora_rank"), whole(mla, "rope_head_dim"), whole(mla, "nope_head_dim"),
                                   whole(mla, "v_head_dim"), whole(mla, "q_lora_rank")};
    }
    return m;
}

Device device_from(const Json& row) {
    Device d;
    d.id = words(row, "id");
    d.name = words(row, "device");
    d.source = words(row, "source");
    d.evidence = words(row, "evidence");
    d.memory_bytes = number(row, "memory_bytes");
    d.bandwidth_gb_s = number(row, "bandwidth_gb_s").value_or(0);
    d.fp16_tflops = number(row, "fp16_dense_tflops");
    d.int8_tops = number(row, "int8_dense_tops");
    return d;
}

template <class Row>
Result<const Row*> find_row(std::span<const Row> rows, std::string_view id, std::string_view field) {
    std::string known;
    for (const auto& row : rows) {
        if (row.id == id) return &row;
        known.append(known.empty() ? "" : ", ").append(row.id);
    }
    return bad_parameter(field, "'" + std::string{id} + "'", "one of " + known);
}

}  // namespace

std::span<const ModelShape> models() {
    static const std::vector<ModelShape> table = [] {
        std::vector<ModelShape> rows;
        const Json file = *parse_json(data::models_json());
        for (const auto& row : file["models"]) rows.push_back(model_from(row));
        return rows;
    }();
    return table;
}

std::span<const Device> devices() {
    static const std::vector<Device> table = [] {
        std::vector<Device> rows;
        const Json file = *parse_json(data::devices_json());
        for (const auto& row : file["devices"]) rows.push_back(device_from(row));
        return rows;
    }();
    return table;
}

Result<const ModelShape*> find_model(std::string_view id, std::string_view field) {
    return find_row(models(), id, field);
}
Result<const Device*> find_device(std::string_view id) { return find_row(devices(), id, "device"); }

}  // namespace quantlens::planner
