# Writes OUT, a header that defines LO0SIM_COMMIT, the commit of SOURCE, if that has changed. A
# release has its commit in sources/commit; a folder that is neither a clone nor a release is
# "unknown".
set(commit "unknown")
if(EXISTS "${SOURCE}/sources/commit")
  file(STRINGS "${SOURCE}/sources/commit" commit LIMIT_COUNT 1)
elseif(EXISTS "${SOURCE}/.git")
  execute_process(COMMAND git -C "${SOURCE}" describe --always --dirty --abbrev=12 --exclude=*
    OUTPUT_VARIABLE described OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE result)
  if(result EQUAL 0)
    set(commit "${described}")
  endif()
endif()
set(text "#define LO0SIM_COMMIT \"${commit}\"\n")
set(before "")
if(EXISTS "${OUT}")
  file(READ "${OUT}" before)
endif()
if(NOT before STREQUAL text)
  file(WRITE "${OUT}" "${text}")
endif()
