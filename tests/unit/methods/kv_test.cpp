#include "methods/kv_receipt.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "support.h"
#include "support/expression.h"

namespace quantlens::methods {
namespace {

using test::gaussian;
using test::Threads;

CacheTensor tensor_of(const test::NpyArray<float>& array) { return {array.values, array.shape}; }

/// Codes packed along an axis into int32, the first in the lowest bits, as KIVI's code does.
int packed_code(const std::vector<int>& words, std::size_t word, std::size_t place, int bits) {
    return int((std::uint32_t(words[word]) >> (std::size_t(bits) * place)) & ((1u << bits) - 1));
}

TEST(KvCache, EqualsTheReferenceOnEveryGoldenCase) {
    const Threads threads;
    for (const auto& one : test::cases("kivi")) {
        SCOPED_TRACE(one.name());
        const auto keys = one.input_f32("K"), values = one.input_f32("V"), queries = one.input_f32("q");
        KvParameters parameters;
        parameters.bits = one.parameters().at("bits");
        parameters.group_size = one.parameters().at("group_size");
        parameters.residual = one.parameters().at("residual_length");
        const KvProblem problem{tensor_of(keys), tensor_of(values), tensor_of(queries), threads.run};
        const auto cache = quantize_kv(problem, parameters);
        ASSERT_TRUE(cache) << cache.error().message;

        const std::size_t dim = one.parameters().at("D");
        const auto& key_head = cache->key_heads[0];
        const auto& value_head = cache->value_heads[0];
        EXPECT_EQ(key_head.quantized_tokens, one.parameters().at("k_quantized_tokens"));
        EXPECT_EQ(value_head.quantized_tokens, one.parameters().at("v_quantized_tokens"));
        const auto equal_scales = [](const std::vector<float>& actual, const std::vector<float>& wanted) {
            ASSERT_EQ(actual.size(), wanted.size());
            for (std::size_t i = 0; i < wanted.size(); ++i)
                EXPECT_NEAR(actual[i], wanted[i], 1e-6 * std::abs(wanted[i]));
        };
        equal_scales(key_head.scales, one.expected_f32("k_scale").values);
        equal_scales(key_head.minima, one.expected_f32("k_mn").values);

        const std::size_t a_word = 32 / std::size_t(parameters.bits);
        const auto key_words = one.expected_codes("k_packed");
        for (std::size_t t = 0; t < key_head.quantized_tokens; ++t)
            for (std::size_t d = 0; d < dim; ++d)
                ASSERT_EQ(key_head.codes[t * dim + d],
                          packed_code(key_words, t / a_word * dim + d, t % a_word, parameters.bits));
        if (value_head.quantized_tokens > 0) {
            equal_scales(value_head.scales, one.expected_f32("v_scale").values);
            equal_scales(value_head.minima, one.expected_f32("v_mn").values);
            const auto value_words = one.expected_codes("v_packed");
            for (std::size_t i = 0; i < value_head.codes.size(); ++i)
                ASSERT_EQ(value_head.codes[i], packed_code(value_words, i / a_word, i % a_word, parameters.bits));
        }

        const auto exact = one.expected_f32("attn_full").values, quantized = one.expected_f32("attn_quant").values;
        for (std::size_t i = 0; i < exact.size(); ++i) {
            EXPECT_NEAR(cache->attention_exact[i], exact[i], 1e-5);
            EXPECT_NEAR(cache->attention[i], quantized[i], 1e-5);
        }
        const double error = one.expected("attn_rel_err"), key_mse = one.expected("k_mse");
        EXPECT_NEAR(cache->attention_relative_error, error, 1e-3 * error);
        EXPECT_NEAR(cache->key_mse, key_mse, 1e-4 * key_mse);

        parameters.key_granularity = CacheGranularity::kToken;
        const auto per_token = quantize_kv(problem, parameters);
        ASSERT_TRUE(per_token);
        const double token_mse = one.expected("k_mse_if_per_token");
        const double token_error = one.expected("attn_rel_err_if_K_per_token");
        EXPECT_NEAR(per_token->key_mse, token_mse, 1e-4 * token_mse);
        EXPECT_NEAR(per_token->attention_relative_error, token_error, 1e-3 * token_error);
    }
}

TEST(KvCache, ResidualWindowsAreKivis) {
    EXPECT_EQ(quantized_key_tokens(127, 128), 0u);
    EXPECT_EQ(quantized_key_tokens(128, 128), 128u);
    EXPECT_EQ(quantized_key_tokens(300, 128), 256u);
    EXPECT_EQ(quantized_value_tokens(127, 128), 0u);
    EXPECT_EQ(quantized_value_tokens(128, 128), 0u);
    EXPECT_EQ(quantized_value_tokens(300, 128), 172u);
    EXPECT_EQ(quantized_key_tokens(5, 0), 5u);
    EXPECT_EQ(quantized_value_tokens(5, 0), 5u);
}

/// A cache of random numbers: one batch, `heads` heads.
struct Sample {
    Matrix keys, values, queries;
    std::vector<std::size_t> shape, query_shape;
    Threads threads;
    Sample(std::size_t heads, std::size_t query_heads, std::size_t tokens, std::size_t query_tokens, std::size_t dim,
           std::uint64_t seed = 1)
        : keys(gaussian(heads * tokens, dim, seed)), values(gaussian(heads * tokens, dim, seed + 1)),
          queries(gaussian(query_heads * query_tokens, dim, seed + 2)), shape{heads, tokens, dim},
          query_shape{query_heads, query_tokens, dim} {}
    KvProblem problem() const {
        return {{keys.values(), shape}, {values.values(), shape}, {queries.values(), query_shape}, threads.run};
    }
};

KvParameters everything(int bits) {
    KvParameters parameters;
    parameters.bits = bits;
    parameters.residual = 0;
    return parameters;
}

TEST(KvCache, EveryQuantizedValueIsWithinHalfAStep) {
    const Sample sample(1, 1, 50, 1, 24);
    for (const auto granularity : {CacheGranularity::kChannel, CacheGranularity::kToken})
        for (const int bits : {1, 3, 8}) {
            auto parameters = everything(bits);
            parameters.group_size = 16;  // neither 50 nor 24 is a multiple: the last groups are shorter
            Matrix head = sample.keys;
            const auto stored = quantize_head(head, 50, granularity, parameters);
            for (std::size_t t = 0; t < 50; ++t)
                for (std::size_t d = 0; d < 24; ++d) {
                    const std::size_t group =
                        granularity == CacheGranularity::kChannel ? t / 16 * 24 + d : t * 2 + d / 16;
                    EXPECT_LE(std::abs(head(t, d) - sample.keys(t, d)), stored.scales[group] / 2 * 1.00001f);
                }
        }
}

TEST(KvCache, ErrorFallsAsBitsRise) {
    double last_key = std::numeric_limits<double>::infinity(), last_attention = last_key;
    const Sample sample(2, 4, 96, 3, 32);
    for (int bits = 2; bits <= 8; ++bits) {
        const auto cache = quantize_kv(sample.problem(), everything(bits));
        ASSERT_TRUE(cache);
        EXPECT_LT(cache->key_mse, last_key);
        EXPECT_LT(cache->attention_relative_error, last_attention);
        last_key = cache->key_mse;
        last_attention = cache->attention_relative_error;
    }
}

TEST(KvCache, QueryHeadsShareKeyHeadsInRuns) {
    // Four query heads over two key heads give the same as the key heads written out twice each.
    const Sample grouped(2, 4, 20, 5, 8);
    Sample repeated(4, 4, 20, 5, 8);
    repeated.queries = grouped.queries;
    for (std::size_t head = 0; head < 4; ++head)
        for (std::size_t row = 0; row < 20; ++row)
            for (std::size_t d = 0; d < 8; ++d) {
                repeated.keys(head * 20 + row, d) = grouped.keys(head / 2 * 20 + row, d);
                repeated.values(head * 20 + row, d) = grouped.values(head / 2 * 20 + row, d);
            }
    const auto a = quantize_kv(grouped.problem(), everything(2)), b = quantize_kv(repeated.problem(), everything(2));
    ASSERT_TRUE(a && b);
    EXPECT_EQ(a->attention, b->attention);
    EXPECT_EQ(a->attention_exact, b->attention_exact);
}

TEST(KvCache, CausalQueriesSeeNoLaterToken) {
    Sample sample(1, 1, 12, 4, 8);
    auto parameters = everything(8);
    parameters.causal = true;
    const auto before = quantize_kv(sample.problem(), parameters);
    // The last key and value are seen by the last query alone.
    for (std::size_t d = 0; d < 8; ++d) sample.keys(11, d) = sample.values(11, d) = 3;
    const auto after = quantize_kv(sample.problem(), parameters);
    ASSERT_TRUE(before && after);
    for (std::size_t i = 0; i < 3 * 8; ++i) EXPECT_EQ(before->attention_exact[i], after->attention_exact[i]);
    EXPECT_NE(before->attention_exact[3 * 8], after->attention_exact[3 * 8]);
}

TEST(KvCache, ConstantGroupsComeBackAsTheyWere) {
    const Threads threads;
    for (const auto format : {CacheFormat::kInteger, CacheFormat::kFp8E4m3, CacheFormat::kFp8E5m2}) {
        Matrix same(64, 8), zeros(64, 8);
        for (float& v : same.values()) v = -0.75f;
        auto parameters = everything(2);
        parameters.format = format;
        const std::vector<std::size_t> shape{64, 8};
        const auto cache = quantize_kv(
            {{same.values(), shape}, {zeros.values(), shape}, {same.values(), shape}, threads.run}, parameters);
        ASSERT_TRUE(cache);
        for (const float v : cache->keys) EXPECT_NEAR(v, -0.75f, 1e-6);
        for (const float v : cache->values) EXPECT_EQ(v, 0);
        EXPECT_EQ(cache->attention_relative_error, 0);
    }
}

TEST(KvCache, ExtremeValuesStayFinite) {
    const Threads threads;
    const float huge = 3e38f, tiny = 1e-45f;
    const Matrix head(2, 4, {huge, -huge, tiny, 0, -huge, huge, 0, -tiny});
    for (const auto format : {CacheFormat::kInteger, CacheFormat::kFp8E4m3, CacheFormat::kFp8E5m2})
        for (const auto granularity : {CacheGranularity::kChannel, CacheGranularity::kToken}) {
            auto parameters = everything(4);
            parameters.format = format;
            Matrix copy = head;
            quantize_head(copy, 2, granularity, parameters);
            EXPECT_TRUE(check_finite(copy, "head"));
        }
}

TEST(KvCache, Fp8ErrorIsThatOfItsMantissa) {
    const Sample sample(1, 1, 64, 1, 32);
    auto parameters = everything(2);
    parameters.format = CacheFormat::kFp8E4m3;
    const auto e4m3 = quantize_kv(sample.problem(), parameters);
    parameters.format = CacheFormat::kFp8E5m2;
    const auto e5m2 = quantize_kv(sample.problem(), parameters);
    ASSERT_TRUE(e4m3 && e5m2);
    for (std::size_t i = 0; i < e4m3->keys.size(); ++i) {
        const float x = sample.keys.values()[i];
        // Half of the last bit: 2^-4 of the value with 3 bits of mantissa, 2^-3 with 2.
        if (std::abs(x) < 0.1f) continue;
        EXPECT_LE(std::abs(e4m3->keys[i] - x), std::abs(x) / 16 * 1.0001f);
        EXPECT_LE(std::abs(e5m2->keys[i] - x), std::abs(x) / 8 * 1.0001f);
    }
    EXPECT_LT(e4m3->key_mse, e5m2->key_mse);
}

TEST(KvCache, StorageCountsCodesScalesMinimaAndKeptTokens) {
    const Sample sample(2, 2, 40, 1, 24);
    KvParameters parameters;
    parameters.bits = 3;
    parameters.group_size = 16;
    parameters.residual = 16;
    const auto cache = quantize_kv(sample.problem(), parameters);
    ASSERT_TRUE(cache);
    // Keys: 32 of 40 tokens in 2 x 24 groups a head. Values: 24 tokens in 24 x 2 groups a head.
    const std::size_t keys = 2 * (32 * 24 * 3 + 2 * 24 * 32 + 8 * 24 * 16);
    const std::size_t values = 2 * (24 * 24 * 3 + 24 * 2 * 32 + 16 * 24 * 16);
    EXPECT_EQ(cache->stored_bits(), keys + values);
    EXPECT_EQ(cache->stored_bytes(), (keys + values) / 8);
    EXPECT_DOUBLE_EQ(cache->bits_per_value(), double(keys + values) / (2.0 * 2 * 40 * 24));
}

TEST(KvCache, ItsReceiptEndsInTheBitsAValue) {
    const Sample sample(2, 2, 40, 1, 24);
    for (const auto format : {CacheFormat::kInteger, CacheFormat::kFp8E4m3})
        for (const int residual : {0, 16, 128}) {
            KvParameters parameters;
            parameters.format = format;
            parameters.residual = residual;
            const auto cache = quantize_kv(sample.problem(), parameters);
            ASSERT_TRUE(cache);
            const auto receipt = kv_receipt(*cache);
            EXPECT_EQ(test::first_wrong_row(receipt), "");
            EXPECT_EQ(receipt.back().symbol, "bits_per_value");
            EXPECT_EQ(receipt.back().value, cache->bits_per_value());
            EXPECT_EQ(receipt[receipt.size() - 2].value, double(cache->stored_bytes()));
        }
}

TEST(KvCache, NothingIsQuantizedWithinTheWindow) {
    const Sample sample(1, 1, 20, 1, 8);
    const auto cache = quantize_kv(sample.problem(), {});
    ASSERT_TRUE(cache);
    EXPECT_EQ(cache->key_mse, 0);
    EXPECT_EQ(cache->value_mse, 0);
    EXPECT_EQ(cache->attention_relative_error, 0);
    EXPECT_EQ(cache->bits_per_value(), 16);
}

TEST(KvCache, SameBitsAtAnyThreadCount) {
    const Sample sample(4, 8, 64, 7, 16);
    const Threads many(4);
    auto problem = sample.problem();
    const auto one = quantize_kv(problem, everything(3));
    const auto four = quantize_kv({problem.keys, problem.values, problem.queries, many.run}, everything(3));
    ASSERT_TRUE(one && four);
    EXPECT_EQ(one->keys, four->keys);
    EXPECT_EQ(one->attention, four->attention);
    EXPECT_EQ(one->attention_relative_error, four->attention_relative_error);
}

TEST(KvCache, ShapesThatDoNotFitAreRefusedByName) {
    const Sample good(2, 4, 8, 2, 4);
    const auto refused = [](const KvProblem& problem, std::string_view field, ErrorCode code) {
        const auto cache = quantize_kv(problem, {});
        ASSERT_FALSE(cache);
        EXPECT_EQ(cache.error().field, field) << cache.error().message;
        EXPECT_EQ(cache.error().code, code) << cache.error().message;
    };
    const auto p = good.problem();
    const auto floats = p.keys.values;
    refused({{floats, {64}}, p.values, p.queries, p.run}, "keys", ErrorCode::kBadShape);
    refused({{floats, {2, 8, 5}}, p.values, p.queries, p.run}, "keys", ErrorCode::kBadShape);
    refused({{{}, {2, 0, 4}}, p.values, p.queries, p.run}, "keys", ErrorCode::kBadShape);
    refused({p.keys, {floats, {1, 16, 4}}, p.queries, p.run}, "values", ErrorCode::kBadShape);
    refused({p.keys, p.values, {p.queries.values, {8, 8}}, p.run}, "queries", ErrorCode::kBadShape);
    refused({p.keys, p.values, {p.queries.values, {4, 1, 16}}, p.run}, "queries", ErrorCode::kBadShape);
    refused({p.keys, p.values, {p.queries.values.first(24), {3, 2, 4}}, p.run}, "queries", ErrorCode::kBadShape);
    Matrix broken = good.keys;
    broken(3, 1) = std::numeric_limits<float>::quiet_NaN();
    refused({{broken.values(), {2, 8, 4}}, p.values, p.queries, p.run}, "keys", ErrorCode::kNotFinite);

    KvParameters parameters;
    parameters.group_size = 0;
    const auto zero_group = quantize_kv(p, parameters);
    ASSERT_FALSE(zero_group);
    EXPECT_EQ(zero_group.error().field, "group_size");
}

}  // namespace
}  // namespace quantlens::methods
