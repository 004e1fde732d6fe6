# Other people's code. Every include folder from here is a system one: our warnings do not apply to it.

# A compiler for another machine does not look in /usr/include and must not: link just the header-only libraries into a folder
# of the build. Packaged libraries are this machine's too.
set(quantlens_other_machine OFF)
if(EMSCRIPTEN OR CMAKE_CROSSCOMPILING)
    set(quantlens_other_machine ON)
endif()
set(header_folder "${CMAKE_BINARY_DIR}/third_party")
function(quantlens_headers name folder)
    file(MAKE_DIRECTORY "${header_folder}/${name}")
    file(CREATE_LINK "${folder}" "${header_folder}/${name}/${name}" SYMBOLIC)
endfunction()

# xsimd: only the kernels see it. `./run setup` puts 13.2 into .toolchain/ where the system's is older.
find_path(XSIMD_INCLUDE xsimd/xsimd.hpp
    PATHS ENV XSIMD_INCLUDE "${CMAKE_SOURCE_DIR}/.toolchain/debian13/root/usr/include" /usr/include /usr/local/include /opt/homebrew/include
    NO_DEFAULT_PATH NO_CMAKE_FIND_ROOT_PATH)
set(xsimd_version 0)
if(XSIMD_INCLUDE)
    file(STRINGS "${XSIMD_INCLUDE}/xsimd/config/xsimd_config.hpp" xsimd_version REGEX "define XSIMD_VERSION_MAJOR")
    string(REGEX REPLACE "[^0-9]" "" xsimd_version "${xsimd_version}")
endif()
if(xsimd_version LESS 13)
    unset(XSIMD_INCLUDE CACHE)   # look again the next time
    message(FATAL_ERROR "xsimd 13 or later is needed (found: ${xsimd_version}). Run ./run setup, or set XSIMD_INCLUDE.")
endif()
quantlens_headers(xsimd "${XSIMD_INCLUDE}/xsimd")
add_library(quantlens_xsimd INTERFACE)
target_include_directories(quantlens_xsimd SYSTEM INTERFACE "$<BUILD_INTERFACE:${header_folder}/xsimd>")

find_path(JSON_INCLUDE nlohmann/json.hpp
    PATHS /usr/include /usr/local/include /opt/homebrew/include NO_CMAKE_FIND_ROOT_PATH REQUIRED)
if(quantlens_other_machine)
    quantlens_headers(nlohmann "${JSON_INCLUDE}/nlohmann")
    add_library(nlohmann_json::nlohmann_json INTERFACE IMPORTED)
    target_include_directories(nlohmann_json::nlohmann_json SYSTEM INTERFACE "${header_folder}/nlohmann")
else()
    find_package(nlohmann_json 3.11 REQUIRED)
endif()
if(NOT EMSCRIPTEN)
    find_package(Threads REQUIRED)
endif()

if(QUANTLENS_TESTS)
    if(quantlens_other_machine)
        # There is no packaged library for another machine: build one from the sources.
        find_path(GTEST_SOURCE CMakeLists.txt PATHS ENV GTEST_SOURCE /usr/src/googletest
            NO_DEFAULT_PATH NO_CMAKE_FIND_ROOT_PATH)
        if(GTEST_SOURCE)
            set(BUILD_GMOCK OFF)
            set(INSTALL_GTEST OFF)
            if(EMSCRIPTEN)
                set(gtest_disable_pthreads ON)
            endif()
            add_subdirectory("${GTEST_SOURCE}" googletest EXCLUDE_FROM_ALL SYSTEM)
        endif()
    else()
        find_package(GTest 1.12 QUIET)
    endif()
    if(NOT TARGET GTest::gtest_main)
        message(STATUS "GoogleTest was not found: no unit tests")
        set(QUANTLENS_TESTS OFF)
    endif()
endif()
