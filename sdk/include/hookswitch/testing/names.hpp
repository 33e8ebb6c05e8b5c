// hookswitch/testing/names.hpp - the words of abi.h for messages, phases, formats and so on, for printing and for
// transcripts: 9 <-> "CALL_PHASE", 4 <-> "NOTIFY".
#ifndef HKS_TESTING_NAMES_HPP
#define HKS_TESTING_NAMES_HPP
#include <hookswitch/messages.hpp>

#include <string>

namespace hks::testing {

using Names = abi::Words;

/// A field of a record, with the words of an enumeration; without any for plain numbers and everything else.
struct Field {
  const char* name;
  Names words{};
  operator const char*() const { return name; }
};

inline Names messageNames() {
  static constexpr abi::Word all[] = {
#define HKS_MESSAGE(type, record, put, given) {HKS_##type, #type},
#include <hookswitch/messages.def>
  };
  return all;
}

inline std::string messageName(uint32_t type) { return abi::nameOf(type); }

}  // namespace hks::testing
#endif
