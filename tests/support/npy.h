#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

/// Reading the .npy files of the golden vectors, for tests only: little-endian, C order, one fixed type each. It shares
/// no code with core/files, so that those readers can be held against it. A file that is not as expected throws.
namespace quantlens::test {

static_assert(std::endian::native == std::endian::little);

template <class T>
struct NpyArray {
    std::vector<std::size_t> shape;  // empty for a scalar
    std::vector<T> values;           // row-major

    std::size_t rows() const { return shape.size() < 2 ? 1 : shape.front(); }
    /// Values in a row: everything after the first axis (the whole array where it has one axis).
    std::size_t columns() const { return rows() == 0 ? 0 : values.size() / rows(); }
};

inline std::vector<std::uint8_t> read_file(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) throw std::runtime_error("cannot open " + path.string());
    const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    return {text.begin(), text.end()};
}

/// Reads values of the type with this NumPy description ("<f4", "|i1", ...).
template <class T>
NpyArray<T> read_npy(const std::filesystem::path& path, std::string_view description) {
    const auto bytes = read_file(path);
    const auto wrong = [&](const std::string& what) { return std::runtime_error(path.string() + ": " + what); };
    if (bytes.size() < 12 || std::memcmp(bytes.data(), "\x93NUMPY", 6) != 0) throw wrong("not a .npy file");
    const std::size_t prefix = bytes[6] == 1 ? 10 : 12;
    std::size_t length = bytes[8] + 256u * bytes[9];
    if (prefix == 12) length += 65536u * bytes[10] + 16777216u * bytes[11];
    if (bytes.size() < prefix + length) throw wrong("the header is cut off");
    const std::string header(bytes.begin() + std::ptrdiff_t(prefix), bytes.begin() + std::ptrdiff_t(prefix + length));

    if (header.find("'" + std::string{description} + "'") == std::string::npos)
        throw wrong("not of type " + std::string{description} + ": " + header);
    if (header.find("'fortran_order': False") == std::string::npos) throw wrong("not in C order");
    NpyArray<T> array;
    std::size_t count = 1;
    const std::size_t open = header.find('(', header.find("'shape'"));
    const std::size_t close = header.find(')', open);
    if (close == std::string::npos) throw wrong("no shape");
    for (std::size_t i = open + 1; i < close;) {
        if (header[i] < '0' || header[i] > '9') {
            ++i;
            continue;
        }
        std::size_t used = 0;
        array.shape.push_back(std::size_t(std::stoull(header.substr(i, close - i), &used)));
        count *= array.shape.back();
        i += used;
    }
    if (bytes.size() != prefix + length + count * sizeof(T)) throw wrong("the data is not as long as the shape says");
    array.values.resize(count);
    if (count > 0) std::memcpy(array.values.data(), bytes.data() + prefix + length, count * sizeof(T));
    return array;
}

inline NpyArray<float> read_npy_f32(const std::filesystem::path& path) { return read_npy<float>(path, "<f4"); }
inline NpyArray<double> read_npy_f64(const std::filesystem::path& path) { return read_npy<double>(path, "<f8"); }
inline NpyArray<std::int8_t> read_npy_i8(const std::filesystem::path& path) {
    return read_npy<std::int8_t>(path, "|i1");
}
inline NpyArray<std::uint8_t> read_npy_u8(const std::filesystem::path& path) {
    return read_npy<std::uint8_t>(path, "|u1");
}
inline NpyArray<std::int32_t> read_npy_i32(const std::filesystem::path& path) {
    return read_npy<std::int32_t>(path, "<i4");
}
inline NpyArray<std::int64_t> read_npy_i64(const std::filesystem::path& path) {
    return read_npy<std::int64_t>(path, "<i8");
}

}  // namespace quantlens::test
