#include "kernels/rows.h"

#include <algorithm>
#include <limits>

#include "kernels/matmul.h"
#include "kernels/reference.h"
#include "support/golden.h"
#include "unit/kernels/support.h"

namespace quantlens::kernels {
namespace {

using test::normal_values;

class Rows : public test::OnEachArchitecture {};
QUANTLENS_ON_EACH_ARCHITECTURE(Rows);

TEST_P(Rows, MinMaxFindsTheExtremesAtEveryLengthAndPlace) {
    for (std::size_t n = 1; n < 150; ++n) {
        std::vector<float> values = normal_values(n + 1, n);
        values[1 + n / 2] = -1e38f;
        values[1 + n / 3] = std::max(values[1 + n / 3], 1e38f);
        const std::span<const float> row(values.data() + 1, n);
        const auto [minimum, maximum] = min_max(row);
        EXPECT_EQ(minimum, *std::ranges::min_element(row));
        EXPECT_EQ(maximum, *std::ranges::max_element(row));
    }
}

void expect_reference_codes(std::span<const float> values, float scale, int zero_point, int low, int high) {
    std::vector<std::int16_t> codes(values.size() + 1, 99);
    quantize_row(values, scale, zero_point, low, high, std::span(codes).first(values.size()));
    for (std::size_t i = 0; i < values.size(); ++i)
        ASSERT_EQ(codes[i], reference::quantize(values[i], scale, zero_point, low, high))
            << values[i] << " / " << scale << ", element " << i << " of " << values.size();
    EXPECT_EQ(codes.back(), 99);
}

TEST_P(Rows, CodesAreTheScalarFormulasAtEveryLength) {
    for (std::size_t n = 0; n < 150; ++n) {
        const std::vector<float> values = normal_values(n + 1, 100 + n);
        expect_reference_codes(std::span(values).subspan(1), 0.0371f, 3, -8, 7);
        expect_reference_codes(std::span(values).subspan(1), 0.0021f, 0, -127, 127);
    }
}

TEST_P(Rows, CodesAreTheScalarFormulasForTiesAndExtremes) {
    std::vector<float> values;
    for (int i = -600; i <= 600; ++i) values.push_back(0.25f * float(i));  // every second one a tie for scale 0.5
    for (const float extreme : {1e38f, 3.4e38f, 8388607.5f, 8388608.0f, 16777216.0f, 2147483648.0f, 1e-45f, 1e-38f,
                                0.0f, 0.49999997f, 0.5f, 1.5f, 2.5f}) {
        values.push_back(extreme);
        values.push_back(-extreme);
    }
    for (const float scale : {0.5f, 1.0f, 0.1f, 1e-30f, 1e30f, 3.0f})
        for (const auto [zero_point, low, high] :
             {std::array{0, -127, 127}, {128, 0, 255}, {-3, -8, 7}, {0, -32768, 32767}})
            expect_reference_codes(values, scale, zero_point, low, high);
}

TEST_P(Rows, DequantizedValuesAreExact) {
    for (std::size_t n = 0; n < 100; ++n) {
        std::vector<std::int16_t> codes(n);
        for (std::size_t i = 0; i < n; ++i) codes[i] = std::int16_t(int(i * 977 % 65536) - 32768);
        std::vector<float> values(n);
        dequantize_row(codes, 0.013f, 17, values);
        for (std::size_t i = 0; i < n; ++i) ASSERT_EQ(values[i], reference::dequantize(codes[i], 0.013f, 17));
    }
}

std::vector<float> table_of_order(std::size_t order) {
    if (order == 1) return {1.0f};
    std::string name = "hadK_";
    name.append(std::to_string(order)).append(".npy");
    const auto npy =
        quantlens::test::read_npy_i8(std::filesystem::path(QUANTLENS_TEST_DATA) / "golden" / "hadamard" / name);
    return {npy.values.begin(), npy.values.end()};
}

TEST_P(Rows, HadamardHasTheBitsOfTheScalarMeaningForEveryOrder) {
    ThreadPool pool(2);
    for (const std::size_t order : {1, 12, 20, 28, 36, 40})
        for (std::size_t part = 1; order * part <= 8192 && (order != 20 || part == 1); part *= 2)  // 20 x 2^k is 40's
            for (const bool transposed : {false, true}) {
                Matrix rows = test::normal_matrix(3, order * part, order + part);
                Matrix expected = rows;
                for (std::size_t r = 0; r < 3; ++r)
                    reference::hadamard_row(expected.row(r), table_of_order(order), order, transposed);
                ASSERT_TRUE(hadamard(rows, transposed, pool));
                ASSERT_TRUE(std::ranges::equal(rows.values(), expected.values())) << order << " x " << part;
            }
}

TEST_P(Rows, HadamardThenItsTransposeGivesTheRowBack) {
    ThreadPool pool(1);
    for (const std::size_t n : {1, 2, 12, 36, 64, 160, 448, 1152, 4096, 11264}) {
        if (!hadamard_size_is_known(n)) continue;
        Matrix rows = test::normal_matrix(2, n, n);
        const Matrix before = rows;
        ASSERT_TRUE(hadamard(rows, false, pool));
        ASSERT_TRUE(hadamard(rows, true, pool));
        for (std::size_t i = 0; i < rows.size(); ++i) ASSERT_NEAR(rows.values()[i], before.values()[i], 2e-6);
    }
}

TEST_P(Rows, HadamardAgreesWithTheGoldenCases) {
    ThreadPool pool(1);
    for (const auto& golden : quantlens::test::cases("hadamard")) {
        const auto x = golden.input_f32("x");
        for (const auto* key : {"y", "y_transpose"}) {
            if (!golden.has_expected(key)) continue;  // powers of two: the matrix is its own transpose
            const auto expected = golden.expected_f32(key);
            Matrix rows(x.rows(), x.columns(), x.values);
            ASSERT_TRUE(hadamard(rows, std::string(key) == "y_transpose", pool)) << golden.name();
            for (std::size_t i = 0; i < rows.size(); ++i)
                ASSERT_NEAR(rows.values()[i], expected.values[i], 1e-5) << golden.name() << " " << key << " " << i;
        }
    }
}

TEST(Hadamard, SizesWithoutATableAreAnErrorThatNamesThem) {
    ThreadPool pool(1);
    for (const std::size_t n : {3, 11, 14, 44, 60, 11008}) {
        EXPECT_FALSE(hadamard_size_is_known(n)) << n;
        Matrix rows(1, n);
        const Status status = hadamard(rows, false, pool);
        ASSERT_FALSE(status);
        EXPECT_EQ(status.error().code, ErrorCode::kBadShape);
        EXPECT_NE(status.error().message.find(std::to_string(n)), std::string::npos) << status.error().message;
    }
    Matrix empty(0, 4);
    EXPECT_FALSE(hadamard(empty, false, pool));
    EXPECT_FALSE(hadamard_size_is_known(0));
}

TEST(Dispatch, TheActiveTableIsTheLastAvailableAndFoundByName) {
    ASSERT_FALSE(available_tables().empty());
    for (const KernelTable* table : available_tables()) EXPECT_EQ(table_for(table->name), table);
    EXPECT_EQ(table_for("no such machine"), nullptr);
    EXPECT_NE(table_for(instruction_set()), nullptr);
}

}  // namespace
}  // namespace quantlens::kernels
