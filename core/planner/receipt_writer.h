#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "tensor/receipt.h"

namespace quantlens::planner {

/// Builds a receipt row by row; each call returns the row's value, so that code reads as the derivation.
class ReceiptWriter {
public:
    /// A value that is given. One that the receipt has already is not repeated.
    double given(std::string_view symbol, double value, std::string_view unit, std::string_view source) {
        for (const auto& row : rows_)
            if (row.symbol == symbol) return row.value;
        rows_.push_back({std::string{symbol}, value, std::string{unit}, "", std::string{source}});
        return value;
    }
    /// A value that follows from earlier rows by `expression`.
    double derived(std::string_view symbol, double value, std::string_view unit, std::string expression) {
        rows_.push_back({std::string{symbol}, value, std::string{unit}, std::move(expression), ""});
        return value;
    }
    Receipt take() { return std::move(rows_); }
    const Receipt& rows() const { return rows_; }

private:
    Receipt rows_;
};

}  // namespace quantlens::planner
