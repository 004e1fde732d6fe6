#include "request/door.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <new>
#include <stdexcept>
#include <utility>

#include "request/json.h"
#include "request/operation.h"
#include "request/state.h"

namespace quantlens::request {
namespace {

constexpr std::array<std::string_view, 7> kCodeNames{"bad_parameter", "bad_shape", "not_finite", "bad_file",
                                                     "unsupported",   "too_large", "cancelled"};

struct CommonParameters {
    std::string op;
    int seed = 0;
    static constexpr auto fields() {
        using P = CommonParameters;
        return std::tuple{text("op", &P::op, "the operation"),
                          integer("seed", &P::seed, 0, 2147483647, 1, "", "seed of everything random")};
    }
};

bool lists(const std::vector<FieldInfo>& fields, std::string_view key) {
    return std::ranges::any_of(fields, [&](const FieldInfo& f) { return f.key == key; });
}

/// Whether the arrays' sizes are what their shapes say: callers outside the core are not trusted to have checked.
Status check_arrays(const std::vector<Array>& arrays) {
    for (const auto& array : arrays) {
        std::size_t count = 1;
        for (const std::size_t extent : array.shape)
            if (__builtin_mul_overflow(count, extent, &count))
                return bad_shape(array.name, "the shape of '" + array.name + "' overflows");
        const auto size = std::visit([](const auto& values) { return values.size(); }, array.values);
        if (count != size)
            return bad_shape(array.name, "array '" + array.name + "' has " + to_text(size) +
                                             " values, its shape says " + to_text(count));
    }
    return {};
}

}  // namespace

Json error_json(const Error& error) {
    return object(
        {{"error",
          {{"code", kCodeNames[std::size_t(error.code)]}, {"field", error.field}, {"message", error.message}}}});
}

Result<const Operation*> find_operation(std::string_view name) {
    for (const auto& operation : operations())
        if (operation.name == name) return &operation;
    std::string known;
    for (const auto& operation : operations()) known.append(known.empty() ? "" : ", ").append(operation.name);
    return bad_parameter("op", name, "one of " + known);
}

Session::Session(ThreadPool& pool, std::function<double()> now)
    : state_(std::make_unique<State>(pool, std::move(now))) {}
Session::~Session() = default;

ThreadPool& Session::pool() const { return state_->pool; }
double Session::now() const { return state_->now(); }

Result<Response> Session::answer(const Json& request, std::vector<Array> arrays, Progress progress) {
    const auto settings = settings_from(request);
    if (!settings) return std::unexpected(settings.error());
    if (const auto status = check_arrays(arrays); !status) return std::unexpected(status.error());

    const auto common_fields = describe<CommonParameters>();
    Settings common, own, method_settings;
    for (const auto& item : *settings)
        if (lists(common_fields, item.first)) common.push_back(item);
    const auto parameters = parameters_from<CommonParameters>(common, "a request");
    if (!parameters) return std::unexpected(parameters.error());
    const auto operation = find_operation(parameters->op);
    if (!operation) return std::unexpected(operation.error());
    for (const auto& item : *settings) {
        if (lists(common_fields, item.first)) continue;
        const bool is_own = !(*operation)->takes_method || lists((*operation)->fields, item.first);
        (is_own ? own : method_settings).push_back(item);
    }
    const Run run{pool(), std::uint64_t(parameters->seed), std::move(progress)};
    Call call{*this, run, arrays, own, std::move(method_settings)};
    return (*operation)->answer(own, call);
}

Response Session::answer_text(std::string_view request, std::vector<Array> arrays, Progress progress) {
    // The core itself does not throw; memory that runs out does, and must not take the page down.
    try {
        const auto json = parse_json(request);
        auto response = json ? answer(*json, std::move(arrays), std::move(progress))
                             : Result<Response>(std::unexpected(json.error()));
        if (response) return *std::move(response);
        return {error_json(response.error()), {}};
    } catch (const std::bad_alloc&) {
        return {error_json({ErrorCode::kTooLarge, "", "not enough memory for this request"}), {}};
    } catch (const std::length_error&) {
        return {error_json({ErrorCode::kTooLarge, "", "not enough memory for this request"}), {}};
    }
}

bool has_array(const Call& call, std::string_view name) {
    return std::ranges::any_of(call.arrays, [&](const Array& a) { return a.name == name; });
}

Result<Array*> find_array(Call& call, std::string_view name) {
    for (auto& array : call.arrays)
        if (array.name == name) return &array;
    std::string given;
    for (const auto& array : call.arrays) given.append(given.empty() ? "" : ", ").append(array.name);
    return fail(
        ErrorCode::kBadParameter, std::string{name},
        "no array '" + std::string{name} + "' came with the request (" + (given.empty() ? "none did" : given) + ")");
}

namespace {

template <class Value>
Result<std::vector<Value>*> find_values(Call& call, std::string_view name, std::string_view type) {
    const auto array = find_array(call, name);
    if (!array) return std::unexpected(array.error());
    if (auto* values = std::get_if<std::vector<Value>>(&(*array)->values)) return values;
    return fail(ErrorCode::kBadParameter, std::string{name},
                "array '" + std::string{name} + "' must be " + std::string{type});
}

}  // namespace

Result<std::vector<float>*> find_floats(Call& call, std::string_view name) {
    return find_values<float>(call, name, "float32");
}

Result<std::vector<std::uint8_t>*> find_bytes(Call& call, std::string_view name) {
    return find_values<std::uint8_t>(call, name, "bytes (uint8)");
}

const std::vector<Operation>& operations() {
    static const std::vector<Operation> table = [] {
        std::vector<Operation> all;
        for (auto part : {catalogue_operations(), layer_operations(), block_operations(), file_operations(),
                          cache_operations(), planner_operations(), planner_curve_operations(),
                          walkthrough_operations(), representable_operations(), playground_operations(),
                          comparison_operations(), model_operations(), training_operations(), measure_operations()})
            std::ranges::move(part, std::back_inserter(all));
        return all;
    }();
    return table;
}

}  // namespace quantlens::request
