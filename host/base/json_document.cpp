#include "host/base/json_document.hpp"

#include <Poco/Exception.h>
#include <Poco/JSON/Array.h>
#include <Poco/JSON/Object.h>
#include <Poco/JSON/ParseHandler.h>
#include <Poco/JSON/Parser.h>
#include <Poco/MemoryStream.h>

#include <algorithm>
#include <charconv>
#include <set>
#include <vector>

#include "host/base/json.hpp"

namespace hookswitch::json {
namespace {

using Poco::Dynamic::Var;
using PocoArray = Poco::JSON::Array::Ptr;
using PocoObject = Poco::JSON::Object::Ptr;

constexpr std::size_t max_sentence = 100;  // a part of the document may be in it

/// Builds the document and refuses what Poco lets through: a name twice, too much of it. Poco's own handler has no room
/// for a value that is no object or array; such a document is one too.
class Builder final : public Poco::JSON::ParseHandler {
 public:
  Builder(std::string_view text, const Limits& limits)
      : ParseHandler(true), text_(text), limits_(limits), in_(text.data(), std::streamsize(text.size())) {}

  std::istream& in() { return in_; }
  /// How much has been read.
  std::size_t at() {
    const auto read = in_.rdbuf()->pubseekoff(0, std::ios::cur, std::ios::in);
    return read < 0 ? text_.size() : std::size_t(read);
  }

  Var document() const { return names_.empty() && !started_ ? scalar_ : asVar(); }

  void startObject() override { enter(), ParseHandler::startObject(); }
  void startArray() override { enter(), ParseHandler::startArray(); }
  void endObject() override { names_.pop_back(), ParseHandler::endObject(); }
  void endArray() override { names_.pop_back(), ParseHandler::endArray(); }
  void key(const std::string& name) override {
    if (++members_ > limits_.members)
      throw Poco::DataFormatException("more than " + std::to_string(limits_.members) + " members");
    if (!names_.back().insert(name).second)
      throw Poco::DataFormatException("'" + name.substr(0, 64) + "' is there twice");
    ParseHandler::key(name);
  }
  void value(int) override { integer(); }
  void value(unsigned) override { integer(); }
  void value(Poco::Int64) override { integer(); }
  void value(Poco::UInt64) override { integer(); }
  void value(const std::string& v) override { put(v); }
  void value(double v) override { put(v); }
  void value(bool v) override { put(v); }
  void null() override {
    if (started_) ParseHandler::null();
  }

 private:
  void enter() {
    if (names_.size() >= limits_.depth)
      throw Poco::DataFormatException("nested deeper than " + std::to_string(limits_.depth) + " levels");
    names_.emplace_back();
    started_ = true;
  }
  /// The number that has just been read, from the text: what is out of range comes from Poco as another number.
  void integer() {
    const std::size_t end = at(), before = text_.substr(0, end).find_last_not_of("-0123456789");
    const std::size_t begin = before == std::string_view::npos ? 0 : before + 1;
    const char *first = text_.data() + begin, *last = text_.data() + end;
    Poco::Int64 narrow = 0;
    Poco::UInt64 wide = 0;
    if (const auto read = std::from_chars(first, last, narrow); read.ec == std::errc() && read.ptr == last)
      return put(narrow);
    if (const auto read = std::from_chars(first, last, wide); read.ec == std::errc() && read.ptr == last)
      return put(wide);
    throw Poco::DataFormatException("the number " + std::string(first, std::min(last, first + 32)) +
                                    " is out of range");
  }
  template <class T>
  void put(const T& v) {
    if (started_)
      ParseHandler::value(v);
    else
      scalar_ = v;
  }

  const std::string_view text_;
  const Limits limits_;
  Poco::MemoryInputStream in_;
  std::vector<std::set<std::string>> names_;  // of the objects that are open; an array has an empty set
  std::size_t members_ = 0;
  bool started_ = false;
  Var scalar_;
};

/// What Poco says, without the byte that is not there any more at the end, and without the full stop.
std::string sentence(std::string said, bool at_end) {
  if (at_end && (said.find("instead of byte") != std::string::npos || said.find("unterminated") != std::string::npos))
    return "unexpected end of text";
  if (!said.empty() && said.back() == '.') said.pop_back();
  return said.empty() ? "it cannot be read" : said.substr(0, max_sentence);
}

/// ", line 2, column 7": where the reader stands.
std::string place(std::string_view text, std::size_t at) {
  const std::string_view read = text.substr(0, at);
  const std::size_t line = read.rfind('\n');
  return ", line " + std::to_string(1 + std::count(read.begin(), read.end(), '\n')) + ", column " +
         std::to_string(line == std::string_view::npos ? read.size() : read.size() - line - 1);
}

void textTo(std::string& out, const Var& value);

void objectTo(std::string& out, const Poco::JSON::Object& object) {
  out += '{';
  for (auto& name : object.getNames()) {
    if (out.back() != '{') out += ',';
    quoteTo(out, name);
    out += ':';
    textTo(out, object.get(name));
  }
  out += '}';
}

void textTo(std::string& out, const Var& value) {
  if (value.isEmpty()) {
    out += "null";
  } else if (value.type() == typeid(PocoObject)) {
    objectTo(out, *value.extract<PocoObject>());
  } else if (value.type() == typeid(PocoArray)) {
    out += '[';
    for (auto& each : *value.extract<PocoArray>()) {
      if (out.back() != '[') out += ',';
      textTo(out, each);
    }
    out += ']';
  } else if (value.isString()) {
    quoteTo(out, value.extract<std::string>());
  } else {
    const std::string number = value.toString();
    out += number;
    // What was written with a fraction stays a number with one.
    if (value.type() == typeid(double) && number.find_first_of(".eE") == std::string::npos) out += ".0";
  }
}

}  // namespace

base::Result<Var> parse(std::string_view text, const Limits& limits) {
  Poco::SharedPtr<Builder> builder = new Builder(text, limits);
  Poco::JSON::Parser parser(builder);
  parser.setDepth(limits.depth + 1);  // the builder is first, and has a sentence for it
  try {
    parser.parse(builder->in());
    return builder->document();
  } catch (const Poco::Exception& e) {
    const std::size_t at = builder->at();
    return base::Failure(sentence(e.message(), at == text.size()) + place(text, at));
  }
}

std::string text(const Var& value) {
  std::string out;
  textTo(out, value);
  return out;
}

}  // namespace hookswitch::json
