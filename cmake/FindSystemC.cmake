# Finds the distribution's SystemC through pkg-config and makes the target SystemC::systemc.
# The packaged 2.3.4 is built as C++17; its headers check that the user's standard is the same, so SC_CPLUSPLUS is set to
# C++17 for every user of the target. The interface is the same under C++20.
find_package(PkgConfig QUIET)
if(PkgConfig_FOUND)
  pkg_check_modules(SYSTEMC QUIET IMPORTED_TARGET systemc)
endif()
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(SystemC
  REQUIRED_VARS SYSTEMC_LINK_LIBRARIES
  VERSION_VAR SYSTEMC_VERSION
  REASON_FAILURE_MESSAGE "install libsystemc-dev and pkg-config")
if(SystemC_FOUND AND NOT TARGET SystemC::systemc)
  add_library(SystemC::systemc INTERFACE IMPORTED)
  target_link_libraries(SystemC::systemc INTERFACE PkgConfig::SYSTEMC)
  target_compile_definitions(SystemC::systemc INTERFACE SC_CPLUSPLUS=201703L)
endif()
