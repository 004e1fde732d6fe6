#include "tensor/matrix.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <new>

namespace quantlens {
namespace {

TEST(Matrix, CountsItsElements) {
    EXPECT_EQ(element_count(3, 5), 15u);
    EXPECT_EQ(element_count(0, SIZE_MAX), 0u);
    EXPECT_EQ(element_count(SIZE_MAX, 0), 0u);
}

TEST(Matrix, FailsWhereTheProductIsBeyondSizeT) {
    constexpr std::size_t kHalf = std::size_t{1} << (sizeof(std::size_t) * 4);  // its square is 0
    EXPECT_THROW(element_count(kHalf, kHalf), std::bad_alloc);
    EXPECT_THROW(element_count(kHalf + 1, kHalf + 1), std::bad_alloc);
    EXPECT_THROW(Matrix(kHalf + 1, kHalf + 1), std::bad_alloc);
}

}  // namespace
}  // namespace quantlens
