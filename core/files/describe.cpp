#include <algorithm>
#include <array>
#include <concepts>

#include "files/directory.h"
#include "tensor/json_text.h"

namespace quantlens::files {
namespace {

constexpr std::size_t kShownWhole = 256;  // longer arrays (vocabularies) are shown by their first elements
constexpr std::size_t kShownFirst = 8;

constexpr std::array<std::string_view, std::variant_size_v<MetadataValue>> kTypeNames{
    "uint8", "int8",   "uint16", "int16",  "uint32", "int32",  "float32",
    "bool",  "string", "array",  "uint64", "int64",  "float64"};

Json json_of(const MetadataValue& value);

template <class T>
Json json_of_element(const T& element) {
    if constexpr (std::same_as<T, MetadataArray>)
        return json_of(MetadataValue{element});
    else
        return Json(element);
}

Json json_of(const MetadataValue& value) {
    const auto* array = std::get_if<MetadataArray>(&value);
    if (!array)
        return std::visit(
            [](const auto& plain) -> Json {
                if constexpr (std::same_as<std::remove_cvref_t<decltype(plain)>, MetadataArray>)
                    return nullptr;
                else
                    return plain;
            },
            value);
    const bool whole = array->size() <= kShownWhole;
    Json list = Json::array();
    std::visit(
        [&](const auto& values) {
            const std::size_t shown = whole ? values.size() : kShownFirst;
            for (std::size_t i = 0; i < shown; ++i) {
                const typename std::remove_cvref_t<decltype(values)>::value_type element = values[i];
                list.push_back(json_of_element(element));
            }
        },
        array->values);
    if (whole) return list;
    return {{"type", kTypeNames[array->values.index()]}, {"length", array->size()}, {"first", std::move(list)}};
}

}  // namespace

std::string directory_json(const Directory& directory, std::string_view file) {
    Json json = {{"file", file}, {"kind", directory.kind}, {"version", directory.version}};
    if (directory.version.empty()) json.erase("version");
    Json tensors = Json::array();
    for (const auto& tensor : directory.tensors) {
        Json entry = {{"name", tensor.name},
                      {"type", tensor.type->id},
                      {"shape", tensor.shape},
                      {"bytes", tensor.bytes},
                      {"bits_per_weight", tensor.type->bits_per_weight()},
                      {"offset", tensor.offset}};
        if (tensor.fortran_order) entry["fortran_order"] = true;
        if (tensor.big_endian) entry["big_endian"] = true;
        tensors.push_back(std::move(entry));
    }
    json["tensors"] = std::move(tensors);
    // Appended as they are: the keys are unique, and looking each of them up would take time in their square.
    Json::object_t metadata;
    for (const auto& [key, value] : directory.metadata) metadata.push_back({key, json_of(value)});
    json["metadata"] = std::move(metadata);
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace quantlens::files
