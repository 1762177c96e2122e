# cmake -DARCHIVE=lib.a -DHEADERS="a.h;b.h" -DNM= -DJOIN= -DOBJCOPY= -DAR= -P localise.cmake
#
# Turns a static library into one object in which only the names in the headers are visible. So
# lwIP's tcp_* and mem_* in an installed library cannot clash with a program's own. (The project's
# own tests link the library as it was built.) JOIN is the command with its arguments, a list.
cmake_minimum_required(VERSION 3.25)
function(run)
  execute_process(COMMAND ${ARGV} OUTPUT_VARIABLE output ERROR_VARIABLE error RESULT_VARIABLE result)
  if(NOT result EQUAL 0)
    message(FATAL_ERROR "${ARGV}: ${result}\n${error}")
  endif()
  set(output "${output}" PARENT_SCOPE)
endfunction()

set(words "")
foreach(header ${HEADERS})
  file(READ "${header}" text)
  string(REGEX REPLACE "/[*]([^*]|[*]+[^*/])*[*]+/" "" text "${text}")
  string(REGEX MATCHALL "[A-Za-z_][A-Za-z0-9_]*" found "${text}")
  list(APPEND words ${found})
endforeach()
list(REMOVE_DUPLICATES words)

run("${NM}" -g --defined-only "${ARCHIVE}")
string(REGEX MATCHALL " [A-Z] [A-Za-z_][A-Za-z0-9_]*" defined "${output}")
list(TRANSFORM defined REPLACE "^ [A-Z] " "")
set(public "")
foreach(name ${defined})
  if(name IN_LIST words)
    string(APPEND public "${name}\n")
  endif()
endforeach()

file(WRITE "${ARCHIVE}.public" "${public}")
run(${JOIN} -o "${ARCHIVE}.o" -Wl,--whole-archive "${ARCHIVE}" -Wl,--no-whole-archive)
# What gcc keeps for optimising across files can be read only by the same version of it.
run("${OBJCOPY}" --wildcard "--remove-section=.gnu.lto_*" "${ARCHIVE}.o")
run("${OBJCOPY}" "--keep-global-symbols=${ARCHIVE}.public" "${ARCHIVE}.o")
file(REMOVE "${ARCHIVE}")
run("${AR}" rcs "${ARCHIVE}" "${ARCHIVE}.o")
file(REMOVE "${ARCHIVE}.o" "${ARCHIVE}.public")
