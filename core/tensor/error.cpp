#include "tensor/error.h"

#include <cmath>
#include <cstdio>
#include <cstdlib>

namespace quantlens {
namespace {

// std::to_chars would do, but brings tables of 100 kB into the module that readers download.

/// d.ddde-07 with as few digits as give the same number when read back.
template <class Number>
std::string shortest_scientific(Number value, Number (*read)(const char*, char**)) {
    char buffer[40];
    for (int digits = 1;; ++digits) {
        const int length = std::snprintf(buffer, sizeof buffer, "%.*e", digits - 1, double(value));
        if (digits == 17 || read(buffer, nullptr) == value) return {buffer, std::size_t(length)};
    }
}

/// The shorter of 0.00012 and 1.2e-04, the former where they are as long.
std::string shorter_notation(std::string scientific) {
    const auto e = scientific.find('e');
    const int exponent = std::atoi(scientific.c_str() + e + 1);
    std::string digits, fixed;
    for (const char c : scientific.substr(0, e))
        if (c >= '0' && c <= '9') digits += c;
    const int count = int(digits.size());
    if (exponent < 0)
        fixed = "0." + std::string(std::size_t(-exponent - 1), '0') + digits;
    else if (exponent < count - 1)
        fixed = digits.substr(0, std::size_t(exponent) + 1) + "." + digits.substr(std::size_t(exponent) + 1);
    else
        fixed = digits + std::string(std::size_t(exponent + 1 - count), '0');
    if (scientific.front() == '-') fixed.insert(0, "-");
    return fixed.size() <= scientific.size() ? fixed : scientific;
}

template <class Number>
std::string text_of(Number value, Number (*read)(const char*, char**)) {
    if (std::isnan(value)) return std::signbit(value) ? "-nan" : "nan";
    if (std::isinf(value)) return value < 0 ? "-inf" : "inf";
    return shorter_notation(shortest_scientific(value, read));
}

}  // namespace

std::string to_text(float value) { return text_of(value, std::strtof); }
std::string to_text(double value) { return text_of(value, std::strtod); }

}  // namespace quantlens
