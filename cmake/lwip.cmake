# lwIP, built from source with our lwipopts.h (stack/lwip), as one relocatable object whose mutable
# state lies in two sections of its own, lwip_data and lwip_bss. A host is a copy of those sections
# (stack/ip_stack.c), so that several hosts are several lwIPs in one process.

lo0sim_source(LWIP_DIR lwip "2.1.3 or 2.2.1" src/Filelists.cmake)
# Filelists.cmake looks for Doxygen, for documentation that is not built here.
set(CMAKE_DISABLE_FIND_PACKAGE_Doxygen TRUE)
include("${LWIP_DIR}/src/Filelists.cmake")

add_library(lwip_objects OBJECT ${lwipcore_SRCS} ${lwipcore4_SRCS} ${lwipcore6_SRCS})
target_include_directories(lwip_objects SYSTEM PUBLIC
  "${CMAKE_SOURCE_DIR}/stack/lwip" "${LWIP_DIR}/src/include")
target_compile_options(lwip_objects PRIVATE
  -w -fno-common -fno-data-sections -fno-lto)
lo0sim_sanitize(lwip_objects)
if(LO0SIM_SANITIZE)
  # tcp_in.c shifts a signed timestamp; that is for lwIP to fix, not for us.
  target_compile_options(lwip_objects PRIVATE -fno-sanitize=shift)
endif()

set(LWIP_IMAGE "${CMAKE_BINARY_DIR}/lwip_image.o")
add_custom_command(
  OUTPUT "${LWIP_IMAGE}"
  COMMAND ${LO0SIM_JOIN} -o "${LWIP_IMAGE}" "$<TARGET_OBJECTS:lwip_objects>"
  COMMAND "${CMAKE_OBJCOPY}"
    --rename-section .data=lwip_data,alloc,load,data,contents
    --rename-section .bss=lwip_bss,alloc,load,data,contents
    "${LWIP_IMAGE}"
  DEPENDS lwip_objects "$<TARGET_OBJECTS:lwip_objects>"
  COMMAND_EXPAND_LISTS VERBATIM
  COMMENT "Linking lwIP's state into an image of its own")
add_custom_target(lwip_image DEPENDS "${LWIP_IMAGE}")
