# Our own warnings and sanitizers, on our own targets only: no global flags.

set(LO0SIM_SANITIZE "" CACHE STRING "sanitizers, as for -fsanitize= (address,undefined)")

option(LO0SIM_FUZZ "build the fuzzers, and all for them (clang only)" OFF)
if(LO0SIM_FUZZ AND NOT CMAKE_C_COMPILER_ID MATCHES "Clang")
  message(FATAL_ERROR "LO0SIM_FUZZ needs clang: cmake --preset fuzz")
endif()

function(lo0sim_sanitize target)
  if(LO0SIM_FUZZ)
    target_compile_options(${target} PRIVATE -fsanitize=fuzzer-no-link)
  endif()
  if(LO0SIM_SANITIZE)
    target_compile_options(${target} PRIVATE
      -fsanitize=${LO0SIM_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
    target_link_options(${target} INTERFACE -fsanitize=${LO0SIM_SANITIZE})
  endif()
endfunction()

# Coverage: counts what was executed. A process that ends by _exit(), or becomes another program, writes
# its counts, too: each test of `lo0sim run` is such a process.
option(LO0SIM_COVERAGE "count what is executed (gcc; script/coverage reads it)" OFF)
function(lo0sim_coverage target)
  get_target_property(type ${target} TYPE)
  target_compile_options(${target} PRIVATE --coverage -fprofile-abs-path)
  target_link_options(${target} INTERFACE --coverage)
  if(NOT type MATCHES "LIBRARY" OR type MATCHES "SHARED|MODULE")
    target_link_options(${target} PRIVATE --coverage)
  endif()
  if(type STREQUAL "EXECUTABLE")
    target_sources(${target} PRIVATE "${CMAKE_SOURCE_DIR}/cmake/coverage_exit.c")
    target_compile_definitions(${target} PRIVATE LO0SIM_COVERAGE_SAYS="${CMAKE_BINARY_DIR}/coverage-says.txt")
    foreach(function _exit execv execvp raise fdopen)
      target_link_options(${target} PRIVATE "LINKER:--wrap=${function}")
    endforeach()
  endif()
endfunction()

# Functions of one file are put into those of another when the program is linked. What tests link is
# what the compiler made of each file, as in an installed library: linking them all so takes minutes.
option(LO0SIM_LTO "optimise the program and the benchmarks across files (gcc)" OFF)
if(LO0SIM_LTO AND NOT CMAKE_C_COMPILER_ID STREQUAL "GNU")
  message(FATAL_ERROR "LO0SIM_LTO needs gcc")
endif()
# Events, and what is known of a packet, are structs of 100 to 200 bytes, and most of each is 0. gcc
# clears such a struct by `rep stosq`, which takes 13 ns to begin; a loop of vectors takes 4 ns.
if(LO0SIM_LTO)
  include(CheckCCompilerFlag)
  set(clear "-mmemset-strategy=vector_loop:256:noalign,libcall:-1:noalign")
  check_c_compiler_flag("${clear}" LO0SIM_HAS_CLEAR)
  if(LO0SIM_HAS_CLEAR) # only on x86
    set(LO0SIM_CLEAR "${clear}")
  endif()
endif()

function(lo0sim_across_files target)
  target_compile_options(${target} PRIVATE ${LO0SIM_CLEAR})
  target_link_options(${target} PRIVATE ${LO0SIM_CLEAR})
  get_target_property(type ${target} TYPE)
  if(type STREQUAL "STATIC_LIBRARY")
    target_compile_options(${target} PRIVATE -flto=auto -ffat-lto-objects)
  elseif(target MATCHES "^(lo0sim|bench_.*)$")
    target_compile_options(${target} PRIVATE -flto=auto)
    target_link_options(${target} PRIVATE -flto=auto)
  elseif(type STREQUAL "EXECUTABLE")
    target_link_options(${target} PRIVATE -fno-lto)
  endif()
endfunction()

# The options for every library, program and test of ours.
function(lo0sim_target target)
  set_target_properties(${target} PROPERTIES C_STANDARD 11 C_STANDARD_REQUIRED ON C_EXTENSIONS OFF)
  target_include_directories(${target} PUBLIC "$<BUILD_INTERFACE:${CMAKE_SOURCE_DIR}>")
  target_include_directories(${target} SYSTEM PRIVATE "${UTHASH_INCLUDE_DIR}")
  target_compile_definitions(${target} PRIVATE _GNU_SOURCE)
  target_compile_options(${target} PRIVATE
    -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith
    -Wcast-qual -Wwrite-strings -Wvla -Wformat=2 -Wundef
    $<$<BOOL:${LO0SIM_WERROR}>:-Werror>)
  lo0sim_sanitize(${target})
  if(LO0SIM_COVERAGE)
    lo0sim_coverage(${target})
  endif()
  if(LO0SIM_LTO)
    lo0sim_across_files(${target})
  endif()
  get_target_property(type ${target} TYPE)
  if(LO0SIM_SANITIZE AND type STREQUAL "EXECUTABLE")
    target_link_options(${target} PRIVATE -fsanitize=${LO0SIM_SANITIZE})
  endif()
endfunction()

option(LO0SIM_WERROR "warnings are errors" OFF)
