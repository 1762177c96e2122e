# uthash, headers only: hash tables.
lo0sim_find_header(UTHASH_INCLUDE_DIR uthash.h)
