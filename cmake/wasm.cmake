# The module that the page's worker loads: the request door through embind. Two trees build it, with and without
# relaxed SIMD; the worker picks by what the browser can do.

# Readers download this. What reads and writes text is built for size; so is the rest, but for the kernels, the formats
# and the sources whose loops take the time.
foreach(folder planner request)
    target_compile_options(quantlens_${folder} PRIVATE -Oz)
endforeach()
foreach(folder tensor files methods model)
    target_compile_options(quantlens_${folder} PRIVATE -Os)
endforeach()
foreach(source
        methods/gptq methods/k_means methods/uniform_grid
        model/attention model/backward model/optimizer model/transformer)
    set_source_files_properties("${CMAKE_SOURCE_DIR}/core/${source}.cpp" PROPERTIES COMPILE_OPTIONS -O3)
endforeach()

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
        -lembind -O3
        -sDYNAMIC_EXECUTION=0            # a strict content security policy forbids eval
        -sALLOW_MEMORY_GROWTH=1 -sMAXIMUM_MEMORY=4GB -sSTACK_SIZE=1MB
        -sMODULARIZE=1 -sEXPORT_ES6=1 -sEXPORT_NAME=createQuantlens -sENVIRONMENT=worker,node
        -sFILESYSTEM=0 -sINCOMING_MODULE_JS_API=wasmBinary,instantiateWasm,locateFile,print,printErr,onAbort)
    # The types are the same for both variants; Node 20, which writes them, cannot load the relaxed one without a flag.
    # emcc asks the tsc on PATH for the types of the module; tools/env.sh puts the page's there.
    find_program(TSC_PROGRAM tsc PATHS ENV PATH NO_DEFAULT_PATH NO_CMAKE_FIND_ROOT_PATH)
    if(TSC_PROGRAM AND NOT QUANTLENS_RELAXED_SIMD)
        target_link_options(quantlens_wasm PRIVATE --emit-tsd quantlens-${variant}.d.ts)
    endif()
endif()
