// The gemini voice under arbitrary messages.
#include "tests/fuzz/voice_step.hpp"
#include "tests/plugins/gemini/schema.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const gemini_test::Schema schema;
  static const auto check = [](const std::string& text) {
    const std::string wrong = schema.checkText(text);
    // A call that came without an id can only be answered without one.
    return wrong == "client.toolResponse.functionResponses[].id is missing" ? std::string() : wrong;
  };
  static const std::vector<hks::testing::Pairs> settings = {
      {},
      {{"model", "gemini-3.8-live-extended-thinking"}, {"input_rate", "8000"}},
      {{"model", "gemini-3.1-flash-live-preview"}},
      {{"model", "x"}}};
  return voice_fuzz::run(data, size, settings, check);
}
