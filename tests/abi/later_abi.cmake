cmake_minimum_required(VERSION 3.25)
# cmake -DIN=sdk/include/hookswitch -DOUT=later/hookswitch -P later_abi.cmake
#
# The headers of a later minor version: every record that may grow has two more fields, the entry too, and there is one
# more message. Made from today's abi.h and messages.def, so that it cannot be forgotten when they change.
# Of the table, so that a new record grows too; hks_msg is final.
file(STRINGS ${IN}/messages.def rows REGEX "HKS_RECORD_END\\(hks_")
string(REGEX MATCHALL "HKS_RECORD_END\\(hks_[a-z_]+\\)" records "${rows}")
list(TRANSFORM records REPLACE "HKS_RECORD_END\\(hks_([a-z_]+)\\)" "\\1")
list(REMOVE_ITEM records msg)
list(FILTER records EXCLUDE REGEX "^draft_")  # drafts change by another number

# change(<variable> <what> <by> <words for what is missing>)
function(change variable what by words)
  string(REPLACE "${what}" "${by}" changed "${${variable}}")
  if(changed STREQUAL "${${variable}}")
    message(FATAL_ERROR "${words}: change later_abi.cmake")
  endif()
  set(${variable} "${changed}" PARENT_SCOPE)
endfunction()

file(READ ${IN}/abi.h text)
string(REPLACE ";" "@semicolon@" text "${text}")
foreach(record ${records} key entry)
  change(text "} hks_${record}@semicolon@"
    "  uint64_t later_number@semicolon@ hks_str later_text@semicolon@\n} hks_${record}@semicolon@"
    "abi.h has no record hks_${record}")
endforeach()
change(text "typedef struct hks_timer {"
  "typedef struct hks_later { hks_msg msg@semicolon@ hks_str later_text@semicolon@ uint64_t later_number@semicolon@ } hks_later@semicolon@\ntypedef struct hks_timer {"
  "abi.h has no hks_timer")
change(text "  HKS_RECALL = 223 " "  HKS_LATER = 999,\n  HKS_RECALL = 223 " "abi.h has no HKS_RECALL")
if(NOT text MATCHES "#define HKS_ABI_MINOR ([0-9]+)u")
  message(FATAL_ERROR "abi.h does not say HKS_ABI_MINOR: change later_abi.cmake")
endif()
math(EXPR later_minor "${CMAKE_MATCH_1} + 1")
change(text "#define HKS_ABI_MINOR ${CMAKE_MATCH_1}u" "#define HKS_IS_LATER 1\n#define HKS_ABI_MINOR ${later_minor}u" "abi.h has no minor")
string(REPLACE "@semicolon@" ";" text "${text}")
file(WRITE ${OUT}/abi.h "${text}")

file(READ ${IN}/messages.def text)
string(REPLACE ";" "@semicolon@" text "${text}")
foreach(record ${records})
  change(text "HKS_RECORD_END(hks_${record})" "HKS_NUM(later_number) HKS_STR(later_text) HKS_RECORD_END(hks_${record})"
    "messages.def has no record hks_${record}")
endforeach()
change(text "HKS_RECORD(hks_timer,"
  "HKS_RECORD(hks_later, 40, 16) HKS_STR(later_text) HKS_NUM(later_number) HKS_RECORD_END(hks_later)\nHKS_RECORD(hks_timer,"
  "messages.def has no hks_timer")
change(text "HKS_MEMBER(uint32_t, status)"
  "HKS_MEMBER(uint32_t, status) HKS_MEMBER(uint64_t, later_number) HKS_MEMBER(std::string, later_text)"
  "messages.def has no member status")
change(text "HKS_MESSAGE(RECALL," "HKS_MESSAGE(LATER, hks_later, ALL, NONE)\nHKS_MESSAGE(RECALL," "messages.def has no RECALL")
string(REPLACE "@semicolon@" ";" text "${text}")
file(WRITE ${OUT}/messages.def "${text}")
