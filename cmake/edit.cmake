# libedit, for typing at a prompt.
lo0sim_find_lazy(EDIT histedit.h edit libedit.so.2)
