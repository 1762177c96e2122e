# What cpack -G DEB packs: the whole install, and what Debian requires with it (script/dist).

set(doc "${CMAKE_BINARY_DIR}/package")
string(TIMESTAMP year "%Y" UTC)
if(DEFINED ENV{SOURCE_DATE_EPOCH})
  string(TIMESTAMP date "%a, %d %b %Y %H:%M:%S +0000" UTC)
else()
  set(date "Thu, 01 Jan 1970 00:00:00 +0000")
endif()
set(LO0SIM_MAINTAINER "The lo0sim authors <lo0sim@localhost>" CACHE STRING "who answers for the .deb")
configure_file("${CMAKE_SOURCE_DIR}/cmake/copyright.in" "${doc}/copyright" @ONLY)
file(WRITE "${doc}/changelog"
  "lo0sim (${PROJECT_VERSION}) unstable; urgency=medium\n\n  * See CHANGELOG.md.\n\n -- ${LO0SIM_MAINTAINER}  ${date}\n")
find_program(GZIP gzip)
mark_as_advanced(GZIP)
if(GZIP)
  execute_process(COMMAND "${GZIP}" -9nf "${doc}/changelog")
  install(FILES "${doc}/copyright" "${doc}/changelog.gz" DESTINATION "${CMAKE_INSTALL_DOCDIR}")
endif()

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME lo0sim)
set(CPACK_PACKAGE_CONTACT "${LO0SIM_MAINTAINER}")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "what a firewall rule on loopback does to a program")
set(CPACK_PACKAGE_DESCRIPTION "A connect to the own host under a rule of IP Filter hangs until
ETIMEDOUT, or is refused at once: lo0sim shows which, and why,
packet by packet, on a real TCP/IP stack and in virtual time.")
set(CPACK_PACKAGING_INSTALL_PREFIX "${CMAKE_INSTALL_PREFIX}")
set(CPACK_STRIP_FILES ON)
# Whatever the umask is.
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE
  WORLD_READ WORLD_EXECUTE)
set(CPACK_PRE_BUILD_SCRIPTS "${CMAKE_SOURCE_DIR}/cmake/package_man.cmake")
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "libpcap0.8, libjansson4, libedit2")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
include(CPack)
