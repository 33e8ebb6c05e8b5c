cmake_minimum_required(VERSION 3.25)
# cmake -DSDK= -DCC= -DCXX= [-DC_LAUNCHER= -DCXX_LAUNCHER=] -P alone.cmake
#
# The folder sdk is a project of its own: a copy of it outside of the repository is configured, built, tested and installed;
# the installed tree is moved; then two plugins are built from what was installed and nothing else, one by CMake's package
# and one by a compiler and pkg-config, and play their transcripts. The version of both packages is the ABI's.
execute_process(COMMAND mktemp -d OUTPUT_VARIABLE work OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
find_program(pkg_config NAMES pkg-config pkgconf REQUIRED)

function(fail)
  file(REMOVE_RECURSE ${work})
  message(FATAL_ERROR ${ARGV})
endfunction()
# run(COMMAND...): the output is in `out`.
function(run)
  execute_process(COMMAND ${ARGV} RESULT_VARIABLE code OUTPUT_VARIABLE out ERROR_VARIABLE out)
  if(NOT code EQUAL 0)
    string(REPLACE ";" " " command "${ARGV}")
    fail("${command}\nended with ${code}:\n${out}")
  endif()
  set(out "${out}" PARENT_SCOPE)
endfunction()

set(ENV{CMAKE_BUILD_PARALLEL_LEVEL} 2)
file(COPY ${SDK}/ DESTINATION ${work}/sdk)
run(${CMAKE_COMMAND} -S ${work}/sdk -B ${work}/build -DCMAKE_INSTALL_PREFIX=${work}/installed -DCMAKE_INSTALL_LIBDIR=lib
  -DCMAKE_C_COMPILER=${CC} -DCMAKE_C_COMPILER_LAUNCHER=${C_LAUNCHER}
  -DCMAKE_CXX_COMPILER=${CXX} -DCMAKE_CXX_COMPILER_LAUNCHER=${CXX_LAUNCHER} -DCMAKE_CXX_FLAGS_RELWITHDEBINFO=-O1)
run(${CMAKE_COMMAND} --build ${work}/build)
run(${CMAKE_CTEST_COMMAND} --test-dir ${work}/build --output-on-failure --no-tests=error -j 2)
foreach(test hello_c.transcripts intercom.transcripts webhook.transcripts sdk.layout Utf8)
  if(NOT out MATCHES "${test}")
    fail("the SDK alone has no test '${test}':\n${out}")
  endif()
endforeach()
run(${CMAKE_COMMAND} --install ${work}/build)
file(RENAME ${work}/installed ${work}/prefix)
file(REMOVE_RECURSE ${work}/sdk ${work}/build)
set(ENV{PKG_CONFIG_PATH} ${work}/prefix/lib/pkgconfig)

# One version, that of abi.h.
file(STRINGS ${work}/prefix/include/hookswitch/abi.h lines REGEX "define HKS_ABI_M(AJOR|INOR) ")
string(REGEX REPLACE ".*MAJOR +([0-9]+).*MINOR +([0-9]+).*" "\\1.\\2" version "${lines}")
run(${pkg_config} --modversion hookswitch)
if(NOT out STREQUAL "${version}\n")
  fail("abi.h says version ${version}, hookswitch.pc says ${out}")
endif()

# By CMake's package: an example as it was installed. The version it asks for is there, the next one is refused.
file(COPY ${work}/prefix/share/hookswitch/examples/webhook_cpp DESTINATION ${work})
file(READ ${work}/webhook_cpp/CMakeLists.txt project)
foreach(wanted "${version} EXACT" "${version}.1")
  string(REGEX REPLACE "find_package\\(hookswitch [^ ]+" "find_package(hookswitch ${wanted}" changed "${project}")
  file(WRITE ${work}/webhook_cpp/CMakeLists.txt "${changed}")
  execute_process(COMMAND ${CMAKE_COMMAND} -S ${work}/webhook_cpp -B ${work}/asks -DCMAKE_PREFIX_PATH=${work}/prefix
    -DCMAKE_CXX_COMPILER=${CXX} RESULT_VARIABLE code OUTPUT_VARIABLE out ERROR_VARIABLE out)
  if(wanted MATCHES EXACT AND NOT code EQUAL 0)
    fail("find_package(hookswitch ${wanted}) does not find the package:\n${out}")
  elseif(NOT wanted MATCHES EXACT AND (code EQUAL 0 OR NOT out MATCHES "version: ${version}"))
    fail("find_package(hookswitch ${wanted}) is not refused with the version that is there:\n${out}")
  endif()
  file(REMOVE_RECURSE ${work}/asks)
endforeach()
run(${CMAKE_COMMAND} -DPREFIX=${work}/prefix -DSOURCE=${work}/prefix/share/hookswitch/examples/webhook_cpp -DWORK=${work}/webhook
  -DPLUGIN=webhook -DLANGUAGE=CXX -DCOMPILER=${CXX} -DLAUNCHER=${CXX_LAUNCHER} -P ${CMAKE_CURRENT_LIST_DIR}/foreign_build.cmake)

# By a compiler alone.
set(ENV{CC} ${CC})
set(ENV{WARNINGS} "-Wall -Wextra -Wpedantic -Werror")
set(ENV{EXAMPLE} ${work}/prefix/share/hookswitch/examples/hello_c)
set(ENV{OUT} ${work}/hello_c.so)
run(sh -ec [[$CC -std=c11 $WARNINGS -shared -fPIC -fvisibility=hidden $(pkg-config --cflags hookswitch) "$EXAMPLE/hello_c.c" -o "$OUT"
"$(pkg-config --variable=transcript hookswitch)" "$OUT" "$EXAMPLE/hello_c.transcript"
nm -D --defined-only "$OUT"]])
if(NOT out MATCHES "hello_c.transcript: holds" OR NOT out MATCHES "\n[0-9a-f]+ [A-Z] hks_plugin_entry\n$")
  fail("the plugin of a compiler and pkg-config does not hold its transcript, or exports something else:\n${out}")
endif()
file(REMOVE_RECURSE ${work})
