#pragma once

#include <cctype>
#include <cmath>
#include <cstdlib>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "tensor/receipt.h"

namespace quantlens::test {

/// Evaluates a receipt's expressions: numbers, symbols, + - * / ( ), min, max, ceil, floor, pow. NaN where it does not
/// parse.
class Expression {
public:
    Expression(std::string_view text, const std::map<std::string, double>& symbols) : text_(text), symbols_(symbols) {}

    double value() {
        const double result = sum();
        skip_space();
        return at_ == text_.size() ? result : std::nan("");
    }

private:
    double sum() {
        double result = product();
        for (;;) {
            if (take('+'))
                result += product();
            else if (take('-'))
                result -= product();
            else
                return result;
        }
    }
    double product() {
        double result = factor();
        for (;;) {
            if (take('*'))
                result *= factor();
            else if (take('/'))
                result /= factor();
            else
                return result;
        }
    }
    double factor() {
        if (take('-')) return -factor();
        if (take('(')) {
            const double result = sum();
            return take(')') ? result : std::nan("");
        }
        skip_space();
        if (at_ < text_.size() && (std::isdigit(static_cast<unsigned char>(text_[at_])) != 0)) return number();
        return named();
    }
    double number() {
        const std::string rest{text_.substr(at_)};
        char* end = nullptr;
        const double result = std::strtod(rest.c_str(), &end);
        at_ += std::size_t(end - rest.c_str());
        return result;
    }
    double named() {
        std::string name;
        while (at_ < text_.size() && (std::isalnum(static_cast<unsigned char>(text_[at_])) != 0 || text_[at_] == '_'))
            name += text_[at_++];
        if (!take('(')) {
            const auto found = symbols_.find(name);
            return found == symbols_.end() ? std::nan("") : found->second;
        }
        std::vector<double> arguments{sum()};
        while (take(',')) arguments.push_back(sum());
        if (!take(')')) return std::nan("");
        const bool two = arguments.size() == 2;
        if (name == "ceil" && !two) return std::ceil(arguments[0]);
        if (name == "floor" && !two) return std::floor(arguments[0]);
        if (name == "min" && two) return std::fmin(arguments[0], arguments[1]);
        if (name == "max" && two) return std::fmax(arguments[0], arguments[1]);
        if (name == "pow" && two) return std::pow(arguments[0], arguments[1]);
        return std::nan("");
    }
    void skip_space() {
        while (at_ < text_.size() && text_[at_] == ' ') ++at_;
    }
    bool take(char c) {
        skip_space();
        if (at_ >= text_.size() || text_[at_] != c) return false;
        ++at_;
        return true;
    }

    std::string_view text_;
    const std::map<std::string, double>& symbols_;
    std::size_t at_ = 0;
};

/// The first symbol whose expression does not give its value (relative 1e-12), or "" where all do.
inline std::string first_wrong_row(const Receipt& receipt) {
    std::map<std::string, double> symbols;
    for (const auto& row : receipt) {
        if (row.expression.empty()) {
            if (row.source.empty()) return row.symbol + " has neither an expression nor a source";
        } else {
            const double value = Expression(row.expression, symbols).value();
            if (!(std::abs(value - row.value) <= 1e-12 * std::abs(row.value)))
                return row.symbol + " = " + row.expression + " gives " + std::to_string(value) + ", not " +
                       std::to_string(row.value);
        }
        symbols[row.symbol] = row.value;
    }
    return receipt.empty() ? "an empty receipt" : "";
}

}  // namespace quantlens::test
