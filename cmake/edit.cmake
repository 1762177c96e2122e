# libedit, for typing at a prompt.
find_path(EDIT_INCLUDE_DIR histedit.h REQUIRED)
find_library(EDIT_LIBRARY edit REQUIRED)
mark_as_advanced(EDIT_INCLUDE_DIR EDIT_LIBRARY)
