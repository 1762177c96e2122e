# lwIP for WebAssembly (script/lab). WebAssembly objects have no sections that could be renamed, as
# cmake/lwip.cmake does. So each file is compiled to LLVM's text, where a variable can be given a
# section, and the text is compiled. The linker marks the section's ends as on other platforms
# (stack/lwip_image.c).

lo0sim_source(LWIP_DIR lwip "2.1.3 or 2.2.1" src/Filelists.cmake)
set(CMAKE_DISABLE_FIND_PACKAGE_Doxygen TRUE)
include("${LWIP_DIR}/src/Filelists.cmake")

string(TOUPPER "CMAKE_C_FLAGS_${CMAKE_BUILD_TYPE}" lwip_optimise)
separate_arguments(lwip_optimise NATIVE_COMMAND "${${lwip_optimise}}")
set(lwip_flags ${lwip_optimise} -std=gnu11 -w -fno-common
  "-I${CMAKE_SOURCE_DIR}/stack/lwip" "-I${LWIP_DIR}/src/include")
# `@name = ... global TYPE VALUE, align N`; constants stay where they are.
set(lwip_section "/^@[^ ]+ = external /! s/^(@[^ ]+ = ([a-z_]+ )*global .*)(, align [0-9]+)/\\1, section \"lwip_data\"\\3/")
file(MAKE_DIRECTORY "${CMAKE_BINARY_DIR}/lwip")
set(LWIP_OBJECTS "")
foreach(file ${lwipcore_SRCS} ${lwipcore4_SRCS} ${lwipcore6_SRCS})
  file(RELATIVE_PATH name "${LWIP_DIR}/src" "${file}")
  string(REPLACE "/" "_" name "${name}")
  set(base "${CMAKE_BINARY_DIR}/lwip/${name}")
  add_custom_command(OUTPUT "${base}.o"
    COMMAND "${CMAKE_C_COMPILER}" ${lwip_flags} -MMD -MF "${base}.d" -MT "${base}.o"
      -S -emit-llvm -o "${base}.plain.ll" "${file}"
    COMMAND sed -E "${lwip_section}" "${base}.plain.ll" > "${base}.ll"
    COMMAND "${CMAKE_C_COMPILER}" ${lwip_optimise} -w -c -o "${base}.o" "${base}.ll"
    DEPENDS "${file}" "${CMAKE_CURRENT_LIST_FILE}" DEPFILE "${base}.d"
    VERBATIM COMMENT "lwIP: ${name}")
  list(APPEND LWIP_OBJECTS "${base}.o")
endforeach()
