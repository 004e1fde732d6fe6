#include "files/safetensors.h"

#include "fuzz/file_fuzz.h"

using namespace quantlens::files;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::span<const std::uint8_t> file(data, size);
    const auto directory = fuzz_file(parse_safetensors, file);
    if (!directory) return 0;
    // What was read can be written, and reads back the same.
    std::vector<std::pair<std::string, std::string>> metadata;
    for (const auto& [key, value] : directory->metadata) metadata.emplace_back(key, std::get<std::string>(value));
    const auto built = build_safetensors(tensors_of(*directory, file), metadata);
    if (!built) return 0;  // an empty name can be read but is not written
    const auto again = parse_whole(*built);
    require(again && again->tensors.size() == directory->tensors.size(), "a written file reads back");
    return 0;
}
