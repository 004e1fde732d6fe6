#include "files/element_types.h"

#include <algorithm>
#include <array>
#include <limits>

namespace quantlens::files {
namespace {

constexpr std::array kTypes{
    // id, values and bytes of a block, ggml number, safetensors name, NumPy code
    ElementType{"f32", 1, 4, 0, "F32", "f4"},         ElementType{"f64", 1, 8, 28, "F64", "f8"},
    ElementType{"f16", 1, 2, 1, "F16", "f2"},         ElementType{"bf16", 1, 2, 30, "BF16", ""},
    ElementType{"fp8_e4m3", 1, 1, -1, "F8_E4M3", ""}, ElementType{"fp8_e5m2", 1, 1, -1, "F8_E5M2", ""},
    ElementType{"fp8_e8m0", 1, 1, -1, "F8_E8M0", ""}, ElementType{"fp6_e2m3", 4, 3, -1, "F6_E2M3", ""},
    ElementType{"fp6_e3m2", 4, 3, -1, "F6_E3M2", ""}, ElementType{"fp4_e2m1", 2, 1, -1, "F4", ""},
    ElementType{"i8", 1, 1, 24, "I8", "i1"},          ElementType{"u8", 1, 1, -1, "U8", "u1"},
    ElementType{"i16", 1, 2, 25, "I16", "i2"},        ElementType{"u16", 1, 2, -1, "U16", "u2"},
    ElementType{"i32", 1, 4, 26, "I32", "i4"},        ElementType{"u32", 1, 4, -1, "U32", "u4"},
    ElementType{"i64", 1, 8, 27, "I64", "i8"},        ElementType{"u64", 1, 8, -1, "U64", "u8"},
    ElementType{"bool", 1, 1, -1, "BOOL", "b1"},      ElementType{"c64", 1, 8, -1, "C64", "c8"},
    ElementType{"q4_0", 32, 18, 2, "", ""},           ElementType{"q4_1", 32, 20, 3, "", ""},
    ElementType{"q5_0", 32, 22, 6, "", ""},           ElementType{"q5_1", 32, 24, 7, "", ""},
    ElementType{"q8_0", 32, 34, 8, "", ""},           ElementType{"q8_1", 32, 36, 9, "", ""},
    ElementType{"q2_K", 256, 84, 10, "", ""},         ElementType{"q3_K", 256, 110, 11, "", ""},
    ElementType{"q4_K", 256, 144, 12, "", ""},        ElementType{"q5_K", 256, 176, 13, "", ""},
    ElementType{"q6_K", 256, 210, 14, "", ""},        ElementType{"q8_K", 256, 292, 15, "", ""},
    ElementType{"iq2_xxs", 256, 66, 16, "", ""},      ElementType{"iq2_xs", 256, 74, 17, "", ""},
    ElementType{"iq3_xxs", 256, 98, 18, "", ""},      ElementType{"iq1_s", 256, 50, 19, "", ""},
    ElementType{"iq4_nl", 32, 18, 20, "", ""},        ElementType{"iq3_s", 256, 110, 21, "", ""},
    ElementType{"iq2_s", 256, 82, 22, "", ""},        ElementType{"iq4_xs", 256, 136, 23, "", ""},
    ElementType{"iq1_m", 256, 56, 29, "", ""},        ElementType{"tq1_0", 256, 54, 34, "", ""},
    ElementType{"tq2_0", 256, 66, 35, "", ""},        ElementType{"mxfp4", 32, 17, 39, "", ""},
    ElementType{"nvfp4", 64, 36, 40, "", ""},         ElementType{"q1_0", 128, 18, 41, "", ""},
    ElementType{"q2_0", 64, 18, 42, "", ""},
};

template <class Member, class Wanted>
const ElementType* find_where(Member member, const Wanted& wanted) {
    const auto found = std::ranges::find(kTypes, wanted, member);
    return found == kTypes.end() ? nullptr : &*found;
}

}  // namespace

std::span<const ElementType> element_types() { return kTypes; }

const ElementType* find_by_id(std::string_view id) { return find_where(&ElementType::id, id); }

const ElementType* find_by_ggml(std::uint32_t number) {
    if (number > 1000) return nullptr;
    return find_where(&ElementType::ggml, int(number));
}

const ElementType* find_by_safetensors(std::string_view dtype) {
    return dtype.empty() ? nullptr : find_where(&ElementType::safetensors, dtype);
}

const ElementType* find_by_npy(std::string_view kind_and_size) {
    return kind_and_size.empty() ? nullptr : find_where(&ElementType::npy, kind_and_size);
}

bool is_integer(const ElementType& type) {
    constexpr std::array<std::string_view, 9> kIntegers{"i8", "u8", "i16", "u16", "i32", "u32", "i64", "u64", "bool"};
    return std::ranges::find(kIntegers, type.id) != kIntegers.end();
}

std::optional<std::uint64_t> checked_product(std::uint64_t a, std::uint64_t b) {
    if (a != 0 && b > std::numeric_limits<std::uint64_t>::max() / a) return std::nullopt;
    return a * b;
}

std::optional<std::uint64_t> stored_bytes(const ElementType& type, std::uint64_t elements) {
    if (elements % type.block_size != 0) return std::nullopt;
    return checked_product(elements / type.block_size, type.block_bytes);
}

std::optional<std::uint64_t> element_count(std::span<const std::uint64_t> shape) {
    // An axis of 0 makes the whole empty, but must not hide an overflow of the other axes: readers multiply in any
    // order.
    std::uint64_t count = 1;
    bool empty = false;
    for (const auto axis : shape) {
        if (axis == 0) {
            empty = true;
            continue;
        }
        const auto product = checked_product(count, axis);
        if (!product) return std::nullopt;
        count = *product;
    }
    return empty ? 0 : count;
}

}  // namespace quantlens::files
