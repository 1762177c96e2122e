# libjansson, for writing JSON.
lo0sim_find_lazy(JANSSON jansson.h jansson libjansson.so.4)
