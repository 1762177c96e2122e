# Lua, built from source with our patches (sim/script/lua): a script must give the same bytes on
# every machine, and all of its work must be counted. The libraries that reach the machine are left
# out.

lo0sim_source(LUA_DIR lua 5.4.4 src/lua.h)
lo0sim_source(MUSL_DIR musl 1.2.3 src/math/pow.c)

set(lua_names lapi lauxlib lbaselib lcode lctype ldebug ldo ldump lfunc lgc llex lmathlib lmem lobject
  lopcodes lparser lstate lstring lstrlib ltable ltablib ltm lundump lutf8lib lvm lzio)
file(GLOB lua_headers "${LUA_DIR}/src/*.h")
list(TRANSFORM lua_names PREPEND "${LUA_DIR}/src/" OUTPUT_VARIABLE lua_files)
list(TRANSFORM lua_files APPEND ".c")
file(GLOB lua_patches CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/sim/script/lua/*.patch")
list(SORT lua_patches)
# A release's tree is patched already.
if(EXISTS "${LUA_DIR}/patched")
  set(lua_patches "")
endif()
if(lua_patches)
  find_program(PATCH patch REQUIRED)
endif()

# A patched copy in the build folder, made again if the source or a patch has changed.
set(lua_sums "")
foreach(file "${CMAKE_CURRENT_LIST_FILE}" ${lua_files} ${lua_headers} ${lua_patches})
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${file}")
  file(SHA256 "${file}" sum)
  string(APPEND lua_sums "${sum}\n")
endforeach()
set(lua_copy "${CMAKE_BINARY_DIR}/lua")
set(lua_made "")
if(EXISTS "${lua_copy}/made-of")
  file(READ "${lua_copy}/made-of" lua_made)
endif()
if(NOT lua_made STREQUAL lua_sums)
  file(REMOVE_RECURSE "${lua_copy}")
  file(COPY ${lua_files} ${lua_headers} DESTINATION "${lua_copy}")
  # Debian's luaconf.h takes the machine's name from a Debian package, for paths that are not used
  # here.
  file(READ "${lua_copy}/luaconf.h" lua_conf)
  string(REPLACE "#include \"lua5.4-deb-multiarch.h\"" "" lua_conf "${lua_conf}")
  file(WRITE "${lua_copy}/luaconf.h" "${lua_conf}")
  foreach(file ${lua_patches})
    execute_process(COMMAND "${PATCH}" -p1 -s --no-backup-if-mismatch -i "${file}"
      WORKING_DIRECTORY "${lua_copy}" RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
    if(NOT result EQUAL 0)
      message(FATAL_ERROR "${file} does not fit ${LUA_DIR}, which is not Lua 5.4.4?\n${output}")
    endif()
  endforeach()
  file(WRITE "${lua_copy}/made-of" "${lua_sums}")
endif()

list(TRANSFORM lua_names PREPEND "${lua_copy}/" OUTPUT_VARIABLE lua_sources)
list(TRANSFORM lua_sources APPEND ".c")
# The mathematical functions whose rounding no standard fixes: musl's, under names of their own
# (lmath.h).
set(musl_names acos asin atan atan2 cos exp exp_data log log10 log2 log2_data log_data pow pow_data sin tan
  __cos __sin __tan __rem_pio2 __rem_pio2_large __math_divzero __math_invalid __math_oflow __math_uflow
  __math_xflow)
list(TRANSFORM musl_names PREPEND "${MUSL_DIR}/src/math/" OUTPUT_VARIABLE musl_sources)
list(TRANSFORM musl_sources APPEND ".c")
add_library(lua_math OBJECT ${musl_sources})
target_include_directories(lua_math PRIVATE "${MUSL_DIR}/src/internal" "${MUSL_DIR}/arch/generic")
target_compile_definitions(lua_math PRIVATE _GNU_SOURCE hidden=)
target_compile_options(lua_math PRIVATE
  -include "${CMAKE_SOURCE_DIR}/sim/script/lua/lmath.h")

add_library(lua STATIC ${lua_sources} "${CMAKE_SOURCE_DIR}/sim/script/lua/lcount.c"
  $<TARGET_OBJECTS:lua_math>)
# No multiplication is fused with an addition: that rounds once where the script rounds twice.
foreach(target lua lua_math)
  set_target_properties(${target} PROPERTIES C_STANDARD 11 C_STANDARD_REQUIRED ON C_EXTENSIONS OFF)
  target_compile_options(${target} PRIVATE -w -ffp-contract=off)
  lo0sim_sanitize(${target})
endforeach()
target_include_directories(lua SYSTEM PUBLIC "${lua_copy}" "${CMAKE_SOURCE_DIR}/sim/script/lua")
target_compile_options(lua PRIVATE -include "${CMAKE_SOURCE_DIR}/sim/script/lua/lmachine.h")
target_link_libraries(lua PUBLIC m)
