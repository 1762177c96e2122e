# Libraries that are loaded when they are used (sim/base/lazy.h). To build, only their headers are
# needed, and the name by which the loader knows each one, LO0SIM_NAME_SONAME.

# lo0sim_find_lazy(NAME HEADER LIBRARY SONAME): finds NAME_INCLUDE_DIR, in a release's own headers
# or on the machine, and NAME_SONAME, which is SONAME if the library is missing.
function(lo0sim_find_lazy name header library soname)
  lo0sim_find_header(${name}_INCLUDE_DIR "${header}")
  find_library(${name}_LIBRARY "${library}")
  mark_as_advanced(${name}_LIBRARY)
  if(${name}_LIBRARY)
    execute_process(COMMAND "${CMAKE_OBJDUMP}" -p "${${name}_LIBRARY}" OUTPUT_VARIABLE text ERROR_QUIET)
    if(NOT text MATCHES "SONAME +([^ \n]+)")
      message(FATAL_ERROR "${${name}_LIBRARY} is no shared library")
    endif()
    set(soname "${CMAKE_MATCH_1}")
  endif()
  set(${name}_SONAME "${soname}" PARENT_SCOPE)
endfunction()

# lo0sim_lazy(TARGET NAME): the target includes the library's headers, and knows its LO0SIM_NAME_SONAME.
function(lo0sim_lazy target name)
  target_compile_definitions(${target} PRIVATE "LO0SIM_${name}_SONAME=\"${${name}_SONAME}\"")
  target_include_directories(${target} SYSTEM PRIVATE "${${name}_INCLUDE_DIR}")
endfunction()
