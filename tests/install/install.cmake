# Installs the build BUILD into an empty folder, builds the project CONSUMER against what is there,
# and runs it. COMPILER and FLAGS are the build's; FAULT_HOOK and REFUSED are the examples of
# docs/hooks.md and docs/library.md.
set(root "${BUILD}/tests/install/tree")
set(prefix "${root}/prefix")
file(REMOVE_RECURSE "${root}")
file(MAKE_DIRECTORY "${root}")

# run(COMMAND...): puts its output into `output`; the command must succeed.
function(run)
  execute_process(COMMAND ${ARGV} WORKING_DIRECTORY "${root}"
    OUTPUT_VARIABLE output ERROR_VARIABLE output RESULT_VARIABLE result)
  if(NOT result EQUAL 0)
    message(FATAL_ERROR "${ARGV}: ${result}\n${output}")
  endif()
  set(output "${output}" PARENT_SCOPE)
endfunction()

# expect(TEXT): the output must contain it.
function(expect text)
  string(FIND "${output}" "${text}" place)
  if(place EQUAL -1)
    message(FATAL_ERROR "'${text}' is not in:\n${output}")
  endif()
endfunction()

run("${CMAKE_COMMAND}" --install "${BUILD}" --prefix "${prefix}")

# Installed files name neither this tree nor the build's: they can be moved.
file(RENAME "${prefix}" "${root}/moved")
set(prefix "${root}/moved")
file(GLOB_RECURSE texts "${prefix}/*.h" "${prefix}/*.cmake")
foreach(text ${texts})
  file(READ "${text}" content)
  foreach(folder "${SOURCE}" "${BUILD}")
    string(FIND "${content}" "${folder}" place)
    if(NOT place EQUAL -1)
      message(FATAL_ERROR "${text} names ${folder}")
    endif()
  endforeach()
endforeach()
file(GLOB_RECURSE headers RELATIVE "${prefix}/include" "${prefix}/include/*.h")
foreach(private fr_impl ip_impl sonode lwipopts ipf_parser)
  if(headers MATCHES "/${private}\\.h")
    message(FATAL_ERROR "a private header is installed: ${private}.h")
  endif()
endforeach()

# In the libraries only what the headers declare is visible, and none of lwIP's hundreds of names.
run("${PYTHON}" "${CMAKE_CURRENT_LIST_DIR}/visible.py" "${prefix}")
execute_process(COMMAND "${PYTHON}" "${CMAKE_CURRENT_LIST_DIR}/visible.py" "${prefix}"
  "${BUILD}/stack/liblo0sim_stack.a" OUTPUT_VARIABLE output RESULT_VARIABLE result)
if(NOT result EQUAL 1 OR NOT output MATCHES "names, [1-9][0-9][0-9] of them in no header")
  message(FATAL_ERROR "visible.py does not see what the build's own library shows: ${output}")
endif()

if(NOT EXISTS "${prefix}/share/lo0sim/jsonl.schema.json")
  message(FATAL_ERROR "the schema of the JSON lines is not installed")
endif()

run("${CMAKE_COMMAND}" -S "${CONSUMER}" -B "${root}/build" "-DCMAKE_PREFIX_PATH=${prefix}"
  "-DCMAKE_C_COMPILER=${COMPILER}" "-DCMAKE_C_FLAGS=${FLAGS}" "-DFAULT_HOOK=${FAULT_HOOK}"
  "-DREFUSED=${REFUSED}")
run("${CMAKE_COMMAND}" --build "${root}/build")
run("${root}/build/two_hosts")
expect("10.0.0.2 22: ECONNREFUSED\n10.0.0.2 80: Success\nblocked: 1\n")

run("${root}/build/refused")
expect("ECONNREFUSED after 0.000 s")
file(SIZE "${root}/refused.pcapng" size)
if(size LESS 300)
  message(FATAL_ERROR "refused.pcapng has ${size} bytes")
endif()

run("${prefix}/bin/lo0sim" --version)
expect("lo0sim ${VERSION}")
run("${prefix}/bin/lo0sim" connect --hook "${root}/build/fault_hook.so:drop=1" ::1 22)
expect("hook          fault: eaten")
expect("ETIMEDOUT after 30.000 s")
file(WRITE "${root}/lossy.lua" "test('every second packet is lost', function(box)
  local _, err = box:connect('127.0.0.1', 22)
  expect.eq(err, 'ETIMEDOUT')
end)
")
run("${prefix}/bin/lo0sim" run --hook "${root}/build/fault_hook.so:drop=2" lossy.lua)
expect("1 passed, 0 failed")

# It also works without CMake.
run("${COMPILER}" -std=c11 -Wall -Wextra -Werror -shared -fPIC -I "${prefix}/include/lo0sim"
  -o by_hand.so "${FAULT_HOOK}")
run("${prefix}/bin/lo0sim" connect --hook by_hand.so:flip=1 127.0.0.1 22)
expect("bad TCP checksum")

# Another major version of the package is another interface.
file(WRITE "${root}/other/CMakeLists.txt" "cmake_minimum_required(VERSION 3.25)
project(other LANGUAGES NONE)
find_package(lo0sim 0.1 QUIET)
if(lo0sim_FOUND)
  message(FATAL_ERROR \"0.1 is found\")
endif()
")
run("${CMAKE_COMMAND}" -S "${root}/other" -B "${root}/other/build"
  "-DCMAKE_PREFIX_PATH=${prefix}")
file(REMOVE_RECURSE "${root}")
