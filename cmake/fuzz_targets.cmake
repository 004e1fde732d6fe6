# tests/fuzz/NAME.cpp: a libFuzzer target fuzz_NAME. As tests they only prove that they start; `./run fuzz` runs them.

quantlens_sources(fuzz_sources tests/fuzz)
foreach(source IN LISTS fuzz_sources)
    get_filename_component(name "${source}" NAME_WE)
    add_executable(fuzz_${name} "${source}")
    target_include_directories(fuzz_${name} PRIVATE "${CMAKE_SOURCE_DIR}/tests")
    target_link_libraries(fuzz_${name} PRIVATE quantlens::core nlohmann_json::nlohmann_json quantlens_warnings)
    target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
endforeach()
