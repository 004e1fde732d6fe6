#pragma once

#include <algorithm>
#include <cstddef>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tensor/error.h"
#include "tensor/memory.h"

namespace quantlens {

/// Rows of `columns` values, `stride` values from the start of one row to the start of the next. Does not own them.
template <class T>
class MatrixView {
public:
    MatrixView() = default;
    MatrixView(T* data, std::size_t rows, std::size_t columns) : MatrixView(data, rows, columns, columns) {}
    MatrixView(T* data, std::size_t rows, std::size_t columns, std::size_t stride)
        : data_(data), rows_(rows), columns_(columns), stride_(stride) {}
    /// A view to const of the same values.
    operator MatrixView<const T>() const { return {data_, rows_, columns_, stride_}; }

    T* data() const { return data_; }
    std::size_t rows() const { return rows_; }
    std::size_t columns() const { return columns_; }
    std::size_t stride() const { return stride_; }
    std::size_t size() const { return rows_ * columns_; }
    bool empty() const { return size() == 0; }
    bool contiguous() const { return stride_ == columns_ || rows_ <= 1; }

    std::span<T> row(std::size_t r) const { return {data_ + r * stride_, columns_}; }
    T& operator()(std::size_t r, std::size_t c) const { return data_[r * stride_ + c]; }

    MatrixView block(std::size_t row, std::size_t column, std::size_t rows, std::size_t columns) const {
        return {data_ + row * stride_ + column, rows, columns, stride_};
    }
    /// All values in row-major order; only where the rows follow each other without a gap.
    std::span<T> values() const { return {data_, size()}; }

private:
    T* data_ = nullptr;
    std::size_t rows_ = 0;
    std::size_t columns_ = 0;
    std::size_t stride_ = 0;
};

/// rows times columns. Where so many numbers cannot be in memory, also where the product is beyond std::size_t, it
/// fails as an allocation does that is too large.
std::size_t element_count(std::size_t rows, std::size_t columns);

/// An owned, contiguous, row-major matrix of float, zero at first.
class Matrix {
public:
    Matrix() = default;
    Matrix(std::size_t rows, std::size_t columns)
        : values_(element_count(rows, columns)), rows_(rows), columns_(columns) {}
    /// A copy of rows x columns values.
    Matrix(std::size_t rows, std::size_t columns, std::span<const float> values)
        : values_(values.begin(), values.end()), rows_(rows), columns_(columns) {}
    Matrix(std::size_t rows, std::size_t columns, std::initializer_list<float> values)
        : values_(values), rows_(rows), columns_(columns) {}
    explicit Matrix(MatrixView<const float> other) : Matrix(other.rows(), other.columns()) {
        for (std::size_t r = 0; r < rows_; ++r) {
            const auto from = other.row(r);
            std::copy(from.begin(), from.end(), row(r).begin());
        }
    }

    std::size_t rows() const { return rows_; }
    std::size_t columns() const { return columns_; }
    std::size_t size() const { return values_.size(); }
    bool empty() const { return values_.empty(); }

    std::span<float> row(std::size_t r) { return {values_.data() + r * columns_, columns_}; }
    std::span<const float> row(std::size_t r) const { return {values_.data() + r * columns_, columns_}; }
    float& operator()(std::size_t r, std::size_t c) { return values_[r * columns_ + c]; }
    float operator()(std::size_t r, std::size_t c) const { return values_[r * columns_ + c]; }

    std::span<float> values() { return values_; }
    std::span<const float> values() const { return values_; }
    MatrixView<float> view() { return {values_.data(), rows_, columns_}; }
    MatrixView<const float> view() const { return {values_.data(), rows_, columns_}; }
    operator MatrixView<float>() { return view(); }
    operator MatrixView<const float>() const { return view(); }

private:
    std::vector<float, AlignedAllocator<float>> values_;
    std::size_t rows_ = 0;
    std::size_t columns_ = 0;
};

/// Fails with kBadShape when the matrix has no element and with kNotFinite at the first NaN or infinity,
/// naming `name` and the element's row and column.
Status check_finite(MatrixView<const float> matrix, std::string_view name);

}  // namespace quantlens
