# libjansson, for writing JSON.
find_path(JANSSON_INCLUDE_DIR jansson.h REQUIRED)
find_library(JANSSON_LIBRARY jansson REQUIRED)
mark_as_advanced(JANSSON_INCLUDE_DIR JANSSON_LIBRARY)
