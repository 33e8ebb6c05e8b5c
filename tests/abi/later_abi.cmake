cmake_minimum_required(VERSION 3.25)
# cmake -DIN=abi.h -DOUT=later/hookswitch/abi.h -P later_abi.cmake
#
# The header of a later minor version: every record that may grow has two more fields, the entry too, and there is one
# more message. Made from today's header, so that it cannot be forgotten when that changes.
file(READ ${IN} text)
string(REPLACE ";" "@semicolon@" text "${text}")
set(grown 0)
foreach(record call line record tool start http data audio notice transcript mark heard closed refusal call_end swept state phase hook hook_done
    route timer ready tool_call key entry)
  string(REGEX REPLACE "} hks_${record}@semicolon@" "  uint64_t later_number@semicolon@ hks_str later_text@semicolon@\n} hks_${record}@semicolon@" changed "${text}")
  if(changed STREQUAL text)
    message(FATAL_ERROR "abi.h has no record hks_${record}: change the list in later_abi.cmake")
  endif()
  set(text "${changed}")
endforeach()
set(before "${text}")
string(REPLACE "#define HKS_ABI_MINOR 0u" "#define HKS_ABI_MINOR 1u" text "${text}")
if(before STREQUAL text)
  message(FATAL_ERROR "abi.h does not say HKS_ABI_MINOR 0u any more: raise both numbers here")
endif()
string(REPLACE "@semicolon@" ";" text "${text}")
file(WRITE ${OUT} "${text}")
