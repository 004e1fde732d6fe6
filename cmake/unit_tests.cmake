# tests/unit/FOLDER/*_test.cpp: one program a folder, test_FOLDER. Under Emscripten the same programs run in Node.

if(EMSCRIPTEN)
    find_program(NODE_PROGRAM node REQUIRED NO_CMAKE_FIND_ROOT_PATH)
    set(node_flags "")
    if(QUANTLENS_RELAXED_SIMD)
        # Node 20 has relaxed SIMD behind a flag, and right only in its optimizing compiler; later ones no longer know the flag.
        execute_process(COMMAND "${NODE_PROGRAM}" --experimental-wasm-relaxed-simd -e 0
            RESULT_VARIABLE unknown_flag OUTPUT_QUIET ERROR_QUIET)
        if(unknown_flag EQUAL 0)
            set(node_flags --experimental-wasm-relaxed-simd --no-liftoff)
        endif()
    endif()
endif()

add_custom_target(unit_tests)   # all of them
foreach(folder tensor kernels formats files methods model planner request)
    quantlens_sources(sources tests/unit/${folder})
    if(NOT sources)
        continue()
    endif()
    add_executable(test_${folder} ${sources})
    add_dependencies(unit_tests test_${folder})
    target_include_directories(test_${folder} PRIVATE "${CMAKE_SOURCE_DIR}/tests")
    target_compile_definitions(test_${folder} PRIVATE QUANTLENS_TEST_DATA="${CMAKE_SOURCE_DIR}/tests")
    target_link_libraries(test_${folder} PRIVATE
        quantlens::${folder} nlohmann_json::nlohmann_json GTest::gtest_main quantlens_warnings)
    if(EMSCRIPTEN)
        target_compile_options(test_${folder} PRIVATE -O1 -Wno-shorten-64-to-32)   # sizes from test data are small
        target_link_options(test_${folder} PRIVATE -O1   # above it the whole program is optimized once more, for minutes
            -sNODERAWFS=1 -sALLOW_MEMORY_GROWTH=1 -sMAXIMUM_MEMORY=4GB -sSTACK_SIZE=4MB -sEXIT_RUNTIME=1)
        add_test(NAME ${folder} COMMAND "${NODE_PROGRAM}" ${node_flags} "$<TARGET_FILE:test_${folder}>")
    else()
        if(QUANTLENS_SANITIZE)
            target_compile_options(test_${folder} PRIVATE -O0)   # compiles in half the time; the core has its own level
        endif()
        add_test(NAME ${folder} COMMAND test_${folder})
    endif()
    set_tests_properties(${folder} PROPERTIES TIMEOUT 900)
endforeach()

if(EMSCRIPTEN AND QUANTLENS_RELAXED_SIMD)
    target_compile_definitions(test_kernels PRIVATE QUANTLENS_TEST_RELAXED=1)
endif()

if(NOT EMSCRIPTEN AND NOT QUANTLENS_SANITIZE)
    add_test(NAME symbols COMMAND bash "${CMAKE_SOURCE_DIR}/tests/architecture/symbols.sh" "${CMAKE_BINARY_DIR}")
endif()
