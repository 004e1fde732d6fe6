#include "files/npy.h"

#include "fuzz/file_fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    (void)quantlens::files::fuzz_file(quantlens::files::parse_npy, {data, size});
    return 0;
}
