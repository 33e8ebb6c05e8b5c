cmake_minimum_required(VERSION 3.25)
# cmake -DPREFIX= -DSOURCE= -DWORK= -DPLUGIN= -DLANGUAGE=C|CXX -DCOMPILER= [-DLAUNCHER=] -P foreign_build.cmake
#
# What somebody outside of this tree does: a copy of the example, find_package(hookswitch) in the installed SDK, build,
# ctest (which plays the transcripts). Then: the plugin exports one symbol.
function(run)
  execute_process(COMMAND ${ARGV} RESULT_VARIABLE code OUTPUT_VARIABLE out ERROR_VARIABLE out)
  if(NOT code EQUAL 0)
    string(REPLACE ";" " " command "${ARGV}")
    message(FATAL_ERROR "${command}\nended with ${code}:\n${out}")
  endif()
endfunction()

file(REMOVE_RECURSE ${WORK})
file(COPY ${SOURCE}/ DESTINATION ${WORK})
run(${CMAKE_COMMAND} -S ${WORK} -B ${WORK}/build -DCMAKE_PREFIX_PATH=${PREFIX} -DCMAKE_${LANGUAGE}_COMPILER=${COMPILER}
  -DCMAKE_${LANGUAGE}_COMPILER_LAUNCHER=${LAUNCHER} "-DCMAKE_${LANGUAGE}_FLAGS=-Wall -Wextra -Wpedantic -Wshadow -Werror")
run(${CMAKE_COMMAND} --build ${WORK}/build)
run(${CMAKE_CTEST_COMMAND} --test-dir ${WORK}/build --output-on-failure --no-tests=error)
execute_process(COMMAND nm -D --defined-only ${WORK}/build/plugins/${PLUGIN}.so OUTPUT_VARIABLE symbols RESULT_VARIABLE code)
if(NOT code EQUAL 0 OR NOT symbols MATCHES "^[0-9a-f]+ [A-Z] hks_plugin_entry\n$")
  message(FATAL_ERROR "${PLUGIN}.so exports something else than hks_plugin_entry:\n${symbols}")
endif()
