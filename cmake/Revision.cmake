# Writes OUTPUT, a header with the version and the git revision, when they changed. Run at build time:
#   cmake -DSOURCE=... -DVERSION=... -DOUTPUT=... -P Revision.cmake
execute_process(COMMAND git -C ${SOURCE} describe --always --dirty --abbrev=12 --match=
  OUTPUT_VARIABLE revision OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE failed)
if(failed)
  set(revision "unknown")
endif()
set(text "#pragma once\n\nnamespace sim::app {\n\ninline constexpr const char* kVersion = \"${VERSION}\";\ninline constexpr const char* kRevision = \"${revision}\";\n\n}  // namespace sim::app\n")
if(EXISTS ${OUTPUT})
  file(READ ${OUTPUT} old)
endif()
if(NOT "${old}" STREQUAL "${text}")
  file(WRITE ${OUTPUT} "${text}")
endif()
