#pragma once

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "support/npy.h"

/// The golden cases of tests/golden/open as data: a test walks all cases of an operation. See tests/golden/README.md.
namespace quantlens::test {

inline std::filesystem::path golden_folder() { return std::filesystem::path{QUANTLENS_TEST_DATA} / "golden" / "open"; }

/// One directory of tests/golden/open. Arrays are read by the key that names them in `inputs` or `expected`.
struct GoldenCase {
    std::filesystem::path folder;
    nlohmann::json json;

    std::string name() const { return json.at("name"); }
    const nlohmann::json& parameters() const { return json.at("parameters"); }
    /// A number, list or text that is given in case.json itself.
    const nlohmann::json& expected(const std::string& key) const { return json.at("expected").at(key); }
    bool has_input(const std::string& key) const { return json.at("inputs").contains(key); }
    bool has_expected(const std::string& key) const { return json.at("expected").contains(key); }

    std::filesystem::path input_path(const std::string& key) const { return path_of("inputs", key); }
    std::filesystem::path expected_path(const std::string& key) const { return path_of("expected", key); }
    NpyArray<float> input_f32(const std::string& key) const { return read_npy_f32(input_path(key)); }
    NpyArray<float> expected_f32(const std::string& key) const { return read_npy_f32(expected_path(key)); }
    NpyArray<std::int8_t> expected_i8(const std::string& key) const { return read_npy_i8(expected_path(key)); }
    NpyArray<std::uint8_t> expected_u8(const std::string& key) const { return read_npy_u8(expected_path(key)); }
    NpyArray<std::int32_t> expected_i32(const std::string& key) const { return read_npy_i32(expected_path(key)); }
    /// Codes of any of the integer types that the vectors use.
    std::vector<int> expected_codes(const std::string& key) const {
        const auto widen = [](const auto& array) { return std::vector<int>(array.values.begin(), array.values.end()); };
        const auto bytes = read_file(expected_path(key));
        const std::string head(bytes.begin(), bytes.begin() + std::min<std::ptrdiff_t>(128, std::ssize(bytes)));
        if (head.find("'|i1'") != std::string::npos) return widen(expected_i8(key));
        if (head.find("'|u1'") != std::string::npos) return widen(expected_u8(key));
        return widen(expected_i32(key));
    }

private:
    std::filesystem::path path_of(const char* section, const std::string& key) const {
        return (folder / json.at(section).at(key).get<std::string>()).lexically_normal();
    }
};

/// All cases of one operation, by name; throws where there is none, so that a misspelt operation cannot pass.
inline std::vector<GoldenCase> cases(std::string_view operation) {
    std::vector<GoldenCase> found;
    for (const auto& entry : std::filesystem::directory_iterator(golden_folder())) {
        std::ifstream file(entry.path() / "case.json");
        if (!file) continue;
        GoldenCase one{entry.path(), nlohmann::json::parse(file)};
        if (one.json.at("operation") == operation) found.push_back(std::move(one));
    }
    if (found.empty()) throw std::runtime_error("no golden case of operation " + std::string{operation});
    std::ranges::sort(found, {}, &GoldenCase::name);
    return found;
}

}  // namespace quantlens::test
