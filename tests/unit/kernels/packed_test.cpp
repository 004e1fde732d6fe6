#include "kernels/packed.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "kernels/reference.h"
#include "support/golden.h"
#include "unit/kernels/support.h"

namespace quantlens::kernels {
namespace {

using test::normal_matrix;

class Packed : public test::OnEachArchitecture {};
QUANTLENS_ON_EACH_ARCHITECTURE(Packed);

/// Whether this product rounds both sides to bfloat16, not the activations to 8 bits.
bool is_in_bfloat16(PackedKind kind, std::size_t tokens) {
    const std::size_t many = active_table().tile_tokens;
    return many > 0 && tokens >= many && kind != PackedKind::kInt8Channel;
}

/// The product with `weights` [rows x columns], which the packed ones stand for, summed in double over what the kernels
/// round to.
void expect_product(const Matrix& weights, const PackedMatrix& packed, std::size_t tokens, std::size_t threads,
                    float activation_scale = 1.0f) {
    ThreadPool pool(threads);
    Matrix x = normal_matrix(tokens, weights.columns(), tokens + weights.columns());
    for (float& value : x.values()) value *= activation_scale;
    Matrix out(tokens, weights.rows());
    matmul_packed(x, packed, out, pool);
    const std::size_t block = packed.kind() == PackedKind::kInt8Channel ? weights.columns() : 32;
    const bool in_bfloat16 = is_in_bfloat16(packed.kind(), tokens);
    for (std::size_t t = 0; t < tokens; ++t) {
        std::vector<double> rounded = reference::rounded_to_int8(x.row(t), block);
        if (in_bfloat16) std::ranges::transform(x.row(t), rounded.begin(), reference::rounded_to_bfloat16);
        for (std::size_t r = 0; r < weights.rows(); ++r) {
            double sum = 0, inputs = 0, largest = 0;
            for (std::size_t c = 0; c < weights.columns(); ++c) {
                sum += rounded[c] * (in_bfloat16 ? reference::rounded_to_bfloat16(weights(r, c)) : weights(r, c));
                inputs += std::abs(rounded[c]);
                largest = std::max(largest, std::abs(double{weights(r, c)}));
            }
            // Scales and minimums as large as the largest weight may cancel in others: rounding is relative to them.
            ASSERT_NEAR(double{out(t, r)}, sum, 1e-5 * inputs * largest + 1e-37)
                << "token " << t << " row " << r << " of " << weights.rows() << " x " << weights.columns();
        }
    }
}

#if QUANTLENS_TEST_RELAXED
TEST(Relaxed, IsTheBestOfItsBuildInAnEngineThatComputesItRight) {
    EXPECT_TRUE(instruction_set().starts_with("relaxed")) << instruction_set();
}
#endif

struct GgufCase {
    PackedKind kind;
    std::string type;
    std::size_t block, bytes;
};
const GgufCase kGgufCases[] = {{PackedKind::kQ4_0, "q4_0", 32, 18},
                               {PackedKind::kQ8_0, "q8_0", 32, 34},
                               {PackedKind::kQ4_K, "q4_K", 256, 144},
                               {PackedKind::kQ6_K, "q6_K", 256, 210}};

TEST_P(Packed, GgufBlocksMultiplyAsTheirDequantizedGoldenValues) {
    ThreadPool pool(2);
    for (const GgufCase& format : kGgufCases) {
        std::vector<std::uint8_t> blocks;
        std::vector<float> values;
        for (const char* operation : {"gguf_block", "gguf_dequant"})
            for (const auto& golden : quantlens::test::cases(operation)) {
                if (golden.parameters().at("type") != format.type) continue;
                const auto bytes = golden.has_input("bytes") ? quantlens::test::read_npy_u8(golden.input_path("bytes"))
                                                             : golden.expected_u8("bytes");
                const auto dequantized = golden.expected_f32("dequantized");
                for (std::size_t b = 0; b * format.block < dequantized.values.size(); ++b) {
                    const auto part = std::span(dequantized.values).subspan(b * format.block, format.block);
                    if (!std::ranges::all_of(part, [](float value) { return std::abs(value) < 1e6f; })) continue;
                    values.insert(values.end(), part.begin(), part.end());
                    blocks.insert(blocks.end(), bytes.values.begin() + std::ptrdiff_t(b * format.bytes),
                                  bytes.values.begin() + std::ptrdiff_t((b + 1) * format.bytes));
                }
            }
        const std::size_t count = blocks.size() / format.bytes;
        ASSERT_GT(count, 20u);
        for (const std::size_t in_row : {std::size_t{1}, std::size_t{3}, count / 17}) {
            const std::size_t rows = count / in_row, columns = in_row * format.block;
            const auto used = std::span(blocks).first(rows * in_row * format.bytes);
            const auto packed = pack_blocks(format.kind, used, rows, columns, pool);
            ASSERT_TRUE(packed) << packed.error().message;
            const Matrix weights(rows, columns,
                                 std::vector(values.begin(), values.begin() + std::ptrdiff_t(rows * columns)));
            for (const std::size_t tokens : {1, 2, 3, 5, 8, 16, 19, 49}) expect_product(weights, *packed, tokens, 2);
            expect_product(weights, *packed, 1, 1, 1e30f);
            expect_product(weights, *packed, 1, 1, 1e-36f);
        }
    }
}

void expect_grouped(PackedKind kind, std::size_t rows, std::size_t columns, std::size_t group, int low, int high,
                    bool zero_points) {
    ThreadPool pool(2);
    Random random(rows + columns);
    const std::size_t groups = (columns + group - 1) / group;
    std::vector<std::int16_t> codes(rows * columns);
    std::vector<std::int32_t> zeros(zero_points ? rows * groups : 0);
    for (auto& code : codes) code = std::int16_t(low + int(random.below(std::uint64_t(high - low + 1))));
    for (auto& zero : zeros) zero = low + int(random.below(std::uint64_t(high - low + 1)));
    codes[0] = std::int16_t(low);
    Matrix scales(rows, groups);
    for (float& scale : scales.values()) scale = float(random.below(2000)) / 1024.0f / 64.0f;  // FP16 holds these
    const GroupedCodes grouped{{codes.data(), rows, columns}, group, scales, zeros};
    const auto packed = pack_groups(kind, grouped, pool);
    ASSERT_TRUE(packed) << packed.error().message;
    Matrix weights(rows, columns);
    for (std::size_t r = 0; r < rows; ++r)
        for (std::size_t c = 0; c < columns; ++c) {
            const int zero = zero_points ? zeros[r * groups + c / group] : 0;
            weights(r, c) = float(codes[r * columns + c] - zero) * scales(r, c / group);
        }
    for (const std::size_t tokens : {1, 4, 7, 70}) expect_product(weights, *packed, tokens, 2);
    if (rows * columns < 3000) expect_product(weights, *packed, 275, 2);  // more tokens than tiles meet at once
}

TEST_P(Packed, EveryFinite16BitScaleIsExact) {
    // A row of q8_0 a scale, with the code 1 once; the input 127 there has the scale 1 and the code 127.
    ThreadPool pool(2);
    std::vector<std::uint8_t> blocks;
    std::vector<float> expected;
    for (unsigned half = 0; half < 0x10000; ++half) {
        const int exponent = int(half >> 10 & 31), fraction = int(half & 1023);
        if (exponent == 31) continue;
        blocks.insert(blocks.end(), {std::uint8_t(half), std::uint8_t(half >> 8), 1});
        blocks.insert(blocks.end(), 31, 0);
        const float size =
            exponent == 0 ? std::ldexp(float(fraction), -24) : std::ldexp(float(1024 + fraction), exponent - 25);
        expected.push_back(127 * (half >> 15 ? -size : size));
    }
    const auto packed = pack_blocks(PackedKind::kQ8_0, blocks, expected.size(), 32, pool);
    ASSERT_TRUE(packed);
    Matrix x(1, 32), out(1, expected.size());
    x(0, 0) = 127;
    matmul_packed(x, *packed, out, pool);
    for (std::size_t i = 0; i < expected.size(); ++i) ASSERT_EQ(out(0, i), expected[i]) << "scale " << i;
}

TEST_P(Packed, GroupedCodesMultiplyAsTheirValues) {
    for (const auto& [rows, columns, group] : {std::array<std::size_t, 3>{1, 1, 32},
                                               {16, 128, 128},
                                               {5, 70, 32},
                                               {33, 300, 128},
                                               {40, 500, 64},
                                               {93, 300, 128},  // several groups of 16 rows at once, and a rest
                                               {17, 1000, 1024},
                                               {19, 4300, 128},
                                               {2, 16500, 96},  // more inputs than tiles meet at once
                                               {5, 4700, 4608}}) {
        expect_grouped(PackedKind::kInt4, rows, columns, group, 0, 15, true);
        expect_grouped(PackedKind::kInt4, rows, columns, group, -8, 7, false);
        expect_grouped(PackedKind::kInt4, rows, columns, group, -7, 7, false);
        expect_grouped(PackedKind::kInt8, rows, columns, group, 0, 255, true);
        expect_grouped(PackedKind::kInt8, rows, columns, group, -128, 127, false);
    }
}

TEST_P(Packed, Nf4CodesMultiplyAsTheirRoundedLevels) {
    ThreadPool pool(2);
    for (const auto& [rows, columns, group] : {std::array<std::size_t, 3>{1, 1, 32},
                                               {16, 128, 64},
                                               {5, 70, 32},
                                               {33, 300, 64},
                                               {93, 300, 64},
                                               {17, 1000, 1024}}) {
        Random random(rows + columns);
        const std::size_t groups = (columns + group - 1) / group;
        std::vector<std::int16_t> codes(rows * columns);
        for (auto& code : codes) code = std::int16_t(random.below(16));
        Matrix units(rows, groups), scales(rows, groups), weights(rows, columns);  // units as FP16 stores them
        for (float& unit : units.values()) unit = float(1 + random.below(1000)) / 65536.0f;
        std::ranges::transform(units.values(), scales.values().begin(), [](float unit) { return kNf4Unit * unit; });
        const auto packed = pack_groups(PackedKind::kNf4, {{codes.data(), rows, columns}, group, scales, {}}, pool);
        ASSERT_TRUE(packed) << packed.error().message;
        EXPECT_EQ(packed->bytes(), (rows + 15) / 16 * (groups * 32 + (columns + 31) / 32 * 256));
        for (std::size_t r = 0; r < rows; ++r)
            for (std::size_t c = 0; c < columns; ++c)
                weights(r, c) = float(kNf4Levels[codes[r * columns + c]]) * units(r, c / group);
        for (const std::size_t tokens : {1, 2, 4, 7, 70}) expect_product(weights, *packed, tokens, 2);
        expect_product(weights, *packed, 1, 1, 1e30f);
        for (auto& code : codes) code = 0;  // the largest level everywhere: no sum of a step may overflow
        const auto extreme = pack_groups(PackedKind::kNf4, {{codes.data(), rows, columns}, group, scales, {}}, pool);
        for (std::size_t r = 0; r < rows; ++r)
            for (std::size_t c = 0; c < columns; ++c) weights(r, c) = -112 * units(r, c / group);
        expect_product(weights, *extreme, 3, 1);
    }
}

TEST_P(Packed, ChannelsMultiplyAsTheirValuesAlsoAtTheExtremes) {
    ThreadPool pool(2);
    for (const auto& [rows, columns] :
         {std::array<std::size_t, 2>{1, 1}, {16, 32}, {37, 333}, {93, 333}, {50, 2000}, {1, 33000}})
        for (const bool extreme : {false, true}) {
            Random random(rows);
            std::vector<std::int8_t> codes(rows * columns);
            for (auto& code : codes) code = std::int8_t(extreme ? -128 : int(random.below(256)) - 128);
            std::vector<float> scales(rows);
            for (float& scale : scales) scale = float(random.uniform());
            const auto packed = pack_channels({codes.data(), rows, columns}, scales, pool);
            ASSERT_TRUE(packed) << packed.error().message;
            Matrix weights(rows, columns);
            for (std::size_t r = 0; r < rows; ++r)
                for (std::size_t c = 0; c < columns; ++c) weights(r, c) = float(codes[r * columns + c]) * scales[r];
            for (const std::size_t tokens : {1, 3, 9, 33, 48}) expect_product(weights, *packed, tokens, 2);
            if (columns == 32) expect_product(weights, *packed, 300, 2);
        }
}

TEST_P(Packed, GivesTheSameBitsAtAnyThreadCountAndAnyNumberOfTokens) {
    ThreadPool one(1), three(3);
    const std::size_t rows = 200, columns = 512, tokens = 167;
    Random random(1);
    std::vector<std::uint8_t> blocks(rows * columns / 32 * 18);
    for (auto& byte : blocks) byte = std::uint8_t(random.below(256));
    for (std::size_t b = 1; b < blocks.size(); b += 18) blocks[b] = 0x1c;  // a scale of about 0.004
    const auto packed = pack_blocks(PackedKind::kQ4_0, blocks, rows, columns, three);
    ASSERT_TRUE(packed);
    const Matrix x = normal_matrix(tokens, columns, 2);
    Matrix a(tokens, rows), b(tokens, rows), single(1, rows);
    matmul_packed(x, *packed, a, one);
    matmul_packed(x, *packed, b, three);
    EXPECT_TRUE(std::ranges::equal(a.values(), b.values()));
    const bool in_bfloat16 = is_in_bfloat16(PackedKind::kQ4_0, tokens);
    const std::size_t few = in_bfloat16 ? active_table().tile_tokens : 1;
    Matrix some(few, rows);
    for (std::size_t t = 0; t + few <= tokens; ++t) {
        matmul_packed(x.view().block(t, 0, few, columns), *packed, some, three);
        for (std::size_t i = 0; i < few; ++i) EXPECT_TRUE(std::ranges::equal(some.row(i), a.row(t + i)));
    }
    if (!in_bfloat16) return;
    // Fewer tokens than that are in 8 bits: alike among themselves.
    matmul_packed(x.view().block(0, 0, few - 1, columns), *packed, some.view().block(0, 0, few - 1, rows), three);
    for (std::size_t t = 0; t + 1 < few; ++t) {
        matmul_packed(x.view().block(t, 0, 1, columns), *packed, single, one);
        EXPECT_TRUE(std::ranges::equal(single.row(0), some.row(t)));
    }
}

/// Many inputs are met in several passes, of which the number depends on the tokens.
TEST_P(Packed, GivesTheSameBitsInAnyNumberOfPasses) {
    ThreadPool pool(2);
    const std::size_t rows = 21, columns = 16416, tokens = 70;
    const Matrix weights = normal_matrix(rows, columns, 1), x = normal_matrix(tokens, columns, 2);
    std::vector<std::int8_t> codes(rows * columns);
    std::vector<std::int16_t> grouped(rows * columns);
    for (std::size_t i = 0; i < codes.size(); ++i) {
        grouped[i] = std::int16_t(std::clamp(weights.values()[i] * 3.0f, -8.0f, 7.0f));
        codes[i] = std::int8_t(grouped[i]);
    }
    const Matrix scales(rows, columns / 96, std::vector<float>(rows * (columns / 96), 0.25f));
    const std::vector<float> channels(rows, 0.37f);
    for (const auto& packed :
         {pack_channels({codes.data(), rows, columns}, channels, pool),
          pack_groups(PackedKind::kInt4, {{grouped.data(), rows, columns}, 96, scales, {}}, pool)}) {
        ASSERT_TRUE(packed) << packed.error().message;
        const bool in_bfloat16 = is_in_bfloat16(packed->kind(), tokens);
        const std::size_t few = in_bfloat16 ? active_table().tile_tokens : 1;
        Matrix all(tokens, rows), some(few, rows);
        matmul_packed(x, *packed, all, pool);
        for (std::size_t t = 0; t + few <= tokens; t += few) {
            matmul_packed(x.view().block(t, 0, few, columns), *packed, some, pool);
            for (std::size_t i = 0; i < few; ++i) EXPECT_TRUE(std::ranges::equal(some.row(i), all.row(t + i)));
        }
    }
}

TEST_P(Packed, TheRoundingOfActivationsIsAsSmallAsTheirForm) {
    const std::size_t tokens = 16, rows = 100, columns = 1024, group = 128;
    ThreadPool pool(2);
    Random random(3);
    std::vector<std::int16_t> codes(rows * columns);
    for (auto& code : codes) code = std::int16_t(random.below(16));
    Matrix scales(rows, columns / group);
    for (float& scale : scales.values()) scale = float(1 + random.below(2000)) / 65536.0f;
    const std::vector<std::int32_t> zeros(scales.values().size(), 8);
    const auto packed = pack_groups(PackedKind::kInt4, {{codes.data(), rows, columns}, group, scales, zeros}, pool);
    ASSERT_TRUE(packed);
    const Matrix x = normal_matrix(tokens, columns, 4);
    Matrix out(tokens, rows);
    matmul_packed(x, *packed, out, pool);
    double errors = 0, squares = 0;
    for (std::size_t t = 0; t < tokens; ++t)
        for (std::size_t r = 0; r < rows; ++r) {
            double exact = 0;
            for (std::size_t c = 0; c < columns; ++c)
                exact += double{x(t, c)} * (codes[r * columns + c] - 8) * double{scales(r, c / group)};
            errors += std::pow(out(t, r) - exact, 2);
            squares += exact * exact;
        }
    // 8 bits of a block's largest magnitude, about 2.1 standard deviations: 2.1 / 127 / sqrt(12) = 0.0048. Bfloat16 has
    // steps of 2^-7 of a power of two, a root mean square of 2^-7 / sqrt(12) * 0.73 = 0.0017; of both sides 0.0023.
    const bool in_bfloat16 = is_in_bfloat16(PackedKind::kInt4, tokens);
    EXPECT_LT(std::sqrt(errors / squares), in_bfloat16 ? 0.0026 : 0.0054);
    EXPECT_GT(std::sqrt(errors / squares), in_bfloat16 ? 0.0021 : 0.0042);
}

TEST(Bfloat16, KeepsWhatIsNoNumber) {
    const auto tables = available_tables();
    const auto with_tiles = std::ranges::find_if(tables, [](auto* table) { return table->tile_tokens > 0; });
    if (with_tiles == tables.end()) return;  // as tests of an architecture that this machine has not
    const auto round = (*with_tiles)->round_to_bfloat16;
    const auto of_bits = [](std::uint32_t bits) { return std::bit_cast<float>(bits); };
    const float values[] = {0.0f,
                            -0.0f,
                            std::numeric_limits<float>::infinity(),
                            -std::numeric_limits<float>::infinity(),
                            std::numeric_limits<float>::max(),
                            of_bits(0x7fffffff),
                            of_bits(0xffffffff),
                            of_bits(0x7f800001),
                            of_bits(0x3f808000),   // as near to 1 as to 1 + 2^-7
                            of_bits(0xbf807fff)};  // nearer to -1
    Bfloat16 rounded[std::size(values)];
    round(values, std::size(values), rounded);
    const auto value = [&](std::size_t i) { return of_bits(std::uint32_t{rounded[i]} << 16); };
    EXPECT_EQ(rounded[0], 0);
    EXPECT_EQ(rounded[1], 0x8000);
    EXPECT_EQ(value(2), values[2]);
    EXPECT_EQ(value(3), values[3]);
    EXPECT_EQ(value(4), values[2]);
    for (const std::size_t nan : {5, 6, 7}) EXPECT_TRUE(std::isnan(value(nan))) << nan;
    EXPECT_EQ(value(8), 1 + 0x1p-7f);
    EXPECT_EQ(value(9), -1.0f);
}

TEST(Packing, WrongInputsAreErrorsThatNameThem) {
    ThreadPool pool(1);
    std::vector<std::uint8_t> blocks(18 * 4);
    EXPECT_EQ(pack_blocks(PackedKind::kQ4_0, blocks, 2, 40, pool).error().code, ErrorCode::kBadShape);
    EXPECT_EQ(pack_blocks(PackedKind::kQ4_0, blocks, 3, 64, pool).error().code, ErrorCode::kBadShape);
    EXPECT_EQ(pack_blocks(PackedKind::kQ4_0, {}, 0, 64, pool).error().code, ErrorCode::kBadShape);
    EXPECT_EQ(pack_blocks(PackedKind::kInt4, blocks, 2, 64, pool).error().code, ErrorCode::kBadParameter);
    blocks[19] = 0x7c;  // the second block's scale: infinity
    const auto infinite = pack_blocks(PackedKind::kQ4_0, blocks, 2, 64, pool);
    ASSERT_FALSE(infinite);
    EXPECT_EQ(infinite.error().code, ErrorCode::kNotFinite);
    EXPECT_NE(infinite.error().message.find("block 1"), std::string::npos);

    const std::vector<std::int16_t> codes{-9, 3, 0, 0};
    const Matrix scales(2, 1, {1, 1}), huge(2, 1, {1, 1e6f});
    const auto wide = pack_groups(PackedKind::kInt4, {{codes.data(), 2, 2}, 32, scales, {}}, pool);
    ASSERT_FALSE(wide);
    EXPECT_NE(wide.error().message.find("-9"), std::string::npos) << wide.error().message;
    EXPECT_EQ(pack_groups(PackedKind::kInt8, {{codes.data(), 2, 2}, 32, huge, {}}, pool).error().code,
              ErrorCode::kNotFinite);
    EXPECT_EQ(pack_groups(PackedKind::kInt8, {{codes.data(), 2, 2}, 20, scales, {}}, pool).error().code,
              ErrorCode::kBadParameter);
    EXPECT_EQ(pack_groups(PackedKind::kInt8, {{codes.data(), 1, 2}, 32, scales, {}}, pool).error().code,
              ErrorCode::kBadShape);
    const auto no_index = pack_groups(PackedKind::kNf4, {{codes.data(), 2, 2}, 32, scales, {}}, pool);
    EXPECT_EQ(no_index.error().code, ErrorCode::kBadParameter);
    const std::vector<std::int16_t> indices{15, 3, 0, 0};
    const std::vector<std::int32_t> zeros{0, 0};
    EXPECT_EQ(pack_groups(PackedKind::kNf4, {{indices.data(), 2, 2}, 32, scales, zeros}, pool).error().code,
              ErrorCode::kBadParameter);
    const std::vector<std::int8_t> bytes(4);
    EXPECT_EQ(pack_channels({bytes.data(), 2, 2}, std::vector<float>(3), pool).error().code, ErrorCode::kBadShape);
    EXPECT_EQ(pack_channels({bytes.data(), 1, 131072, 0}, std::vector<float>(1), pool).error().code,
              ErrorCode::kBadShape);
    EXPECT_EQ(pack_channels({bytes.data(), 2, 2}, std::vector<float>{1, std::numeric_limits<float>::infinity()}, pool)
                  .error()
                  .code,
              ErrorCode::kNotFinite);
}

}  // namespace
}  // namespace quantlens::kernels
