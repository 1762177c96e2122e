# What `cmake --install` installs, and the CMake package: find_package(lo0sim) gives lo0sim::hooks,
# lo0sim::stack, lo0sim::filter, lo0sim::box and the program, lo0sim::lo0sim. lwIP is inside lo0sim::stack.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(LO0SIM_INSTALL_INCLUDE "${CMAKE_INSTALL_INCLUDEDIR}/lo0sim")
set(LO0SIM_INSTALL_CMAKE "${CMAKE_INSTALL_LIBDIR}/cmake/lo0sim")

# Hides everything in an installed library except what its headers declare.
function(lo0sim_localise target)
  get_target_property(headers ${target} HEADER_SET)
  list(TRANSFORM headers PREPEND "${CMAKE_CURRENT_SOURCE_DIR}/" REGEX "^[^/]")
  install(CODE "
    execute_process(COMMAND \"${CMAKE_COMMAND}\"
      \"-DARCHIVE=\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_LIBDIR}/lib${target}.a\"
      \"-DHEADERS=${headers}\" \"-DNM=${CMAKE_NM}\" \"-DJOIN=${LO0SIM_JOIN}\"
      \"-DOBJCOPY=${CMAKE_OBJCOPY}\" \"-DAR=${CMAKE_AR}\"
      -P \"${CMAKE_SOURCE_DIR}/cmake/localise.cmake\" COMMAND_ERROR_IS_FATAL ANY)")
endfunction()

# Installs a target under its name without "lo0sim_", with a library's public headers.
function(lo0sim_install target)
  string(REGEX REPLACE "^lo0sim_" "" name "${target}")
  set_target_properties(${target} PROPERTIES EXPORT_NAME ${name})
  get_target_property(type ${target} TYPE)
  set(headers "")
  if(NOT type STREQUAL "EXECUTABLE")
    set(headers FILE_SET HEADERS DESTINATION "${LO0SIM_INSTALL_INCLUDE}")
    set_target_properties(${target} PROPERTIES VERIFY_INTERFACE_HEADER_SETS ON)
  endif()
  install(TARGETS ${target} EXPORT lo0simTargets ${headers})
  if(type STREQUAL "STATIC_LIBRARY")
    lo0sim_localise(${target})
  endif()
endfunction()

# After all targets.
function(lo0sim_install_package)
  install(EXPORT lo0simTargets NAMESPACE lo0sim:: DESTINATION "${LO0SIM_INSTALL_CMAKE}")
  configure_package_config_file("${CMAKE_SOURCE_DIR}/cmake/lo0simConfig.cmake.in"
    "${CMAKE_BINARY_DIR}/lo0simConfig.cmake" INSTALL_DESTINATION "${LO0SIM_INSTALL_CMAKE}"
    NO_SET_AND_CHECK_MACRO)
  write_basic_package_version_file("${CMAKE_BINARY_DIR}/lo0simConfigVersion.cmake"
    COMPATIBILITY SameMajorVersion)
  install(FILES
    "${CMAKE_BINARY_DIR}/lo0simConfig.cmake" "${CMAKE_BINARY_DIR}/lo0simConfigVersion.cmake"
    DESTINATION "${LO0SIM_INSTALL_CMAKE}")
  install(FILES "${CMAKE_SOURCE_DIR}/docs/jsonl.schema.json"
    DESTINATION "${CMAKE_INSTALL_DATADIR}/lo0sim")
endfunction()

# What is not built: the scenarios with their rules and what editors need for them; the documents,
# laid out as in this tree, so that their links work; and the shells' completion. manual.cmake
# installs the man pages.
function(lo0sim_install_share)
  set(share "${CMAKE_INSTALL_DATADIR}")
  install(DIRECTORY scenarios/ DESTINATION "${share}/lo0sim/scenarios")
  install(DIRECTORY exercises/ DESTINATION "${share}/lo0sim/exercises")
  install(FILES README.md CHANGELOG.md CONTRIBUTING.md LICENSE DESTINATION "${CMAKE_INSTALL_DOCDIR}")
  install(DIRECTORY docs DESTINATION "${CMAKE_INSTALL_DOCDIR}" PATTERN CMakeLists.txt EXCLUDE)
  install(DIRECTORY tests/install/consumer DESTINATION "${CMAKE_INSTALL_DOCDIR}/tests/install")
  install(FILES share/completion/lo0sim.bash RENAME lo0sim
    DESTINATION "${share}/bash-completion/completions")
  set(LO0SIM_ZSH_DIR "${share}/zsh/site-functions" CACHE STRING "where zsh looks for completion")
  mark_as_advanced(LO0SIM_ZSH_DIR)
  install(FILES share/completion/_lo0sim DESTINATION "${LO0SIM_ZSH_DIR}")
endfunction()
