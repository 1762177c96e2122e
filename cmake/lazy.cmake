# Libraries that are loaded when they are used (sim/base/lazy.h): of them only the headers are needed to
# build, and the name that the loader knows each by, LO0SIM_NAME_SONAME.

# lo0sim_lazy(TARGET NAME FILE): defines LO0SIM_NAME_SONAME for the target.
function(lo0sim_lazy target name library includes)
  execute_process(COMMAND "${CMAKE_OBJDUMP}" -p "${library}" OUTPUT_VARIABLE text ERROR_QUIET)
  if(NOT text MATCHES "SONAME +([^ \n]+)")
    message(FATAL_ERROR "${library} is no shared library")
  endif()
  target_compile_definitions(${target} PRIVATE "LO0SIM_${name}_SONAME=\"${CMAKE_MATCH_1}\"")
  target_include_directories(${target} SYSTEM PRIVATE "${includes}")
endfunction()
