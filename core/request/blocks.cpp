#include "formats/format.h"
#include "kernels/rows.h"
#include "request/json.h"
#include "request/operation.h"

namespace quantlens::request {
namespace {

struct BlockParameters {
    std::string format;
    static constexpr auto fields() {
        return std::tuple{text("format", &BlockParameters::format, "id of a number format")};
    }
};

Result<Response> encode(const BlockParameters& p, Call& call) {
    const auto format = formats::find(p.format);
    if (!format) return std::unexpected(format.error());
    const auto values = find_floats(call, "input");
    if (!values) return std::unexpected(values.error());
    auto bytes = formats::encode(**format, **values);
    if (!bytes) return std::unexpected(bytes.error());
    const std::size_t size = bytes->size();
    Response response{object({{"format", p.format},
                              {"values", (*values)->size()},
                              {"bytes", size},
                              {"bits_per_weight", 8.0 * double(size) / double((*values)->size())}}),
                      {}};
    response.arrays.push_back({"blocks", {size}, *std::move(bytes)});
    return response;
}

Result<Response> decode(const BlockParameters& p, Call& call) {
    const auto format = formats::find(p.format);
    if (!format) return std::unexpected(format.error());
    const auto bytes = find_bytes(call, "blocks");
    if (!bytes) return std::unexpected(bytes.error());
    auto values = formats::decode(**format, **bytes);
    if (!values) return std::unexpected(values.error());
    const std::size_t count = values->size();
    Response response{object({{"format", p.format}, {"values", count}, {"bytes", (*bytes)->size()}}), {}};
    response.arrays.push_back({"output", {count}, *std::move(values)});
    return response;
}

Result<Response> hadamard(const NoParameters&, Call& call) {
    const auto values = find_floats(call, "input");
    if (!values) return std::unexpected(values.error());
    auto shape = (*find_array(call, "input"))->shape;
    const std::size_t columns = shape.empty() ? 0 : shape.back();
    const std::size_t rows = columns > 0 ? (*values)->size() / columns : 0;
    const MatrixView<float> matrix((*values)->data(), rows, columns);
    if (const auto status = check_finite(matrix, "input"); !status) return std::unexpected(status.error());
    if (const auto status = kernels::hadamard(matrix, false, call.run.pool); !status)
        return std::unexpected(status.error());
    Response response{object({{"rows", rows}, {"columns", columns}}), {}};
    response.arrays.push_back({"output", std::move(shape), std::move(**values)});
    return response;
}

}  // namespace

std::vector<Operation> block_operations() {
    return {operation<BlockParameters>("encode", "float32 values as the bytes of a format", {"input"}, encode),
            operation<BlockParameters>("decode", "the bytes of a format as float32 values", {"blocks"}, decode),
            operation<NoParameters>("hadamard", "rows times the normalised Hadamard matrix", {"input"}, hadamard)};
}

}  // namespace quantlens::request
