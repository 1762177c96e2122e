# The man pages, made from share/man/NAME.SECTION.scd by scdoc, if it is installed. Their date is
# SOURCE_DATE_EPOCH from the environment, or the one below, so that each build writes the same
# bytes.
find_program(SCDOC NAMES scdoc)
mark_as_advanced(SCDOC)

set(date "1795478400") # 2026-11-24
if(DEFINED ENV{SOURCE_DATE_EPOCH})
  set(date "$ENV{SOURCE_DATE_EPOCH}")
endif()

file(GLOB sources CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/share/man/*.scd")
set(pages "")
foreach(source ${sources})
  get_filename_component(name "${source}" NAME)
  string(REGEX REPLACE "\\.scd$" "" name "${name}")
  string(REGEX REPLACE ".*\\." "" section "${name}")
  set(page "${CMAKE_BINARY_DIR}/share/man/man${section}/${name}")
  if(SCDOC)
    add_custom_command(OUTPUT "${page}"
      COMMAND "${CMAKE_COMMAND}" -E make_directory "${CMAKE_BINARY_DIR}/share/man/man${section}"
      COMMAND "${CMAKE_COMMAND}" -E env "SOURCE_DATE_EPOCH=${date}" "${SCDOC}" < "${source}" > "${page}"
      DEPENDS "${source}" VERBATIM COMMENT "Writing ${name}")
    list(APPEND pages "${page}")
    install(FILES "${page}" DESTINATION "${CMAKE_INSTALL_MANDIR}/man${section}")
  endif()
endforeach()
if(SCDOC)
  add_custom_target(man ALL DEPENDS ${pages})
else()
  message(STATUS "There is no scdoc: the man pages are not built")
endif()
