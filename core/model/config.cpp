#include "model/config.h"

#include <array>
#include <cmath>

#include "tensor/json_text.h"

namespace quantlens::model {
namespace {

struct SizeKey {
    std::string_view key;
    std::size_t Config::*member;
    std::size_t maximum;
};

constexpr std::array kSizes{
    SizeKey{"vocab_size", &Config::vocabulary, 1u << 20},
    SizeKey{"hidden_size", &Config::width, 1u << 16},
    SizeKey{"num_hidden_layers", &Config::layers, 1u << 10},
    SizeKey{"num_attention_heads", &Config::heads, 1u << 12},
    SizeKey{"num_key_value_heads", &Config::kv_heads, 1u << 12},
    SizeKey{"head_dim", &Config::head_width, 1u << 12},
    SizeKey{"intermediate_size", &Config::feed_forward, 1u << 18},
    SizeKey{"max_position_embeddings", &Config::context, 1u << 24},
};

Result<std::size_t> size_at(const Json& json, const SizeKey& size) {
    const auto& value = json.at(std::string{size.key});
    // Looked at in 64 bits: std::size_t has 32 in WebAssembly.
    const std::uint64_t number = value.is_number_unsigned() ? value.get<std::uint64_t>() : 0;
    if (number == 0 || number > size.maximum)
        return bad_parameter(size.key, value.dump(), "a whole number from 1 to " + to_text(size.maximum));
    return std::size_t(number);
}

/// What would change the arithmetic in a way that the forward pass does not know.
Status check_supported(const Json& json) {
    const auto unsupported = [](std::string_view key, const Json& value, std::string_view right) -> Status {
        return fail(ErrorCode::kUnsupported, std::string{key},
                    std::string{key} + " is " + value.dump() + "; this build runs only " + std::string{right});
    };
    const auto is_set = [&](const char* key) {
        return json.contains(key) && !json[key].is_null() && json[key] != false;
    };
    for (const char* key : {"attention_bias", "mlp_bias", "sliding_window", "num_local_experts"})
        if (is_set(key)) return unsupported(key, json[key], "models without it");
    for (const char* key : {"rope_scaling", "rope_parameters"}) {
        if (!is_set(key)) continue;
        const auto& rope = json[key];
        const char* const type = rope.contains("rope_type") ? "rope_type" : "type";
        if (!rope.contains(type) || rope[type] != "default") return unsupported(key, rope, "plain rotary positions");
    }
    if (json.contains("hidden_act") && json["hidden_act"] != "silu")
        return unsupported("hidden_act", json["hidden_act"], "\"silu\"");
    if (json.contains("model_type") && json["model_type"] != "llama" && json["model_type"] != "mistral")
        return unsupported("model_type", json["model_type"], "\"llama\" and \"mistral\"");
    return {};
}

}  // namespace

Status check(const Config& config) {
    for (const auto& size : kSizes) {
        const std::size_t value = config.*size.member;
        if (value == 0 || value > size.maximum)
            return bad_parameter(size.key, value, "a whole number from 1 to " + to_text(size.maximum));
    }
    if (config.heads % config.kv_heads != 0)
        return bad_shape("num_key_value_heads", "num_key_value_heads is " + to_text(config.kv_heads) +
                                                    ", must divide num_attention_heads, " + to_text(config.heads));
    if (config.head_width % 2 != 0)
        return bad_shape("head_dim",
                         "head_dim is " + to_text(config.head_width) + ", must be even for rotary positions");
    if (!(config.norm_epsilon > 0) || !std::isfinite(config.norm_epsilon))
        return bad_parameter("rms_norm_eps", config.norm_epsilon, "above 0");
    if (!(config.rope_theta > 0) || !std::isfinite(config.rope_theta))
        return bad_parameter("rope_theta", config.rope_theta, "above 0");
    return {};
}

namespace {

Result<Config> read_config(std::string_view text) {
    const auto parsed = parse_json(text);
    if (!parsed || !parsed->is_object())
        return fail(ErrorCode::kBadFile, "config.json", "config.json is not a JSON object");
    const Json& json = *parsed;
    if (const auto supported = check_supported(json); !supported) return std::unexpected(supported.error());

    Config config;
    bool has_kv_heads = false, has_head_width = false;
    for (const auto& size : kSizes) {
        const bool optional = size.member == &Config::kv_heads || size.member == &Config::head_width;
        if (!json.contains(size.key) || (optional && json.at(std::string{size.key}).is_null())) {
            if (optional) continue;
            return fail(ErrorCode::kBadFile, std::string{size.key}, "config.json has no " + std::string{size.key});
        }
        const auto value = size_at(json, size);
        if (!value) return std::unexpected(value.error());
        config.*size.member = *value;
        has_kv_heads |= size.member == &Config::kv_heads;
        has_head_width |= size.member == &Config::head_width;
    }
    if (!has_kv_heads) config.kv_heads = config.heads;
    if (!has_head_width) {
        if (config.width % config.heads != 0)
            return bad_shape("hidden_size", "hidden_size is " + to_text(config.width) +
                                                ", must be a multiple of num_attention_heads, " +
                                                to_text(config.heads));
        config.head_width = config.width / config.heads;
    }
    const auto number = [](const Json& object, const char* key, double& into) -> Status {
        if (!object.contains(key)) return {};
        if (!object[key].is_number()) return bad_parameter(key, object[key].dump(), "a number");
        into = object[key].get<double>();
        return {};
    };
    // transformers 5 writes rope_theta into rope_parameters, older versions beside it.
    const Json& rope = json.contains("rope_parameters") ? json["rope_parameters"] : json;
    for (const Json* object : {&json, &rope})
        if (const auto ok = number(*object, "rope_theta", config.rope_theta); !ok) return std::unexpected(ok.error());
    if (const auto ok = number(json, "rms_norm_eps", config.norm_epsilon); !ok) return std::unexpected(ok.error());
    config.tied_embeddings = false;  // as transformers' LlamaConfig has it where the key is missing
    if (json.contains("tie_word_embeddings")) {
        if (!json["tie_word_embeddings"].is_boolean())
            return bad_parameter("tie_word_embeddings", json["tie_word_embeddings"].dump(), "true or false");
        config.tied_embeddings = json["tie_word_embeddings"].get<bool>();
    }
    if (const auto fits = check(config); !fits) return std::unexpected(fits.error());
    return config;
}

}  // namespace

Result<Config> config_from_json(std::string_view text) {
    auto config = read_config(text);
    if (config || config.error().code == ErrorCode::kUnsupported) return config;
    // What is wrong with a file is no setting of whoever asks.
    Error error = config.error();
    error.code = ErrorCode::kBadFile;
    if (!error.message.starts_with("config.json")) error.message.insert(0, "config.json: ");
    return std::unexpected(std::move(error));
}

std::string config_to_json(const Config& config) {
    Json json;
    json["architectures"] = {"LlamaForCausalLM"};
    json["model_type"] = "llama";
    for (const auto& size : kSizes) json[std::string{size.key}] = config.*size.member;
    json["hidden_act"] = "silu";
    json["rms_norm_eps"] = config.norm_epsilon;
    json["rope_theta"] = config.rope_theta;
    json["tie_word_embeddings"] = config.tied_embeddings;
    json["attention_bias"] = false;
    json["mlp_bias"] = false;
    json["torch_dtype"] = "float16";
    return json.dump(2) + "\n";
}

}  // namespace quantlens::model
