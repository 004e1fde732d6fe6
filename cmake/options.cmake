# What can be chosen, and the flags that every target of the project gets.

option(QUANTLENS_SANITIZE "Build with the address and undefined-behaviour sanitizers" OFF)
option(QUANTLENS_RELAXED_SIMD "WebAssembly: use the relaxed SIMD kernels" OFF)
option(QUANTLENS_TESTS "Build the unit tests" ON)
option(QUANTLENS_FUZZ "Build the libFuzzer targets (clang only)" OFF)
option(QUANTLENS_WARNINGS_AS_ERRORS "Treat warnings as errors" ON)
set(QUANTLENS_REFERENCE_MODEL "${CMAKE_SOURCE_DIR}/data/reference/model.safetensors" CACHE FILEPATH
    "The language model that quantlens uses when none is named")
set(QUANTLENS_MODULE_DIR "${CMAKE_BINARY_DIR}/module" CACHE PATH "WebAssembly: where the page's modules go")

if(NOT CMAKE_BUILD_TYPE)
    set(CMAKE_BUILD_TYPE Release CACHE STRING "Debug, Release or RelWithDebInfo" FORCE)
endif()

set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
if(NOT EMSCRIPTEN)
    set(CMAKE_POSITION_INDEPENDENT_CODE ON)
endif()
set(CMAKE_INTERPROCEDURAL_OPTIMIZATION OFF)   # it could move code between the per-architecture units
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}")

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM AND NOT EMSCRIPTEN AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
    set(CMAKE_CXX_COMPILER_LAUNCHER "${CCACHE_PROGRAM}")   # emcc takes its wrapper from EM_COMPILER_WRAPPER
endif()

# Results must agree between builds and machines: a multiply and an add are fused only where the code says so.
add_compile_options(-ffp-contract=off)

if(EMSCRIPTEN)
    add_compile_options(-fwasm-exceptions -msimd128 -mbulk-memory)
    add_link_options(-fwasm-exceptions -msimd128 -mbulk-memory)
    # Nothing catches what nlohmann/json throws; the core asks before it takes, and running out of memory is caught.
    add_compile_definitions(JSON_NOEXCEPTION)
endif()

if(QUANTLENS_SANITIZE)
    set(sanitizers -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
    add_compile_options(${sanitizers})
    add_link_options(${sanitizers})
endif()
if(QUANTLENS_FUZZ)
    add_compile_options(-fsanitize=fuzzer-no-link)
endif()

# Strict warnings for our own targets only. Sign conversion is left out: indices and codes mix signs all over, and the
# casts would hide the arithmetic.
add_library(quantlens_warnings INTERFACE)
target_compile_options(quantlens_warnings INTERFACE
    -Wall -Wextra -Wpedantic -Wconversion -Wno-sign-conversion -Wshadow -Wnon-virtual-dtor -Wold-style-cast
    -Wcast-align -Woverloaded-virtual -Wnull-dereference -Wimplicit-fallthrough -Wextra-semi)
if(QUANTLENS_WARNINGS_AS_ERRORS)
    target_compile_options(quantlens_warnings INTERFACE -Werror)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    target_compile_options(quantlens_warnings INTERFACE -Wduplicated-cond -Wlogical-op)
    # g++ 12 reports these inside its own std::expected, std::vector and std::string, at -O1 and above and with sanitizers.
    target_compile_options(quantlens_warnings INTERFACE -Wno-null-dereference -Wno-maybe-uninitialized -Wno-restrict)
endif()
if(CMAKE_CXX_COMPILER_ID MATCHES "Clang" AND NOT EMSCRIPTEN)
    # Its complaint is about libstdc++ 12's own std::stable_sort.
    target_compile_options(quantlens_warnings INTERFACE -Wno-deprecated-declarations)
endif()

# quantlens_sources(VARIABLE FOLDER): the .cpp files of one folder, looked up again at each build.
function(quantlens_sources variable folder)
    file(GLOB found CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/${folder}/*.cpp")
    set(${variable} "${found}" PARENT_SCOPE)
endfunction()
