# What the system has. Calls that only Linux has are behind interfaces of ours (docs/architecture.md).
include(CheckSymbolExists)

# On 32 bits, too, files have 64-bit sizes and inode numbers. Times stay as they are: libpcap's structures have them.
if(CMAKE_SIZEOF_VOID_P EQUAL 4)
  add_compile_definitions(_FILE_OFFSET_BITS=64)
endif()

option(LO0SIM_PORTABLE "use no call that only Linux has, as on another system" OFF)
if(LO0SIM_PORTABLE)
  add_compile_definitions(LO0SIM_PORTABLE)
endif()

# lo0sim exec: seccomp's notification, and its registers and call numbers on x86-64.
set(LO0SIM_EXEC OFF)
if(NOT LO0SIM_PORTABLE)
  check_symbol_exists(SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV linux/seccomp.h LO0SIM_HAVE_NOTIFICATION)
  check_symbol_exists(__x86_64__ stdio.h LO0SIM_IS_X86_64)
  check_symbol_exists(__ILP32__ stdio.h LO0SIM_IS_ILP32)
  if(LO0SIM_HAVE_NOTIFICATION AND LO0SIM_IS_X86_64 AND NOT LO0SIM_IS_ILP32)
    set(LO0SIM_EXEC ON)
  endif()
endif()

# The old floating point unit of 32-bit x86 calculates with more bits than a double has.
check_symbol_exists(__i386__ stdio.h LO0SIM_IS_I386)
if(LO0SIM_IS_I386)
  add_compile_options(-msse2 -mfpmath=sse)
endif()

# The linker joins objects with `LO0SIM_JOIN -o OUT IN...`: called by the compiler, so that it knows the
# machine that they are for.
separate_arguments(flags NATIVE_COMMAND "${CMAKE_C_FLAGS}")
list(FILTER flags INCLUDE REGEX "^(-m|--target=)")
set(LO0SIM_JOIN "${CMAKE_C_COMPILER}" ${flags} -r -nostdlib)
if(CMAKE_C_COMPILER_ID STREQUAL "GNU") # joins the machine code, not what is kept for optimising across files
  list(APPEND LO0SIM_JOIN -fno-use-linker-plugin)
endif()
