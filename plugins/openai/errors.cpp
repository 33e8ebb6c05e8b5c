#include "plugins/openai/errors.hpp"

#include <hookswitch/out.hpp>
#include <hookswitch/utf8.hpp>

#include <algorithm>
#include <iterator>

namespace hookswitch::openai {
namespace {

using std::string_view;

template <std::size_t N>
bool oneOf(string_view code, const string_view (&codes)[N]) {
  return std::find(std::begin(codes), std::end(codes), code) != std::end(codes);
}

}  // namespace

bool isFatal(string_view code) {
  static constexpr string_view codes[] = {
      "invalid_api_key", "insufficient_quota", "account_deactivated", "billing_hard_limit_reached",
      "invalid_model",   "model_not_found",    "invalid_intent",      "beta_api_shape_disabled"};
  return oneOf(code, codes);
}

bool isHarmless(string_view code) {
  static constexpr string_view codes[] = {"response_cancel_not_active", "input_audio_buffer_commit_empty",
                                          "unsupported_content_type"};
  return oneOf(code, codes);
}

bool isPassing(const hks::json::Value& error) {
  const string_view code = hks::json::textAt(error, "code");
  return code.find("rate_limit") != string_view::npos || code == "server_error" ||
         hks::json::textAt(error, "type") == "server_error";
}

bool isFatalClose(const hks_closed& lost) {
  return lost.close_code >= 3000 && lost.close_code < 5000 &&
         hks::text(lost.reason).find("invalid_request_error") != string_view::npos;
}

std::string described(const hks::json::Value& error) {
  std::string text = hks::utf8::line(hks::json::textAt(error, "message"), 200);
  const std::string code = hks::utf8::line(hks::json::textAt(error, "code"), 60);
  const std::string param = hks::utf8::line(hks::json::textAt(error, "param"), 60);
  if (text.empty()) text = "no message";
  if (!code.empty()) text += " (" + code + (param.empty() ? ")" : ", " + param + ")");
  return text;
}

hks::json::Value errorOf(const hks::json::Value& root) {
  hks::json::Value error;
  return hks::json::objectAt(root, "error", error) ? error : root;
}

}  // namespace hookswitch::openai
