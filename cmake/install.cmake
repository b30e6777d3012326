# The package that others find: pmtune::pmtune (C++), pmtune::c (C ABI), pkg-config for C.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set_target_properties(pmtune pmtune_c PROPERTIES INSTALL_RPATH "$ORIGIN;${TORCH_INSTALL_PREFIX}/lib")
install(TARGETS pmtune EXPORT pmtuneTargets LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT library)
install(TARGETS pmtune_c EXPORT pmtuneTargets LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT library
  PUBLIC_HEADER DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT library)
install(TARGETS pmtune_cli RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT library)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/pmtune DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT library)
install(EXPORT pmtuneTargets NAMESPACE pmtune:: DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/pmtune COMPONENT library)

configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/pmtuneConfig.cmake.in ${PROJECT_BINARY_DIR}/pmtuneConfig.cmake
  INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/pmtune)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/pmtuneConfigVersion.cmake COMPATIBILITY SameMinorVersion)
configure_file(${CMAKE_CURRENT_LIST_DIR}/pmtune.pc.in ${PROJECT_BINARY_DIR}/pmtune.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/pmtuneConfig.cmake ${PROJECT_BINARY_DIR}/pmtuneConfigVersion.cmake
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/pmtune COMPONENT library)
install(FILES ${PROJECT_BINARY_DIR}/pmtune.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT library)
