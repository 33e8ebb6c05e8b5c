# hookswitch_add_plugin(<id> SOURCES a.cpp ... [LIBS x ...] [OUTPUT_DIRECTORY dir])
#
# Builds the plugin <id> as <id>.so (in build/plugins unless told otherwise) with exactly one exported symbol,
# hks_plugin_entry. Beside it stands the static library <id>_plugin_objects with the same code, for unit tests that look
# inside. C and C++ sources; C++ ones are compiled as C++17 at least. A project of plain C (LANGUAGES C) links libraries of
# plain C; where the project speaks C++ too, a plugin with LIBS is linked by the C++ compiler, because they may need it.
set(HOOKSWITCH_PLUGIN_MAP ${CMAKE_CURRENT_LIST_DIR}/plugin.map CACHE INTERNAL "version script of every plugin")

function(hookswitch_add_plugin id)
  cmake_parse_arguments(ARG "" "OUTPUT_DIRECTORY" "SOURCES;LIBS" ${ARGN})
  if(NOT id MATCHES "^[a-z][a-z0-9_-]*$")
    message(FATAL_ERROR "hookswitch_add_plugin: the id '${id}' must match [a-z][a-z0-9_-]*")
  endif()
  if(NOT ARG_SOURCES)
    message(FATAL_ERROR "hookswitch_add_plugin(${id}): SOURCES is empty")
  endif()
  if(ARG_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "hookswitch_add_plugin(${id}): '${ARG_UNPARSED_ARGUMENTS}' belongs to no keyword; sources stand after SOURCES")
  endif()
  if(NOT ARG_OUTPUT_DIRECTORY)
    set(ARG_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/plugins)
  endif()
  set(cpp ${ARG_SOURCES})
  list(FILTER cpp EXCLUDE REGEX "\\.c$")
  add_library(${id}_plugin_objects STATIC ${ARG_SOURCES})
  set_target_properties(${id}_plugin_objects PROPERTIES
    POSITION_INDEPENDENT_CODE ON C_VISIBILITY_PRESET hidden CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)
  target_link_libraries(${id}_plugin_objects PUBLIC hookswitch::sdk ${ARG_LIBS})
  # GCC would make inline variables of C++ one in the whole process, plugins of other people included.
  target_compile_options(${id}_plugin_objects PRIVATE $<$<COMPILE_LANG_AND_ID:CXX,GNU>:-fno-gnu-unique>)
  add_library(${id} MODULE $<TARGET_OBJECTS:${id}_plugin_objects>)
  set_target_properties(${id} PROPERTIES PREFIX "" LIBRARY_OUTPUT_DIRECTORY ${ARG_OUTPUT_DIRECTORY}
    LINK_DEPENDS ${HOOKSWITCH_PLUGIN_MAP})
  get_property(languages GLOBAL PROPERTY ENABLED_LANGUAGES)
  if(cpp AND NOT "CXX" IN_LIST languages)
    message(FATAL_ERROR "hookswitch_add_plugin(${id}): ${cpp} is not C; the project needs LANGUAGES CXX")
  elseif(cpp OR (ARG_LIBS AND "CXX" IN_LIST languages))
    target_compile_features(${id}_plugin_objects PUBLIC cxx_std_17)
    set_target_properties(${id} PROPERTIES LINKER_LANGUAGE CXX)
  else()  # plain C: a project without C++ can build it
    set_target_properties(${id} PROPERTIES LINKER_LANGUAGE C)
  endif()
  target_link_libraries(${id} PRIVATE hookswitch::sdk ${ARG_LIBS})
  target_link_options(${id} PRIVATE -Wl,--version-script=${HOOKSWITCH_PLUGIN_MAP})
  # A sanitizer's runtime stays undefined in the plugin and is found in the program that loads it.
  if(NOT "${CMAKE_C_FLAGS} ${CMAKE_CXX_FLAGS}" MATCHES "fsanitize" AND NOT HOOKSWITCH_SANITIZE)
    target_link_options(${id} PRIVATE -Wl,--no-undefined)
  endif()
endfunction()
