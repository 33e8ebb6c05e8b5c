if(TARGET telegram_plugin_objects)
  find_package(nlohmann_json REQUIRED)
  hookswitch_add_fuzzer(fuzz_telegram_step SOURCES ${CMAKE_CURRENT_LIST_DIR}/fuzz_telegram_step.cpp
    LIBS telegram_plugin_objects nlohmann_json::nlohmann_json)
endif()
