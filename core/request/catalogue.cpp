#include "data/embedded.h"
#include "formats/format.h"
#include "kernels/table.h"
#include "methods/table.h"
#include "request/json.h"
#include "request/operation.h"

namespace quantlens::request {
namespace {

Json formats_json() {
    Json list = Json::array();
    for (const auto& f : formats::all()) {
        Json item = object({{"id", f.id},
                            {"name", f.name},
                            {"block_size", f.block_size},
                            {"block_bytes", f.block_bytes},
                            {"bits_per_weight", f.bits_per_weight}});
        if (!f.values.empty()) set(item, "values", Json(f.values));
        set(item, "source", f.source);
        list.push_back(std::move(item));
    }
    return list;
}

Json methods_json() {
    Json list = Json::array();
    for (const auto& m : methods::all())
        list.push_back(object({{"id", m.id},
                               {"title", m.title},
                               {"source", m.source},
                               {"needs_activations", m.needs_activations},
                               {"fields", to_json(m.fields)}}));
    return list;
}

Json operations_json() {
    Json list = Json::array();
    for (const auto& o : operations())
        list.push_back(object({{"name", o.name},
                               {"meaning", o.meaning},
                               {"arrays", Json(o.arrays)},
                               {"takes_method", o.takes_method},
                               {"fields", to_json(o.fields)}}));
    return list;
}

Result<Response> schema(const NoParameters&, Call&) {
    return Response{object({{"version", data::kVersion},
                            {"instruction_set", kernels::instruction_set()},
                            {"methods", methods_json()},
                            {"formats", formats_json()},
                            {"operations", operations_json()}}),
                    {}};
}

Result<Response> list_formats(const NoParameters&, Call&) {
    return Response{object({{"formats", formats_json()}}), {}};
}

}  // namespace

std::vector<Operation> catalogue_operations() {
    return {operation<NoParameters>("schema", "every operation, method and format with its parameters", {}, schema),
            operation<NoParameters>("formats", "the number formats", {}, list_formats)};
}

}  // namespace quantlens::request
