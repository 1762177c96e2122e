# uthash, headers only: hash tables.
find_path(UTHASH_INCLUDE_DIR uthash.h HINTS "${LO0SIM_SOURCES}/include" REQUIRED)
mark_as_advanced(UTHASH_INCLUDE_DIR)
