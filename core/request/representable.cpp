// The numbers that a format can write, and what a number becomes in it.

#include <algorithm>
#include <cmath>

#include "formats/format.h"
#include "request/json.h"
#include "request/operation.h"

namespace quantlens::request {
namespace {

constexpr std::size_t kMostListed = 4096;

struct RepresentableParameters {
    std::string format = "fp8_e4m3";
    double low = -1, high = 1, value = 0;
    static constexpr auto fields() {
        using P = RepresentableParameters;
        return std::tuple{
            text("format", &P::format, "id of a number format (quantlens formats)"),
            real("low", &P::low, -3.4e38, 3.4e38, 0, "", "lower end of the window whose numbers are listed"),
            real("high", &P::high, -3.4e38, 3.4e38, 0, "", "upper end of the window"),
            real("value", &P::value, -3.4e38, 3.4e38, 0, "", "a number to round to the nearest"),
        };
    }
};

/// Every finite number of a format whose code is one float of 16 bits.
std::vector<float> sixteen_bit_values(const formats::Format& format) {
    std::vector<std::uint8_t> bytes;
    for (int code = 0; code < 65536; ++code) {
        bytes.push_back(std::uint8_t(code & 255));
        bytes.push_back(std::uint8_t(code >> 8));
    }
    std::vector<float> values(65536);
    format.decode(bytes, values);
    std::erase_if(values, [](float v) { return !std::isfinite(v); });
    std::ranges::sort(values);
    values.erase(std::ranges::unique(values).begin(), values.end());
    return values;
}

Result<std::vector<float>> values_of(const formats::Format& format) {
    if (!format.values.empty()) return std::vector<float>(format.values.begin(), format.values.end());
    if (format.block_size == 1 && format.block_bytes == 2) return sixteen_bit_values(format);
    return fail(ErrorCode::kUnsupported, "format", std::string{format.id} + " has too many numbers to list them");
}

Result<Response> representable(const RepresentableParameters& p, Call&) {
    const auto format = formats::find(p.format);
    if (!format) return std::unexpected(format.error());
    if (!(p.low < p.high)) return bad_parameter("high", p.high, "more than low, " + to_text(p.low));
    const auto values = values_of(**format);
    if (!values) return std::unexpected(values.error());

    const auto above = std::ranges::lower_bound(*values, float(p.value));
    const float next = above == values->end() ? values->back() : *above;
    const float previous = above == values->begin() ? values->front() : *(above - 1);
    const bool down = std::abs(p.value - previous) <= std::abs(next - p.value);
    const float nearest = next == float(p.value) ? next : down ? previous : next;

    const auto first = std::ranges::lower_bound(*values, float(p.low));
    const auto last = std::upper_bound(first, values->end(), float(p.high));
    const auto inside = std::size_t(last - first);
    Response response;
    response.body = object({{"format", (*format)->id},
                            {"name", (*format)->name},
                            {"bits_per_weight", (*format)->bits_per_weight},
                            {"count", values->size()},
                            {"lowest", values->front()},
                            {"highest", values->back()},
                            {"inside", inside},
                            {"value", p.value},
                            {"nearest", nearest},
                            {"below", previous},
                            {"above", next},
                            {"off_by", double(nearest) - p.value},
                            {"source", (*format)->source}});
    if (inside <= kMostListed) response.arrays.push_back({"values", {inside}, std::vector<float>(first, last)});
    return response;
}

}  // namespace

std::vector<Operation> representable_operations() {
    return {
        operation<RepresentableParameters>("representable", "the numbers that a format can write", {}, representable)};
}

}  // namespace quantlens::request
