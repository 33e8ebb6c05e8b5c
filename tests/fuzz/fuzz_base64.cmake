hookswitch_add_fuzzer(fuzz_base64 SOURCES ${CMAKE_CURRENT_LIST_DIR}/fuzz_base64.cpp LIBS hookswitch_sdk)
