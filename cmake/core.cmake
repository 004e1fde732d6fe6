# The core libraries. quantlens_library(NAME DEPENDENCIES...) builds core/NAME/*.cpp into quantlens_NAME, also called
# quantlens::NAME. Only the arrows of the design are linked here; tests/architecture checks the includes as well.

set(quantlens_core_libraries "")

file(WRITE "${CMAKE_BINARY_DIR}/generated/empty.cpp" "")

function(quantlens_library name)
    quantlens_sources(sources core/${name})
    if(NOT sources)
        set(sources "${CMAKE_BINARY_DIR}/generated/empty.cpp")   # a folder without sources yet
    endif()
    add_library(quantlens_${name} STATIC ${sources})
    add_library(quantlens::${name} ALIAS quantlens_${name})
    set_target_properties(quantlens_${name} PROPERTIES EXPORT_NAME ${name})
    target_compile_features(quantlens_${name} PUBLIC cxx_std_23)
    target_include_directories(quantlens_${name} PUBLIC
        "$<BUILD_INTERFACE:${CMAKE_SOURCE_DIR}/core>" "$<INSTALL_INTERFACE:include/quantlens>")
    target_link_libraries(quantlens_${name} PUBLIC ${ARGN} PRIVATE "$<BUILD_INTERFACE:quantlens_warnings>")
    set(quantlens_core_libraries ${quantlens_core_libraries} quantlens_${name} PARENT_SCOPE)
endfunction()

# The compiled-in tables.
add_library(quantlens_data STATIC)
add_library(quantlens::data ALIAS quantlens_data)
set_target_properties(quantlens_data PROPERTIES EXPORT_NAME data)
target_include_directories(quantlens_data PUBLIC
    "$<BUILD_INTERFACE:${CMAKE_BINARY_DIR}/generated>" "$<INSTALL_INTERFACE:include/quantlens>")
embed_json(quantlens_data models "${CMAKE_SOURCE_DIR}/data/models.json")
embed_json(quantlens_data devices "${CMAKE_SOURCE_DIR}/data/devices.json")
embedded_header(quantlens_data)

set(threads "")
if(NOT EMSCRIPTEN)
    set(threads Threads::Threads)
endif()

quantlens_library(tensor ${threads} nlohmann_json::nlohmann_json)
quantlens_library(kernels quantlens_tensor)
quantlens_library(formats quantlens_kernels)
quantlens_library(files quantlens_formats)
quantlens_library(methods quantlens_formats)
quantlens_library(model quantlens_methods quantlens_files quantlens_data)
quantlens_library(planner quantlens_formats quantlens_data)
quantlens_library(request quantlens_model quantlens_files quantlens_planner)
include(kernel_units)

# quantlens::core is all of it.
add_library(quantlens_core INTERFACE)
add_library(quantlens::core ALIAS quantlens_core)
set_target_properties(quantlens_core PROPERTIES EXPORT_NAME core)
target_link_libraries(quantlens_core INTERFACE quantlens_request)
