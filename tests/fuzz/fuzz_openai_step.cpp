// The openai voice under arbitrary messages.
#include "tests/fuzz/voice_step.hpp"
#include "tests/plugins/openai/schema.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const openai_test::ClientSchema schema;
  static const auto check = [](const std::string& text) { return schema.check(text); };
  static const std::vector<hks::testing::Pairs> settings = {
      {},
      {{"audio_format", "pcm24"}, {"transcription_model", ""}},
      {{"turn_detection", "semantic_vad"}, {"max_output_tokens", "7"}}};
  return voice_fuzz::run(data, size, settings, check);
}
