# The command-line tool and the benchmarks.

quantlens_sources(cli_sources native/cli)
quantlens_sources(io_sources native/io)
if(cli_sources)
    find_package(CLI11 REQUIRED)
    add_executable(quantlens ${cli_sources} ${io_sources})
    target_include_directories(quantlens PRIVATE "${CMAKE_SOURCE_DIR}/native")
    target_compile_definitions(quantlens PRIVATE QUANTLENS_REFERENCE_MODEL="${QUANTLENS_REFERENCE_MODEL}")
    target_link_libraries(quantlens PRIVATE quantlens::request quantlens::files CLI11::CLI11 quantlens_warnings)
    target_compile_options(quantlens PRIVATE $<$<CONFIG:Release>:-O1>)   # it reads and prints; compiles in two thirds of the time
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

# quantpeers: our kernels and other libraries', each in a process of its own. Built only where ./run bench --peers has
# fetched those; without them the program says so of each.
set(peers_folder "${CMAKE_SOURCE_DIR}/.toolchain/peers")
file(GLOB peers_fetched CONFIGURE_DEPENDS "${peers_folder}/stamp")
if(peers_fetched)
    quantlens_sources(peer_sources native/bench/peers)
    file(GLOB openblas_library "${peers_folder}/debian/usr/lib/*/openblas-pthread/libopenblas.so.0")
    find_library(DNNL_LIBRARY dnnl PATHS "${peers_folder}/debian/usr/lib" PATH_SUFFIXES "${CMAKE_LIBRARY_ARCHITECTURE}")
    find_package(OpenMP)   # the threads of oneDNN
    add_executable(quantpeers EXCLUDE_FROM_ALL ${peer_sources} native/bench/machine.cpp)
    target_compile_definitions(quantpeers PRIVATE
        QUANTLENS_OPENBLAS="${openblas_library}"
        QUANTLENS_GGML_FOLDER="${peers_folder}/npm/node_modules/@node-llama-cpp/linux-x64/bins/linux-x64")
    target_include_directories(quantpeers PRIVATE "${CMAKE_SOURCE_DIR}/native")
    target_link_libraries(quantpeers PRIVATE
        quantlens::methods quantlens::data nlohmann_json::nlohmann_json ${CMAKE_DL_LIBS} quantlens_warnings)
    if(DNNL_LIBRARY AND OpenMP_CXX_FOUND)
        target_include_directories(quantpeers SYSTEM PRIVATE "${peers_folder}/debian/usr/include")
        target_link_libraries(quantpeers PRIVATE "${DNNL_LIBRARY}" OpenMP::OpenMP_CXX)
    endif()
endif()
