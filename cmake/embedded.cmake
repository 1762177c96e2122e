# Files of this tree inside the program: as C, made by cmake/embed.cmake.

# lo0sim_embed(FILE.c HEADER NAME=FILE...): FILE.c, in this build folder, has each file as `const char NAME[]`,
# which HEADER declares.
function(lo0sim_embed out header)
  set(embed "${CMAKE_SOURCE_DIR}/cmake/embed.cmake")
  list(TRANSFORM ARGN REPLACE "^[a-z_]+=" "" OUTPUT_VARIABLE files)
  add_custom_command(OUTPUT "${CMAKE_CURRENT_BINARY_DIR}/${out}"
    COMMAND "${CMAKE_COMMAND}" "-DOUT=${CMAKE_CURRENT_BINARY_DIR}/${out}" "-DHEADER=${header}"
      "-DFILES=${ARGN}" -P "${embed}"
    DEPENDS ${files} "${embed}" VERBATIM)
endfunction()

# The page's files (sim/view/html/), as page_files.c.
function(lo0sim_embed_page)
  set(html "${CMAKE_SOURCE_DIR}/sim/view/html")
  lo0sim_embed(page_files.c sim/view/page_files.h "page_html=${html}/page.html" "page_css=${html}/page.css"
    "page_data_js=${html}/data.js" "page_ladder_js=${html}/ladder.js" "page_run_js=${html}/run.js" "page_js=${html}/page.js")
endfunction()
