# Flags that every target shares, and the functions that find a package and declare a library and a test.

# lockstep_require(PACKAGE DEBIAN): find_package that names the Debian packages to install when it fails.
macro(lockstep_require package debian)
  find_package(${package} QUIET)
  if(NOT ${package}_FOUND)
    message(FATAL_ERROR "${package} is not installed. On Debian: apt install ${debian}")
  endif()
endmacro()

# SystemC refuses at link time, with an unreadable symbol name, a program that was compiled for another C++ standard
# than the library. Say so here instead.
function(lockstep_check_systemc)
  try_compile(links ${CMAKE_BINARY_DIR}/systemc_check ${CMAKE_SOURCE_DIR}/cmake/systemc_check.cpp
    LINK_LIBRARIES SystemC::systemc CXX_STANDARD 20 CXX_STANDARD_REQUIRED ON OUTPUT_VARIABLE output)
  if(NOT links)
    message(FATAL_ERROR "SystemC ${SYSTEMC_VERSION} was found, but a small program does not link with it. "
      "Lockstep needs a library that was built as C++17, as Debian's libsystemc-dev is; "
      "one built with another -DCMAKE_CXX_STANDARD does not fit. The compiler said:\n${output}")
  endif()
endfunction()

add_library(lockstep_flags INTERFACE)
target_include_directories(lockstep_flags INTERFACE ${CMAKE_SOURCE_DIR})
target_compile_options(lockstep_flags INTERFACE -Wall -Wextra -Wconversion)
if(LOCKSTEP_WERROR)
  target_compile_options(lockstep_flags INTERFACE -Werror)
endif()
if(LOCKSTEP_SANITIZE)
  target_compile_options(lockstep_flags INTERFACE -fsanitize=address,undefined -fno-sanitize-recover=all
                                                  -fno-omit-frame-pointer)
  # GCC's manual: with sanitizers, warnings of what may be uninitialised are often wrong.
  target_compile_options(lockstep_flags INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
  target_link_options(lockstep_flags INTERFACE -fsanitize=address,undefined)
endif()
if(LOCKSTEP_FUZZ)  # coverage that guides the fuzzers
  target_compile_options(lockstep_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()
if(LOCKSTEP_COVERAGE)
  target_compile_options(lockstep_flags INTERFACE --coverage)
  target_link_options(lockstep_flags INTERFACE --coverage)
endif()

# lockstep_library(NAME DEPENDS...): all sources of the current folder. Folder sim/x is target sim_x.
function(lockstep_library name)
  file(GLOB sources CONFIGURE_DEPENDS *.cpp)
  if(sources)
    add_library(${name} STATIC ${sources})
    target_link_libraries(${name} PUBLIC lockstep_flags ${ARGN})
  else()
    add_library(${name} INTERFACE)
    target_link_libraries(${name} INTERFACE lockstep_flags ${ARGN})
  endif()
endfunction()

# lockstep_test(NAME DEPENDS...): all sources of the current folder in one program; each TEST runs in a process of its
# own, since a SystemC kernel lives once per process. Labels: machine for tests of a whole accelerator, unit for others.
function(lockstep_test name)
  if(name MATCHES "^accelerators_")
    set(label machine)
  else()
    set(label unit)
  endif()
  file(GLOB sources CONFIGURE_DEPENDS *.cpp)
  add_executable(${name} ${sources})
  target_link_libraries(${name} PRIVATE test_support ${ARGN})
  target_compile_definitions(${name} PRIVATE LOCKSTEP_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
  gtest_discover_tests(${name} DISCOVERY_TIMEOUT 60 PROPERTIES TIMEOUT 600 LABELS ${label})
endfunction()
