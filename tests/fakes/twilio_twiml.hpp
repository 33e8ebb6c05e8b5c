// TwiML, read as strictly as Twilio does and a little stricter: what this refuses, the caller would hear as an error.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace fakes {

struct Verb {
  std::string name;  ///< Connect, Dial, Hangup, Reject, Say, Pause, Play, Redirect
  std::vector<std::pair<std::string, std::string>> attributes;
  std::string text;            ///< character data, trimmed
  std::vector<Verb> children;  ///< Connect: one Stream; Stream: Parameters; Dial: one Number
  /// Value of an attribute, `otherwise` when absent.
  std::string attribute(std::string_view key, std::string_view otherwise = {}) const;
};

struct Twiml {
  std::vector<Verb> verbs;
  std::string error;  ///< empty when the document may run; else a sentence
  unsigned code = 0;  ///< Twilio's debugger code of the error: 11750 too long, 12100 XML, 12200 schema, 12300 type
  /// The document runs, but its <Stream> cannot be opened (31921 scheme, 31923 URL, 31920 query in the URL).
  std::string stream_error;
  unsigned stream_code = 0;
};

/// `content_type` as in the header; empty: not checked (TwiML given inline).
Twiml parseTwiml(std::string_view document, std::string_view content_type);

}  // namespace fakes
