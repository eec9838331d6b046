# Writes FOLDER/all.cpp, which includes every other source of FOLDER:
#   cmake -DFOLDER=... -P OneSource.cmake
file(GLOB sources ${FOLDER}/*.cpp)
set(text "")
foreach(source ${sources})
  get_filename_component(name ${source} NAME)
  if(NOT name STREQUAL "all.cpp")
    string(APPEND text "#include \"${name}\"\n")
  endif()
endforeach()
file(WRITE ${FOLDER}/all.cpp "${text}")
