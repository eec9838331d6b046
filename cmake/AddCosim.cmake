# Turns SystemVerilog into test programs. Without Verilator there are no such targets, and one message says so.
find_package(verilator QUIET HINTS $ENV{VERILATOR_ROOT} /usr/share/verilator)
find_program(LOCKSTEP_VERILATOR verilator)
if(LOCKSTEP_VERILATOR AND VERILATOR_ROOT)
  set(LOCKSTEP_COSIM ON)
else()
  set(LOCKSTEP_COSIM OFF)
endif()

# The part of Verilator that every model links.
function(lockstep_verilated_runtime)
  if(TARGET verilated_runtime)
    return()
  endif()
  add_library(verilated_runtime STATIC ${VERILATOR_ROOT}/include/verilated.cpp ${VERILATOR_ROOT}/include/verilated_threads.cpp)
  target_include_directories(verilated_runtime SYSTEM PUBLIC ${VERILATOR_ROOT}/include ${VERILATOR_ROOT}/include/vltstd)
  target_compile_definitions(verilated_runtime PUBLIC VM_COVERAGE=0 VM_SC=0 VM_TRACE=0 VM_TRACE_FST=0 VM_TRACE_VCD=0)
  set_target_properties(verilated_runtime PROPERTIES CXX_CLANG_TIDY "")
  find_package(Threads REQUIRED)
  target_link_libraries(verilated_runtime PUBLIC Threads::Threads)
endfunction()

# lockstep_verilate(NAME TOP module SOURCES files... [DEPENDS files...] [OPTIONS options...]): library NAME with the class
# V<NAME> of the module TOP. All of its code is one source, so that its name is known beforehand; code made by Verilator is
# compiled in functions of bounded size (a compiler needs minutes for the one of a large netlist) without this project's warnings and sanitizers, with -O1, which runs as fast as -O3 and compiles sooner.
function(lockstep_verilate name)
  cmake_parse_arguments(V "" "TOP" "SOURCES;DEPENDS;OPTIONS" ${ARGN})
  lockstep_verilated_runtime()
  set(folder ${CMAKE_CURRENT_BINARY_DIR}/${name}_verilated)
  add_custom_command(OUTPUT ${folder}/all.cpp
    COMMAND ${CMAKE_COMMAND} -E rm -rf ${folder}
    COMMAND ${LOCKSTEP_VERILATOR} --cc -O3 -Wall --output-split 0 --output-split-cfuncs 200 --top-module ${V_TOP}
            --prefix V${name} --Mdir ${folder} ${V_OPTIONS} ${V_SOURCES}
    COMMAND ${CMAKE_COMMAND} -DFOLDER=${folder} -P ${CMAKE_SOURCE_DIR}/cmake/OneSource.cmake
    DEPENDS ${V_SOURCES} ${V_DEPENDS} ${CMAKE_SOURCE_DIR}/cmake/OneSource.cmake
    COMMENT "Verilating ${name}" VERBATIM)
  add_library(${name} STATIC ${folder}/all.cpp)
  target_include_directories(${name} SYSTEM PUBLIC ${folder})
  target_compile_options(${name} PRIVATE -O1 -w)
  set_target_properties(${name} PROPERTIES CXX_CLANG_TIDY "")
  target_link_libraries(${name} PUBLIC verilated_runtime)
endfunction()
