#pragma once

#include <string>
#include <vector>

namespace quantlens {

/// One line of how a number came about: `value` follows from `expression` over the symbols of earlier rows, or, where
/// the expression is empty, is given by `source`. Expressions use numbers, symbols, + - * / ( ), min, max, ceil, floor.
struct ReceiptRow {
    std::string symbol;
    double value = 0;
    std::string unit;
    std::string expression;
    std::string source;
};

/// The whole derivation in order; the last row is the answer. A test evaluates every expression and requires its value.
using Receipt = std::vector<ReceiptRow>;

}  // namespace quantlens
