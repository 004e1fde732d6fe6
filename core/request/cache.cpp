#include <array>

#include "methods/kv_receipt.h"
#include "request/json.h"
#include "request/operation.h"
#include "request/wanted.h"

namespace quantlens::request {
namespace {

constexpr std::array<std::string_view, 3> kArrays{"keys", "values", "attention"};

struct CacheParameters : methods::KvParameters {
    std::string wanted;
    static constexpr auto fields() {
        return std::tuple_cat(methods::KvParameters::fields(),
                              std::tuple{text("return", &CacheParameters::wanted,
                                              "arrays to return: 'all', or some of keys,values,attention")});
    }
};

Result<methods::CacheTensor> cache_tensor(Call& call, std::string_view name) {
    const auto values = find_floats(call, name);
    if (!values) return std::unexpected(values.error());
    return methods::CacheTensor{**values, (*find_array(call, name))->shape};
}

Result<Response> kv(const CacheParameters& p, Call& call) {
    const auto wanted = Wanted::from(p.wanted, kArrays);
    if (!wanted) return std::unexpected(wanted.error());
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
    if (wanted->has("keys")) response.arrays.push_back({"keys", keys->shape, std::move(quantized->keys)});
    if (wanted->has("values")) response.arrays.push_back({"values", values->shape, std::move(quantized->values)});
    if (wanted->has("attention")) {
        auto shape = queries->shape;
        shape.back() = values->shape.back();
        response.arrays.push_back({"attention", std::move(shape), std::move(quantized->attention)});
    }
    return response;
}

}  // namespace

std::vector<Operation> cache_operations() {
    return {operation<CacheParameters>("kv", "quantize a KV cache and compare what attention computes",
                                       {"keys", "values", "queries"}, kv)};
}

}  // namespace quantlens::request
