# The command-line tool and the benchmarks.

quantlens_sources(cli_sources native/cli)
quantlens_sources(io_sources native/io)
if(cli_sources)
    find_package(CLI11 REQUIRED)
    add_executable(quantlens ${cli_sources} ${io_sources})
    target_include_directories(quantlens PRIVATE "${CMAKE_SOURCE_DIR}/native")
    target_compile_definitions(quantlens PRIVATE QUANTLENS_REFERENCE_MODEL="${QUANTLENS_REFERENCE_MODEL}")
    target_link_libraries(quantlens PRIVATE quantlens::request quantlens::files CLI11::CLI11 quantlens_warnings)
endif()

quantlens_sources(bench_sources native/bench)
if(bench_sources)
    find_package(benchmark QUIET)
    if(benchmark_FOUND)
        add_executable(quantbench ${bench_sources})
        target_include_directories(quantbench PRIVATE "${CMAKE_SOURCE_DIR}/native")
        target_link_libraries(quantbench PRIVATE
            quantlens::kernels quantlens::data nlohmann_json::nlohmann_json benchmark::benchmark quantlens_warnings)
    else()
        message(STATUS "Google Benchmark was not found: no quantbench")
    endif()
endif()
