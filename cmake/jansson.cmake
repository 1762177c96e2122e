# libjansson, for writing JSON: the imported target jansson::jansson.
find_path(JANSSON_INCLUDE_DIR jansson.h REQUIRED)
find_library(JANSSON_LIBRARY jansson REQUIRED)
mark_as_advanced(JANSSON_INCLUDE_DIR JANSSON_LIBRARY)
add_library(jansson::jansson UNKNOWN IMPORTED)
set_target_properties(jansson::jansson PROPERTIES
  IMPORTED_LOCATION "${JANSSON_LIBRARY}"
  INTERFACE_INCLUDE_DIRECTORIES "${JANSSON_INCLUDE_DIR}")
