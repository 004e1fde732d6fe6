// The door through embind: text and typed arrays in, text and typed arrays out.

#include <emscripten/bind.h>
#include <emscripten/emscripten.h>
#include <emscripten/val.h>

#include <string>
#include <utility>
#include <vector>

#include "request/door.h"
#include "request/json.h"

namespace {

using emscripten::val;
using quantlens::Result;
using quantlens::request::Array;
using quantlens::request::Response;

// The shapes that TypeScript sees (wasm/quantlens.d.ts is generated from these at link time).
EMSCRIPTEN_DECLARE_VAL_TYPE(CoreArrays)
EMSCRIPTEN_DECLARE_VAL_TYPE(CoreResponse)
EMSCRIPTEN_DECLARE_VAL_TYPE(OnProgress)

template <class T>
std::vector<T> values_of(const val& data) {
    return emscripten::convertJSArrayToNumberVector<T>(data);
}

Result<Array> array_from(const val& item) {
    Array array{item["name"].as<std::string>(), {}, {}};
    for (const double extent : values_of<double>(item["shape"])) {
        if (!(extent >= 0 && extent < 4294967296.0 && extent == double(std::size_t(extent))))
            return quantlens::bad_shape(array.name, "an extent of array '" + array.name + "' is " +
                                                        quantlens::to_text(extent) + ", must be a whole number");
        array.shape.push_back(std::size_t(extent));
    }
    const val data = item["data"];
    if (data.instanceof (val::global("Float32Array")))
        array.values = values_of<float>(data);
    else if (data.instanceof (val::global("Int8Array")))
        array.values = values_of<std::int8_t>(data);
    else if (data.instanceof (val::global("Uint8Array")))
        array.values = values_of<std::uint8_t>(data);
    else if (data.instanceof (val::global("Int32Array")))
        array.values = values_of<std::int32_t>(data);
    else
        return quantlens::fail(
            quantlens::ErrorCode::kBadParameter, array.name,
            "array '" + array.name + "' must be a Float32Array, Int8Array, Uint8Array or Int32Array");
    return array;
}

/// A copy that JavaScript owns: a view into our memory would die when the memory grows.
val to_js(const Array& array) {
    val item = val::object();
    item.set("name", array.name);
    item.set("shape", val::array(std::vector<double>(array.shape.begin(), array.shape.end())));
    std::visit(
        [&](const auto& values) {
            item.set("data", val(emscripten::typed_memory_view(values.size(), values.data())).call<val>("slice"));
        },
        array.values);
    return item;
}

CoreResponse to_js(const Response& response) {
    val object = val::object();
    // A message may quote bytes of a file that are no UTF-8.
    object.set("json", response.body.dump(-1, ' ', false, quantlens::request::Json::error_handler_t::replace));
    val arrays = val::array();
    for (const auto& array : response.arrays) arrays.call<void>("push", to_js(array));
    object.set("arrays", arrays);
    return CoreResponse(object);
}

/// The core as the worker holds it. One thread: a page on any static host has no shared memory.
class Core {
public:
    CoreResponse answer(const std::string& request, const CoreArrays& arrays, const OnProgress& on_progress) {
        std::vector<Array> given;
        for (const val& item : emscripten::vecFromJSArray<val>(arrays)) {
            auto array = array_from(item);
            if (!array) return to_js(Response{quantlens::request::error_json(array.error()), {}});
            given.push_back(*std::move(array));
        }
        quantlens::request::Progress progress;
        if (on_progress.typeOf().as<std::string>() == "function")
            progress = [&](double share) { return on_progress(share).template as<bool>(); };
        return to_js(session_.answer_text(request, std::move(given), std::move(progress)));
    }

private:
    quantlens::ThreadPool pool_{1};
    quantlens::request::Session session_{pool_, [] { return emscripten_get_now() / 1000.0; }};
};

}  // namespace

EMSCRIPTEN_BINDINGS(quantlens) {
    emscripten::register_type<CoreArrays>(
        "{name: string, shape: number[], data: Float32Array | Int8Array | Uint8Array | Int32Array}[]");
    emscripten::register_type<CoreResponse>("{json: string, arrays: CoreArrays}");
    emscripten::register_type<OnProgress>("((share: number) => boolean) | undefined");
    emscripten::class_<Core>("Core").constructor<>().function("answer", &Core::answer);
}
