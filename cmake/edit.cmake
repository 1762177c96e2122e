# libedit, for typing at a prompt: the imported target edit::edit.
find_path(EDIT_INCLUDE_DIR histedit.h REQUIRED)
find_library(EDIT_LIBRARY edit REQUIRED)
mark_as_advanced(EDIT_INCLUDE_DIR EDIT_LIBRARY)
add_library(edit::edit UNKNOWN IMPORTED)
set_target_properties(edit::edit PROPERTIES
  IMPORTED_LOCATION "${EDIT_LIBRARY}"
  INTERFACE_INCLUDE_DIRECTORIES "${EDIT_INCLUDE_DIR}")
