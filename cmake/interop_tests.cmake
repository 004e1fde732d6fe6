# tests/interop/: our results against other people's compiled libraries. Built only where such a library was fetched.
#
# ggml: libggml-base.so of the npm package @node-llama-cpp/linux-x64 (3.22), which ./run interop fetches, or named with
# -DQUANTLENS_GGML_LIBRARY=PATH.

if(EMSCRIPTEN)
    return()
endif()

find_file(QUANTLENS_GGML_LIBRARY libggml-base.so NO_DEFAULT_PATH
    PATHS "${CMAKE_SOURCE_DIR}/tests/interop/llama/node_modules/@node-llama-cpp/linux-x64/bins/linux-x64"
    DOC "ggml's library, to compare the GGUF formats with")
if(QUANTLENS_GGML_LIBRARY)
    add_executable(interop_ggml_formats tests/interop/ggml_formats_test.cpp)
    target_compile_definitions(interop_ggml_formats PRIVATE QUANTLENS_GGML_LIBRARY="${QUANTLENS_GGML_LIBRARY}")
    target_link_libraries(interop_ggml_formats PRIVATE
        quantlens::formats GTest::gtest_main ${CMAKE_DL_LIBS} quantlens_warnings)
    add_dependencies(unit_tests interop_ggml_formats)
    add_test(NAME interop_ggml_formats COMMAND interop_ggml_formats)
endif()
