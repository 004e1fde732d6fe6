# The module that the page's worker loads: the request door through embind. Two trees build it, with and without
# relaxed SIMD; the worker picks by what the browser can do.

# Readers download this. What reads and writes text is built for size; so is the rest, but for the kernels, the formats
# and the sources whose loops take the time.
foreach(folder tensor files methods model planner request)
    target_compile_options(quantlens_${folder} PRIVATE -Oz)
endforeach()
target_compile_options(quantlens_formats PRIVATE -Os)
# Nothing asks an object for its type, and nothing throws but memory that runs out. The door catches that; what was held then is
# lost with it, and the page starts a new worker.
foreach(folder tensor kernels formats files methods model planner request)
    target_compile_options(quantlens_${folder} PRIVATE -fno-rtti -fno-exceptions)
endforeach()
set_source_files_properties("${CMAKE_SOURCE_DIR}/core/tensor/memory.cpp" "${CMAKE_SOURCE_DIR}/core/request/door.cpp"
    PROPERTIES COMPILE_OPTIONS "-fexceptions;-fwasm-exceptions")
function(optimize_sources level)
    foreach(source IN LISTS ARGN)
        set_source_files_properties("${CMAKE_SOURCE_DIR}/core/${source}.cpp" PROPERTIES COMPILE_OPTIONS ${level})
    endforeach()
endfunction()
optimize_sources(-Os
    kernels/cholesky kernels/dispatch kernels/hadamard_tables kernels/int8 kernels/matmul kernels/packed kernels/packing kernels/rows
    tensor/statistics tensor/synthetic
    methods/awq_search methods/block4 methods/exhaustive methods/kv methods/layer methods/llm_int8 methods/uniform
    model/arithmetic model/evaluation model/generator model/kv_cache model/parametrization model/trainer model/weights)
optimize_sources(-O3
    methods/gptq methods/k_means methods/uniform_grid
    model/attention model/backward model/optimizer model/transformer)

quantlens_sources(wasm_sources wasm)
if(wasm_sources)
    set(variant simd128)
    if(QUANTLENS_RELAXED_SIMD)
        set(variant relaxed)
    endif()
    add_executable(quantlens_wasm ${wasm_sources})
    set_target_properties(quantlens_wasm PROPERTIES
        OUTPUT_NAME quantlens-${variant} SUFFIX ".js" RUNTIME_OUTPUT_DIRECTORY "${QUANTLENS_MODULE_DIR}")
    target_link_libraries(quantlens_wasm PRIVATE quantlens::request quantlens_warnings)
    target_compile_options(quantlens_wasm PRIVATE -Oz -Wno-extra-semi -Wno-c++98-compat-extra-semi)   # embind's macros
    target_link_options(quantlens_wasm PRIVATE
        -lembind -Oz
        -sDYNAMIC_EXECUTION=0            # a strict content security policy forbids eval
        -sMALLOC=emmalloc                # 2 kB less than the default
        -sALLOW_MEMORY_GROWTH=1 -sMAXIMUM_MEMORY=4GB -sSTACK_SIZE=1MB
        -sMODULARIZE=1 -sEXPORT_ES6=1 -sEXPORT_NAME=createQuantlens -sENVIRONMENT=worker,node
        -sFILESYSTEM=0 -sINCOMING_MODULE_JS_API=wasmBinary,instantiateWasm,locateFile,print,printErr,onAbort)
    # Functions that look alike stand beside each other: less to download.
    execute_process(COMMAND "${EMSCRIPTEN_ROOT_PATH}/em-config" BINARYEN_ROOT
        OUTPUT_VARIABLE binaryen OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
    set(reorder "${CMAKE_SOURCE_DIR}/tools/reorder-functions.mjs")
    set_property(TARGET quantlens_wasm PROPERTY LINK_DEPENDS "${reorder}")
    add_custom_command(TARGET quantlens_wasm POST_BUILD VERBATIM
        COMMAND ${CMAKE_CROSSCOMPILING_EMULATOR} "${reorder}"
            "${QUANTLENS_MODULE_DIR}/quantlens-${variant}.wasm" "${binaryen}/bin/wasm-opt")
    # The types are the same for both variants; Node 20, which writes them, cannot load the relaxed one without a flag.
    # emcc asks the tsc on PATH for the types of the module; tools/env.sh puts the page's there.
    find_program(TSC_PROGRAM tsc PATHS ENV PATH NO_DEFAULT_PATH NO_CMAKE_FIND_ROOT_PATH)
    if(TSC_PROGRAM AND NOT QUANTLENS_RELAXED_SIMD)
        target_link_options(quantlens_wasm PRIVATE --emit-tsd quantlens-${variant}.d.ts)
    endif()
endif()
