#include "formats/int_groups.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "formats/float_codes.h"
#include "tensor/random.h"

namespace quantlens::formats {
namespace {

std::vector<float> round_trip(std::span<const float> values, int bits, std::size_t group) {
    std::vector<std::uint8_t> bytes(int_groups_bytes(values.size(), bits, group));
    int_groups_encode(values, bits, group, bytes);
    std::vector<float> restored(values.size());
    int_groups_decode(bytes, bits, group, restored);
    return restored;
}

TEST(IntGroups, PackingComesBackAtEveryWidth) {
    Random random{1};
    for (int bits = 1; bits <= 8; ++bits)
        for (std::size_t count : {1, 2, 7, 8, 31, 32, 100}) {
            std::vector<std::uint8_t> codes(count), back(count);
            for (auto& code : codes) code = std::uint8_t(random.below(1u << bits));
            std::vector<std::uint8_t> bytes((count * std::size_t(bits) + 7) / 8);
            pack_codes(codes, bits, bytes);
            unpack_codes(bytes, bits, back);
            EXPECT_EQ(back, codes) << bits << " bits, " << count;
        }
}

TEST(IntGroups, CodesArePackedLowBitsFirst) {
    std::vector<std::uint8_t> bytes(3);
    pack_codes(std::vector<std::uint8_t>{1, 2, 3, 4, 5, 6, 7, 0}, 3, bytes);
    // 000 111 110 101 100 011 010 001
    EXPECT_EQ(bytes, (std::vector<std::uint8_t>{0xd1, 0x58, 0x1f}));
}

TEST(IntGroups, LayoutIsScaleThenMinimumThenCodes) {
    // 0, 1, 2, 3: scale 1, minimum 0 at 2 bits; FP16 1 is 0x3c00.
    std::vector<std::uint8_t> bytes(int_groups_bytes(4, 2, 4));
    int_groups_encode(std::vector<float>{0, 1, 2, 3}, 2, 4, bytes);
    EXPECT_EQ(bytes, (std::vector<std::uint8_t>{0x00, 0x3c, 0x00, 0x00, 0xe4}));
}

TEST(IntGroups, EveryValueComesBackWithinHalfAStep) {
    Random random{2};
    for (int bits = 1; bits <= 8; ++bits)
        for (const double offset : {0.0, 3.0, -1000.0, 30000.0})
            for (const double spread : {1e-6, 1e-3, 1.0, 100.0}) {
                std::vector<float> values(32);
                for (float& v : values) v = float(offset + spread * random.normal());
                const auto scale = int_group_scale(values, bits);
                std::vector<std::uint8_t> codes(values.size());
                int_group_codes(values, bits, scale, codes);
                std::vector<float> restored(values.size());
                int_group_values(codes, scale, restored);
                const double step = double(half_to_float(scale.scale));
                for (std::size_t i = 0; i < values.size(); ++i)
                    ASSERT_LE(std::fabs(double(restored[i]) - double(values[i])),
                              step / 2 + 1e-6 * std::fabs(double(values[i])))
                        << bits << " bits, " << values[i];
            }
}

TEST(IntGroups, ScaleAndMinimumAreTheNearestFp16NumbersOnOrdinaryValues) {
    Random random{3};
    std::vector<float> values(32);
    for (float& v : values) v = float(random.normal());
    const auto [low, high] = std::ranges::minmax(values);
    const auto scale = int_group_scale(values, 4);
    EXPECT_EQ(scale.scale, float_to_half((high - low) / 15));
    EXPECT_EQ(scale.minimum, float_to_half(low));
}

TEST(IntGroups, ConstantGroupsComeBack) {
    for (const float v : {0.0f, -0.0f, 1.0f, -3.5f, 0.1f, 12345.678f, 60000.0f})
        for (const float r : round_trip(std::vector<float>(32, v), 4, 32)) EXPECT_NEAR(r, v, 1e-3 * std::fabs(v));
    for (const float r : round_trip(std::vector<float>(32, 2.5f), 2, 32)) EXPECT_EQ(r, 2.5f);
}

TEST(IntGroups, NumbersBeyondFp16ClipWithoutNan) {
    std::vector<float> values(32, 0.0f);
    values[0] = std::numeric_limits<float>::max();
    values[1] = std::numeric_limits<float>::lowest();
    for (int bits = 1; bits <= 8; ++bits)
        for (const float r : round_trip(values, bits, 32)) EXPECT_TRUE(std::isfinite(r));
    std::ranges::fill(values, std::numeric_limits<float>::denorm_min());
    for (const float r : round_trip(values, 3, 32)) EXPECT_EQ(r, 0.0f);
}

TEST(IntGroups, AnyGroupSizeAndAShortLastGroupWork) {
    Random random{4};
    std::vector<float> values(1000);
    for (float& v : values) v = float(random.normal());
    for (std::size_t group : {1, 3, 16, 64, 128, 999, 1000, 5000}) {
        const auto restored = round_trip(values, 8, group);
        for (std::size_t i = 0; i < values.size(); ++i) ASSERT_NEAR(restored[i], values[i], 0.03) << group;
    }
    EXPECT_EQ(int_groups_bytes(1024, 4, 64), 1024u / 64 * (4 + 32));
    EXPECT_EQ(int_groups_bytes(70, 3, 64), 4u + 24 + 4 + 3);
    EXPECT_EQ(int_groups_bytes(0, 4, 64), 0u);
}

}  // namespace
}  // namespace quantlens::formats
