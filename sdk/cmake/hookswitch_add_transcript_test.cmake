# hookswitch_add_transcript_test(<id> a.transcript ...)
#
# A ctest "<id>.transcripts" that plays the files against the plugin <id> (a target of hookswitch_add_plugin).
function(hookswitch_add_transcript_test id)
  if(NOT ARGN)
    message(FATAL_ERROR "hookswitch_add_transcript_test(${id}): name at least one transcript")
  endif()
  if(NOT TARGET hookswitch::hookswitch-transcript)
    message(FATAL_ERROR "hookswitch_add_transcript_test(${id}): this SDK was built without hookswitch-transcript, "
      "because nlohmann-json3-dev was missing when it was configured")
  endif()
  set(files)
  foreach(file IN LISTS ARGN)
    get_filename_component(file ${file} ABSOLUTE)
    if(NOT EXISTS ${file})
      message(FATAL_ERROR "hookswitch_add_transcript_test(${id}): there is no file ${file}")
    endif()
    list(APPEND files ${file})
  endforeach()
  add_test(NAME ${id}.transcripts
    COMMAND $<TARGET_FILE:hookswitch::hookswitch-transcript> $<TARGET_FILE:${id}> ${files})
  set_tests_properties(${id}.transcripts PROPERTIES TIMEOUT 60)
endfunction()
