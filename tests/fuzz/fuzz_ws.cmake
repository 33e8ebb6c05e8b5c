hookswitch_add_fuzzer(fuzz_ws_parser SOURCES ${CMAKE_CURRENT_LIST_DIR}/fuzz_ws_parser.cpp LIBS hookswitch_net)
hookswitch_add_fuzzer(fuzz_ws_writer SOURCES ${CMAKE_CURRENT_LIST_DIR}/fuzz_ws_writer.cpp LIBS hookswitch_net)
hookswitch_add_fuzzer(fuzz_http_request SOURCES ${CMAKE_CURRENT_LIST_DIR}/fuzz_http_request.cpp LIBS hookswitch_net)
