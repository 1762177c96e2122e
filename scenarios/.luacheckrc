-- For luacheck: the Lua of scenarios is Lua 5.4 without what could tell one machine from another or
-- leave the folder, and with what lo0sim adds.
std = "lua54"
not_globals = { "collectgarbage", "coroutine", "debug", "dofile", "io", "load", "loadfile", "os", "package",
  "print", "require", "string.dump", "warn" }

local field = { read_only = true }
read_globals = {
  "test", "include",
  expect = { fields = { eq = field, ne = field, ok = field, near = field, match = field, error = field } },
}

max_line_length = 120
exclude_files = { "**/meta/*.lua" }
