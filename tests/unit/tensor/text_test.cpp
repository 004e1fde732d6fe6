#include <gtest/gtest.h>

#include <bit>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <limits>

#include "tensor/error.h"
#include "tensor/random.h"

namespace quantlens {
namespace {

template <class Number>
std::string standard_text(Number value) {
    char buffer[64];
    return {buffer, std::to_chars(buffer, buffer + sizeof buffer, value).ptr};
}

TEST(Text, NumbersReadAsAPersonWouldTypeThem) {
    EXPECT_EQ(to_text(0.15), "0.15");
    EXPECT_EQ(to_text(0.15f), "0.15");
    EXPECT_EQ(to_text(-3.0), "-3");
    EXPECT_EQ(to_text(100.0), "100");
    EXPECT_EQ(to_text(1e300), "1e+300");
    EXPECT_EQ(to_text(1e-5), "1e-05");
    EXPECT_EQ(to_text(0.0), "0");
    EXPECT_EQ(to_text(-0.0), "-0");
    EXPECT_EQ(to_text(-std::numeric_limits<double>::infinity()), "-inf");
    EXPECT_EQ(to_text(std::numeric_limits<float>::quiet_NaN()), "nan");
}

TEST(Text, RealsAreWrittenAsTheStandardLibraryWritesThem) {
    Random random(1);
    for (int i = 0; i < 2000; ++i) {
        const auto wide = std::bit_cast<double>(random.bits());
        const auto narrow = std::bit_cast<float>(std::uint32_t(random.bits()));
        // Whole numbers beyond the mantissa: there the library writes digits that are not needed.
        if (std::abs(wide) < 0x1p53) {
            EXPECT_EQ(to_text(wide), standard_text(wide));
        }
        if (std::abs(narrow) < 0x1p24f) {
            EXPECT_EQ(to_text(narrow), standard_text(narrow));
        }
    }
}

TEST(Text, RealsReadBackAsThemselves) {
    Random random(2);
    for (int i = 0; i < 2000; ++i) {
        const auto value = std::bit_cast<double>(random.bits());
        if (std::isfinite(value)) {
            EXPECT_EQ(std::strtod(to_text(value).c_str(), nullptr), value);
        }
    }
}

}  // namespace
}  // namespace quantlens
