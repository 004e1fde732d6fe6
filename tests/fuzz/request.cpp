#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "request/door.h"

/// The input is a request's JSON text, then, after a zero byte, bytes for its arrays: the first is the number of
/// columns, the rest float32 values, which stand in for every array that an operation may read.
namespace {

using namespace quantlens;
using request::Json;

constexpr std::size_t kMostValues = 4096;

std::vector<request::Array> arrays_from(std::span<const std::uint8_t> bytes) {
    std::vector<request::Array> arrays;
    if (bytes.size() < 5) return arrays;
    const std::size_t columns = std::max<std::size_t>(1, bytes[0]);
    std::vector<float> values(std::min(kMostValues, (bytes.size() - 1) / 4));
    std::memcpy(values.data(), bytes.data() + 1, values.size() * 4);
    const std::size_t rows = std::max<std::size_t>(1, values.size() / columns);
    values.resize(rows * columns);
    for (const auto* name : {"weights", "activations", "keys", "values", "queries", "input"})
        arrays.push_back({name, {rows, columns}, values});
    for (const auto* name : {"blocks", "model", "text", "calibration"})
        arrays.push_back({name, {bytes.size()}, std::vector<std::uint8_t>(bytes.begin(), bytes.end())});
    return arrays;
}

/// Holds down what makes a valid request merely long: a fuzzer looks for crashes, and the limits have tests of their
/// own.
std::string smaller(std::string_view text) {
    Json json = Json::parse(text, nullptr, false);
    if (!json.is_object()) return std::string{text};
    if (json.contains("synthetic") && json["synthetic"].is_string() &&
        json["synthetic"].get_ref<const std::string&>().size() > 5)
        json["synthetic"] = "16x32";
    for (const auto* key : {"synthetic_tokens", "restarts", "iterations", "grid", "steps", "tokens", "bins"})
        if (json.contains(key) && json[key].is_number() && json[key].get<double>() > 32) json[key] = 32;
    const Json op = json.value("op", Json{});
    if (op == "train") json.update({{"batch", 1}, {"sequence", 8}, {"steps", 1}});
    if (op == "measure") json.update({{"rows", 16}, {"columns", 256}, {"tokens", 1}, {"repetitions", 1}});
    if (op == "best-rounding") json["bits"] = 2;  // its search grows steeply with the number of codes
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static ThreadPool pool(1);
    const auto* end = std::find(data, data + size, std::uint8_t{0});
    const std::string_view text(reinterpret_cast<const char*>(data), std::size_t(end - data));
    const std::span<const std::uint8_t> rest =
        end == data + size ? std::span<const std::uint8_t>{} : std::span(end + 1, data + size);
    // Deep nesting is the door's to refuse; the shortening above must not see it.
    const bool deep = std::ranges::count(text, '[') + std::ranges::count(text, '{') > 100;
    static double seconds = 0;  // a clock that stood still would keep `measure` measuring
    request::Session session(pool, [] { return seconds += 1; });
    const auto response = session.answer_text(deep ? std::string{text} : smaller(text), arrays_from(rest));
    if (!response.body.is_object()) {
        std::fputs("a response is no object\n", stderr);
        std::abort();
    }
    (void)response.body.dump(-1, ' ', false, Json::error_handler_t::replace);
    return 0;
}
