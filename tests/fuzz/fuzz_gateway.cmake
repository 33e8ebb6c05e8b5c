if(TARGET gateway_plugin_objects)
  find_package(nlohmann_json REQUIRED)
  hookswitch_add_fuzzer(fuzz_gateway_step SOURCES ${CMAKE_CURRENT_LIST_DIR}/fuzz_gateway_step.cpp
    LIBS gateway_plugin_objects nlohmann_json::nlohmann_json)
endif()
