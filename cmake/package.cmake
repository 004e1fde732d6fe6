# cmake --install gives other projects find_package(quantlens) and the target quantlens::core.

include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(package_folder "${CMAKE_INSTALL_LIBDIR}/cmake/quantlens")

install(TARGETS quantlens_core quantlens_data ${quantlens_core_libraries} EXPORT quantlens_targets
    ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}")
install(DIRECTORY "${CMAKE_SOURCE_DIR}/core/" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/quantlens" FILES_MATCHING PATTERN "*.h"
    PATTERN "*.inl.h" EXCLUDE PATTERN "arch" EXCLUDE)
install(FILES "${CMAKE_BINARY_DIR}/generated/data/embedded.h" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/quantlens/data")
install(EXPORT quantlens_targets NAMESPACE quantlens:: DESTINATION "${package_folder}")
if(TARGET quantlens)
    install(TARGETS quantlens DESTINATION "${CMAKE_INSTALL_BINDIR}")
endif()

file(WRITE "${CMAKE_BINARY_DIR}/generated/quantlens-config.cmake" [[
include(CMakeFindDependencyMacro)
find_dependency(nlohmann_json 3.11)
find_dependency(Threads)
include("${CMAKE_CURRENT_LIST_DIR}/quantlens_targets.cmake")
]])
write_basic_package_version_file("${CMAKE_BINARY_DIR}/generated/quantlens-config-version.cmake"
    COMPATIBILITY SameMinorVersion)
install(FILES "${CMAKE_BINARY_DIR}/generated/quantlens-config.cmake"
    "${CMAKE_BINARY_DIR}/generated/quantlens-config-version.cmake" DESTINATION "${package_folder}")
