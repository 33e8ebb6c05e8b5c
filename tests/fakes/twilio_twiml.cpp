#include "tests/fakes/twilio_twiml.hpp"

#include "tests/fakes/twilio_text.hpp"

#include <expat.h>

#include <algorithm>
#include <memory>

namespace fakes {

namespace {

constexpr std::size_t longest_document = 64 * 1024;
constexpr std::size_t deepest = 16;
constexpr std::size_t longest_parameter = 500;  // name and value together must stay below

struct Rule {
  const char* name;
  const char* parent;
  std::vector<std::string_view> attributes;
};

const std::vector<Rule>& rules() {
  static const std::vector<Rule> all = {
      {"Response", "", {}},
      {"Connect", "Response", {"action", "method"}},
      {"Stream", "Connect", {"url", "name", "track", "statusCallback", "statusCallbackMethod"}},
      {"Parameter", "Stream", {"name", "value"}},
      {"Dial", "Response", {"action", "method", "timeout", "answerOnBridge", "callerId"}},
      {"Number", "Dial", {"url", "method", "statusCallback", "statusCallbackEvent", "statusCallbackMethod"}},
      {"Hangup", "Response", {}},
      {"Reject", "Response", {"reason"}},
      {"Say", "Response", {"voice", "language", "loop"}},
      {"Pause", "Response", {"length"}},
      {"Play", "Response", {"digits", "loop"}},
      {"Redirect", "Response", {"method"}},
  };
  return all;
}

struct Reader {
  Twiml out;
  Verb root;
  std::vector<Verb*> stack;
  XML_Parser parser = nullptr;

  void refuse(unsigned code, std::string why) {
    if (out.code != 0) return;
    out.code = code;
    out.error = "line " + std::to_string(XML_GetCurrentLineNumber(parser)) + ": " + std::move(why);
  }

  void open(const char* name, const char** attributes) {
    if (stack.size() >= deepest) {
      refuse(12200, "elements are nested too deeply");
      XML_StopParser(parser, XML_FALSE);
      return;
    }
    const std::string parent = stack.empty() ? "" : stack.back()->name;
    const auto rule =
        std::find_if(rules().begin(), rules().end(), [&](const Rule& r) { return r.name == std::string_view(name); });
    if (rule == rules().end())
      refuse(12200, std::string("<") + name + "> is not a verb this fake knows");
    else if (rule->parent != parent)
      refuse(12200, std::string("<") + name + "> belongs into <" + rule->parent + ">, not into <" + parent + ">");
    Verb verb;
    verb.name = name;
    for (; *attributes != nullptr; attributes += 2) {
      if (rule != rules().end() &&
          std::find(rule->attributes.begin(), rule->attributes.end(), attributes[0]) == rule->attributes.end())
        refuse(12200, std::string("<") + name + "> has no attribute '" + attributes[0] + "'");
      verb.attributes.emplace_back(attributes[0], attributes[1]);
    }
    if (stack.empty()) {
      root = std::move(verb);
      stack.push_back(&root);
    } else {
      stack.back()->children.push_back(std::move(verb));
      stack.push_back(&stack.back()->children.back());
    }
  }

  void close() {
    Verb& verb = *stack.back();
    const auto first = verb.text.find_first_not_of(" \t\r\n");
    verb.text =
        first == std::string::npos ? "" : verb.text.substr(first, verb.text.find_last_not_of(" \t\r\n") - first + 1);
    const bool speaks = verb.name == "Say" || verb.name == "Play" || verb.name == "Redirect" || verb.name == "Number";
    if (!verb.text.empty() && !speaks) refuse(12200, "<" + verb.name + "> may not contain text");
    if (verb.name == "Parameter") checkParameter(verb);
    if (verb.name == "Stream") checkStream(verb);
    if (verb.name == "Play") checkPlay(verb);
    if (verb.name == "Dial" && verb.children.size() != 1) refuse(12200, "<Dial> must contain exactly one <Number>");
    if (verb.name == "Number" && !isE164(verb.text))
      refuse(13224, "<Number> needs a number in E.164, not '" + verb.text + "'");
    if (verb.name == "Connect" && verb.children.size() != 1)
      refuse(12200, "<Connect> must contain exactly one <Stream>");
    if (verb.name == "Reject" && verb.attribute("reason", "rejected") != "rejected" &&
        verb.attribute("reason") != "busy")
      refuse(12200, "<Reject reason> is 'rejected' or 'busy'");
    stack.pop_back();
  }

