# zlib, linked into the program, for captures compressed by gzip; without it they are refused.
option(LO0SIM_STATIC_ZLIB "link zlib into the program: a start does not look for it" ON)
set(ZLIB_USE_STATIC_LIBS ${LO0SIM_STATIC_ZLIB})
find_package(ZLIB QUIET)
