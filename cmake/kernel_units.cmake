# core/kernels/arch/*.cpp: one source a processor architecture, each with its own flags and only on its own platform.
# The flags stand on that one file: an inline function that a unit shared with others could be the copy that the linker
# keeps, and would crash an older machine. tests/architecture/symbols.sh looks at the objects.

target_link_libraries(quantlens_kernels PRIVATE "$<BUILD_INTERFACE:quantlens_xsimd>")

# With sanitizers, the units' unrolled loops took minutes to compile: reads and writes are checked by calls instead of code in
# place, and undefined behaviour is looked for in the rest of the library, which does the same arithmetic in its scalar form.
set(unit_sanitizers "")
if(QUANTLENS_SANITIZE AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    set(unit_sanitizers -fno-sanitize=undefined --param=asan-instrumentation-with-call-threshold=0
        --param=asan-stack=0)
elseif(QUANTLENS_SANITIZE)
    set(unit_sanitizers -fno-sanitize=undefined -mllvm -asan-instrumentation-with-call-threshold=0
        -mllvm -asan-stack=0)
endif()
# A fuzzer looks for new ways through the parsers and the request door, not through unrolled loops: the plainest unit will do.
if(QUANTLENS_FUZZ)
    list(APPEND unit_sanitizers -fno-sanitize=fuzzer-no-link)
endif()

# kernel_unit(NAME FLAGS...) adds core/kernels/arch/NAME.cpp where it exists, and defines QUANTLENS_HAS_NAME for the
# library's other sources, which fill the table of functions.
function(kernel_unit name)
    set(source "${CMAKE_SOURCE_DIR}/core/kernels/arch/${name}.cpp")
    file(GLOB exists CONFIGURE_DEPENDS "${source}")
    if(exists)
        target_sources(quantlens_kernels PRIVATE "${source}")
        set_source_files_properties("${source}" PROPERTIES COMPILE_OPTIONS "${ARGN};${unit_sanitizers}")
        string(TOUPPER "QUANTLENS_HAS_${name}" definition)
        target_compile_definitions(quantlens_kernels PRIVATE ${definition}=1)
    endif()
endfunction()

set(avx2_flags -mavx2 -mfma -mf16c)
set(avx512_flags ${avx2_flags} -mavx512f -mavx512cd -mavx512dq -mavx512bw -mavx512vl)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # g++ 12 reports the deliberately undefined operands inside its own avx512fintrin.h.
    list(APPEND avx512_flags -mprefer-vector-width=512 -Wno-uninitialized)
endif()

if(EMSCRIPTEN)
    kernel_unit(wasm -msimd128)
    if(QUANTLENS_RELAXED_SIMD)
        kernel_unit(wasm_relaxed -msimd128 -mrelaxed-simd)
        kernel_unit(wasm_relaxed_u8 -msimd128 -mrelaxed-simd -DQUANTLENS_RELAXED_U8)
    endif()
elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64|amd64")
    kernel_unit(sse2 -msse2)
    if(NOT QUANTLENS_FUZZ)
        kernel_unit(avx2 ${avx2_flags})
        kernel_unit(avx512 ${avx512_flags})
        kernel_unit(avx512vnni ${avx512_flags} -mavx512vnni)
        if(CMAKE_SYSTEM_NAME STREQUAL "Linux")
            kernel_unit(avx512amx ${avx512_flags} -mavx512vnni -mavx512ifma -mavx512vbmi
                -mamx-tile -mamx-int8 -mamx-bf16)
        endif()
    endif()
elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "aarch64|arm64")
    kernel_unit(neon)
endif()