  void checkParameter(const Verb& verb) {
    const std::string key = verb.attribute("name"), value = verb.attribute("value");
    if (key.empty()) refuse(12200, "<Parameter> needs a name");
    if (key.size() + value.size() >= longest_parameter)
      refuse(12200,
             "<Parameter name=\"" + key + "\"> is too long: name and value together must stay below 500 characters");
  }

  void checkPlay(const Verb& verb) {
    if (verb.attribute("digits").find_first_not_of("0123456789*#ABCDw") != std::string::npos)
      refuse(12200, "<Play digits=\"" + verb.attribute("digits") + "\"> has something that is no key");
  }

  void checkStream(const Verb& verb) {
    const std::string url = verb.attribute("url");
    UrlParts parts;
    if (url.empty()) return refuse(12200, "<Stream> needs a url");
    if (verb.attribute("track", "inbound_track") != "inbound_track")
      return refuse(12200, "a <Stream> inside <Connect> always has track inbound_track");
    if (!splitUrl(url, parts)) return breakStream(31923, "<Stream url=\"" + url + "\"> is not an absolute URL");
    if (parts.scheme != "wss" && parts.scheme != "ws")
      return breakStream(31922, "<Stream url> must be wss (or ws towards this fake), not " + parts.scheme);
    if (parts.target.find('?') != std::string::npos || !parts.fragment.empty())
      return breakStream(31920, "<Stream url> may not carry a query or a fragment: use <Parameter>");
  }

  void breakStream(unsigned code, std::string why) {
    out.stream_code = code;
    out.stream_error = std::move(why);
  }
};

bool xmlType(std::string_view type) {
  const auto bare = std::string(type.substr(0, type.find(';')));
  const auto end = bare.find_last_not_of(' ');
  const auto name = end == std::string::npos ? std::string() : bare.substr(0, end + 1);
  return name == "text/xml" || name == "application/xml";
}

}  // namespace

std::string Verb::attribute(std::string_view key, std::string_view otherwise) const {
  for (const auto& [given, value] : attributes)
    if (given == key) return value;
  return std::string(otherwise);
}

Twiml parseTwiml(std::string_view document, std::string_view content_type) {
  Reader reader;
  if (document.size() > longest_document) {
    reader.out.code = 11750;
    reader.out.error = "the document has " + std::to_string(document.size()) + " bytes; 65536 are allowed";
    return reader.out;
  }
  if (!content_type.empty() && !xmlType(content_type)) {
    reader.out.code = 12300;
    reader.out.error = "content type '" + std::string(content_type) + "' is neither text/xml nor application/xml";
    return reader.out;
  }
  std::unique_ptr<XML_ParserStruct, decltype(&XML_ParserFree)> parser(XML_ParserCreate("UTF-8"), XML_ParserFree);
  reader.parser = parser.get();
  XML_SetUserData(parser.get(), &reader);
  XML_SetElementHandler(
      parser.get(),
      [](void* self, const char* name, const char** attributes) { static_cast<Reader*>(self)->open(name, attributes); },
      [](void* self, const char*) { static_cast<Reader*>(self)->close(); });
  XML_SetCharacterDataHandler(parser.get(), [](void* self, const char* text, int size) {
    auto& stack = static_cast<Reader*>(self)->stack;
    if (!stack.empty()) stack.back()->text.append(text, std::size_t(size));
  });
  XML_SetStartDoctypeDeclHandler(parser.get(), [](void* self, const char*, const char*, const char*, int) {
    static_cast<Reader*>(self)->refuse(12100, "a document type declaration is not allowed");
  });
  if (XML_Parse(parser.get(), document.data(), int(document.size()), 1) != XML_STATUS_OK) {
    if (XML_GetErrorCode(parser.get()) == XML_ERROR_ABORTED) return reader.out;
    reader.out.code = 0;  // not well-formed beats what the schema had to say
    reader.refuse(12100, XML_ErrorString(XML_GetErrorCode(parser.get())));
  } else if (reader.out.code == 0 && reader.root.name != "Response") {
    reader.refuse(12200, "the root element must be <Response>");
  }
  if (reader.out.code == 0) reader.out.verbs = std::move(reader.root.children);
  return reader.out;
}

}  // namespace fakes
