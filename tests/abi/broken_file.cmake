cmake_minimum_required(VERSION 3.25)
# cmake -DIN=sound.so -DOUT=x.so -DHOW=text|empty|header|segments|tail|machine -P broken_file.cmake: files that look like
# plugins by their name. The lengths are parts of the good file, so they fit whatever the linker made.
file(SIZE ${IN} size)
if(HOW STREQUAL "text")
  file(COPY_FILE ${CMAKE_CURRENT_LIST_DIR}/museum/text_file.txt ${OUT})
  return()
elseif(HOW STREQUAL "empty")
  file(WRITE ${OUT} "")
  return()
elseif(HOW STREQUAL "header")    # inside of the ELF header
  set(bytes 40)
elseif(HOW STREQUAL "segments")  # the header is whole, what the loader maps is not: touching it is a SIGBUS
  set(bytes 1000)
elseif(HOW STREQUAL "tail")      # as after a copy that was interrupted near the end
  math(EXPR bytes "${size} - 100")
elseif(HOW STREQUAL "machine")
  set(bytes ${size})
endif()
execute_process(COMMAND head -c ${bytes} ${IN} OUTPUT_FILE ${OUT} COMMAND_ERROR_IS_FATAL ANY)
if(HOW STREQUAL "machine")       # e_machine (offset 18) says 32-bit ARM
  file(WRITE ${OUT}.machine "(")
  execute_process(COMMAND dd if=${OUT}.machine of=${OUT} bs=1 seek=18 count=1 conv=notrunc status=none COMMAND_ERROR_IS_FATAL ANY)
  file(REMOVE ${OUT}.machine)
endif()
