#include "files/gguf.h"

#include "fuzz/file_fuzz.h"

using namespace quantlens::files;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::span<const std::uint8_t> file(data, size);
    const auto directory = fuzz_file(parse_gguf, file);
    // A huge alignment is valid, but writing it would fill memory with zeros.
    if (!directory || directory->alignment > 4096) return 0;
    const auto built = build_gguf(directory->metadata, tensors_of(*directory, file));
    require(built.has_value(), "what was read can be written");
    const auto again = parse_whole(*built);
    require(again && again->tensors.size() == directory->tensors.size() &&
                again->metadata.size() == directory->metadata.size(),
            "a written file reads back");
    return 0;
}
