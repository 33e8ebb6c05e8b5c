if(TARGET twilio_plugin_objects)
  hookswitch_add_fuzzer(fuzz_twilio_step SOURCES ${CMAKE_CURRENT_LIST_DIR}/fuzz_twilio_step.cpp LIBS twilio_plugin_objects)
endif()
