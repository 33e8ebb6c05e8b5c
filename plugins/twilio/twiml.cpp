#include "plugins/twilio/twiml.hpp"

#include <hookswitch/utf8.hpp>

#include <cstddef>

namespace hookswitch::twilio {
namespace {

constexpr std::string_view kHead = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response>";
constexpr std::string_view kTail = "</Response>";

std::string document(std::string_view inside) {
  std::string out(kHead);
  out += inside;
  out += kTail;
  return out;
}

}  // namespace

std::string xmlAttribute(std::string_view in) {
  std::string out;
  out.reserve(in.size() + 16);
  for (std::size_t at = 0; at < in.size();) {
    const char32_t point = hks::utf8::next(in, at);
    switch (point) {
      case '&': out += "&amp;"; continue;
      case '<': out += "&lt;"; continue;
      case '>': out += "&gt;"; continue;
      case '"': out += "&quot;"; continue;
      case '\t': out += "&#9;"; continue;
      case '\n': out += "&#10;"; continue;
      case '\r': out += "&#13;"; continue;
      default: break;
    }
    if (point >= 0x20 && point != 0xFFFE && point != 0xFFFF) hks::utf8::append(out, point);
  }
  return out;
}

namespace {

std::string connect(std::string_view media_url, std::string_view call, std::string_view status_url) {
  std::string out = "<Connect><Stream url=\"" + xmlAttribute(media_url) + '"';
  if (!status_url.empty()) out += " statusCallback=\"" + xmlAttribute(status_url) + "\" statusCallbackMethod=\"POST\"";
  out += "><Parameter name=\"gw_call\" value=\"" + xmlAttribute(call) + "\"/></Stream></Connect><Hangup/>";
  return out;
}

}  // namespace

std::string connectStream(std::string_view media_url, std::string_view call, std::string_view status_url) {
  return document(connect(media_url, call, status_url));
}

std::string playKeys(std::string_view digits, std::string_view media_url, std::string_view call,
                     std::string_view status_url) {
  return document("<Play digits=\"" + xmlAttribute(digits) + "\"/>" + connect(media_url, call, status_url));
}

std::string dialNumber(std::string_view to, std::string_view announce, std::uint32_t timeout_s,
                       std::string_view action_url, std::string_view status_url) {
  std::string out;
  if (!announce.empty()) out += "<Say>" + xmlAttribute(announce) + "</Say>";
  out += "<Dial answerOnBridge=\"true\" timeout=\"" + std::to_string(timeout_s) + "\" action=\"" +
         xmlAttribute(action_url) + "\" method=\"POST\"><Number statusCallback=\"" + xmlAttribute(status_url) +
         "\" statusCallbackEvent=\"initiated ringing answered completed\" statusCallbackMethod=\"POST\">" +
         xmlAttribute(to) + "</Number></Dial>";
  return document(out);
}

std::string hangUp() { return document("<Hangup/>"); }

std::string sayAndHangUp(std::string_view text) {
  std::string words = xmlAttribute(hks::utf8::line(text, 3000));
  if (words.size() > 3000) {  // escapes have made it longer; none of them has a space inside
    const std::size_t space = words.rfind(' ', 3000);
    words.resize(space == std::string::npos ? 0 : space);
  }
  return document("<Say>" + words + "</Say><Hangup/>");
}

std::string reject() { return document("<Reject reason=\"rejected\"/>"); }

std::string rejectBusy() { return document("<Reject reason=\"busy\"/>"); }

}  // namespace hookswitch::twilio
