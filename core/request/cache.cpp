#include <span>

#include "methods/kv_receipt.h"
#include "request/json.h"
#include "request/operation.h"

namespace quantlens::request {
namespace {

struct CacheParameters : methods::KvParameters {
    std::string wanted;
    static constexpr auto fields() {
        return std::tuple_cat(
            methods::KvParameters::fields(),
            std::tuple{text("return", &CacheParameters::wanted, "'all' for the arrays keys, values and attention")});
    }
};

Result<methods::CacheTensor> cache_tensor(Call& call, std::string_view name) {
    const auto values = find_floats(call, name);
    if (!values) return std::unexpected(values.error());
    return methods::CacheTensor{**values, (*find_array(call, name))->shape};
}

Result<Response> kv(const CacheParameters& p, Call& call) {
    const auto keys = cache_tensor(call, "keys");
    if (!keys) return std::unexpected(keys.error());
    const auto values = cache_tensor(call, "values");
    if (!values) return std::unexpected(values.error());
    const auto queries = cache_tensor(call, "queries");
    if (!queries) return std::unexpected(queries.error());
    auto quantized = methods::quantize_kv({*keys, *values, *queries, call.run}, p);
    if (!quantized) return std::unexpected(quantized.error());
    Response response{object({{"parameters", to_json(settings_of<methods::KvParameters>(p))},
                              {"key_mse", quantized->key_mse},
                              {"value_mse", quantized->value_mse},
                              {"attention_relative_error", number_or_null(quantized->attention_relative_error)},
                              {"bits_per_value", quantized->bits_per_value()},
                              {"bytes", quantized->stored_bytes()},
                              {"receipt", to_json(methods::kv_receipt(*quantized))}}),
                      {}};
    if (p.wanted == "all") {
        auto attention_shape = queries->shape;
        attention_shape.back() = values->shape.back();
        response.arrays.push_back({"keys", keys->shape, std::move(quantized->keys)});
        response.arrays.push_back({"values", values->shape, std::move(quantized->values)});
        response.arrays.push_back({"attention", std::move(attention_shape), std::move(quantized->attention)});
    }
    return response;
}

}  // namespace

std::vector<Operation> cache_operations() {
    return {operation<CacheParameters>("kv", "quantize a KV cache and compare what attention computes",
                                       {"keys", "values", "queries"}, kv)};
}

}  // namespace quantlens::request
