#include "request/layer_source.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>

#include "request/operation.h"
#include "tensor/synthetic.h"

namespace quantlens::request {
namespace {

constexpr std::size_t kMaxSyntheticValues = std::size_t{1} << 27;

Result<Matrix> matrix_from(Call& call, std::string_view name) {
    auto values = find_floats(call, name);
    if (!values) return std::unexpected(values.error());
    const auto& shape = (*find_array(call, name))->shape;
    if (shape.empty() || shape.size() > 2)
        return bad_shape(name, std::string{name} + " has " + to_text(shape.size()) + " axes, must have 1 or 2");
    const std::size_t rows = shape.size() == 2 ? shape[0] : 1;
    return Matrix(rows, shape.back(), std::move(**values));
}

bool has_array(const Call& call, std::string_view name) {
    return std::ranges::any_of(call.arrays, [&](const Array& a) { return a.name == name; });
}

/// Both extents of "ROWSxCOLUMNS".
Result<std::pair<std::size_t, std::size_t>> parse_shape(std::string_view text) {
    std::size_t rows = 0, columns = 0;
    const char* end = text.data() + text.size();
    const auto first = std::from_chars(text.data(), end, rows);
    if (first.ec == std::errc{} && first.ptr != end && *first.ptr == 'x') {
        const auto second = std::from_chars(first.ptr + 1, end, columns);
        if (second.ec == std::errc{} && second.ptr == end && rows > 0 && columns > 0 &&
            rows <= kMaxSyntheticValues / columns)
            return std::pair{rows, columns};
    }
    return bad_parameter("synthetic", text,
                         "ROWSxCOLUMNS such as 512x512, with at most " + to_text(kMaxSyntheticValues) + " weights");
}

}  // namespace

Result<std::vector<float>> parse_numbers(std::string_view text, std::string_view field) {
    std::vector<float> numbers;
    while (true) {
        const std::size_t comma = text.find(',');
        auto item = text.substr(0, comma);
        while (!item.empty() && item.back() == ' ') item.remove_suffix(1);
        // strtof, as the standard library of the WebAssembly build has no from_chars for floats yet.
        const std::string word{item};
        char* end = nullptr;
        const float number = std::strtof(word.c_str(), &end);
        if (word.empty() || end != word.c_str() + word.size())
            return bad_parameter(field, "'" + word + "'", "numbers separated by commas");
        numbers.push_back(number);
        if (comma == std::string_view::npos) return numbers;
        text.remove_prefix(comma + 1);
    }
}

Result<Layer> layer_from(const LayerSource& source, Call& call) {
    const int sources = int(!source.values.empty()) + int(!source.synthetic.empty()) + int(has_array(call, "weights"));
    if (sources != 1)
        return bad_parameter("weights", sources == 0 ? "missing" : "given more than once",
                             "one of: an array 'weights', 'values', 'synthetic'");
    Layer layer;
    if (!source.values.empty()) {
        auto numbers = parse_numbers(source.values, "values");
        if (!numbers) return std::unexpected(numbers.error());
        const std::size_t count = numbers->size();
        layer.weights = Matrix(1, count, *std::move(numbers));
        layer.description = to_text(count) + " typed values";
    } else if (!source.synthetic.empty()) {
        const auto shape = parse_shape(source.synthetic);
        if (!shape) return std::unexpected(shape.error());
        layer.weights = synthetic_weights(shape->first, shape->second, call.run.seed);
        if (source.synthetic_tokens > 0)
            layer.activations = synthetic_activations(std::size_t(source.synthetic_tokens), shape->second, call.run.seed);
        layer.description = "synthetic layer, seed " + to_text(call.run.seed);
    } else {
        auto weights = matrix_from(call, "weights");
        if (!weights) return std::unexpected(weights.error());
        layer.weights = *std::move(weights);
        layer.description = "given weights";
    }
    if (has_array(call, "activations")) {
        auto activations = matrix_from(call, "activations");
        if (!activations) return std::unexpected(activations.error());
        layer.activations = *std::move(activations);
    }
    return layer;
}

}  // namespace quantlens::request
