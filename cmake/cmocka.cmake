# cmocka 1.1.5's package only sets variables; later ones export cmocka::cmocka. CMOCKA says whether
# it was found.

find_package(cmocka 1.1.5 QUIET)
set(CMOCKA ${cmocka_FOUND})
if(CMOCKA AND NOT TARGET cmocka::cmocka)
  add_library(cmocka::cmocka UNKNOWN IMPORTED)
  find_library(CMOCKA_FILE NAMES cmocka REQUIRED)
  set_target_properties(cmocka::cmocka PROPERTIES
    IMPORTED_LOCATION "${CMOCKA_FILE}"
    INTERFACE_INCLUDE_DIRECTORIES "${CMOCKA_INCLUDE_DIR}")
endif()
