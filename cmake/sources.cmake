# Where the third-party sources are that lo0sim is built from: in sources/ of a release
# (script/dist), else in .deps/, where script/bootstrap puts them. A release also has the headers of
# the libraries that are loaded when they are used, so that it builds without their packages.

set(LO0SIM_SOURCES "${CMAKE_SOURCE_DIR}/sources")

# lo0sim_source(VARIABLE NAME VERSION FILE): sets a cache variable to a folder that contains FILE.
function(lo0sim_source variable name version file)
  set(folder "${CMAKE_SOURCE_DIR}/.deps/${name}")
  if(EXISTS "${LO0SIM_SOURCES}/${name}")
    set(folder "${LO0SIM_SOURCES}/${name}")
  endif()
  set(${variable} "${folder}" CACHE PATH "${name}'s source tree (${version})")
  if(NOT EXISTS "${${variable}}/${file}")
    message(FATAL_ERROR "no ${name} source in ${${variable}}: run script/bootstrap, or give another tree with "
      "-D${variable}=")
  endif()
endfunction()

# lo0sim_find_header(VARIABLE HEADER): sets a cache variable to the folder of a header, in a release's own headers (for any
# machine that it is compiled for) or on the machine.
function(lo0sim_find_header variable header)
  find_path(${variable} "${header}" PATHS "${LO0SIM_SOURCES}/include" NO_DEFAULT_PATH NO_CMAKE_FIND_ROOT_PATH)
  find_path(${variable} "${header}" REQUIRED)
  mark_as_advanced(${variable})
endfunction()
