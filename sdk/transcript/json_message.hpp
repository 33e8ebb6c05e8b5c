#pragma once
#include <hookswitch/testing/message.hpp>

#include <nlohmann/json.hpp>

#include <map>
#include <stdexcept>
#include <string>

// Between messages and the JSON objects of a transcript. Field names and words are those of abi.h.
namespace hks::transcript {

using nlohmann::json;

/// A line of a transcript that cannot be understood.
struct BadScript : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Captured values by name, without the `$`. A JSON string or number.
using Variables = std::map<std::string, json>;

/// "$name" as a whole string; empty when `value` is something else ("$$5" is the text "$5").
std::string variableName(const json& value);

/// `value` with every "$name" and "${name}" replaced. A "$name" that is not known throws BadScript.
json expand(const json& value, const Variables& variables);

/// The bytes a JSON value stands for where the record has a string: a string itself; {"$hex":"ff00"};
/// {"$repeat":["ff",160]}; any other object or array is written out as JSON text.
std::string bytesOf(const json& value);

/// The message a `>` line describes. An unknown field throws BadScript that lists the known ones.
testing::Message messageOf(uint32_t type, const json& fields);

/// JSON as one line, with bytes that are not UTF-8 replaced.
std::string dump(const json& value);

}  // namespace hks::transcript
