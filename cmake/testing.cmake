# One function for each kind of test.

# lo0sim_unit_test(NAME file.c... LINK target...): a cmocka program tests/<NAME> with label unit.
function(lo0sim_unit_test name)
  cmake_parse_arguments(arg "" "" "LINK;LABELS" ${ARGN})
  string(REPLACE "/" "_" target "test_${name}")
  add_executable(${target} ${arg_UNPARSED_ARGUMENTS} "${CMAKE_SOURCE_DIR}/tests/temporary.c")
  lo0sim_target(${target})
  target_link_libraries(${target} PRIVATE ${arg_LINK} cmocka::cmocka)
  add_test(NAME ${name} COMMAND ${target})
  if(NOT arg_LABELS)
    set(arg_LABELS unit)
  endif()
  set_tests_properties(${name} PROPERTIES LABELS "${arg_LABELS}" TIMEOUT 60)
endfunction()
