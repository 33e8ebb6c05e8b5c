// One call's conversation with the OpenAI Realtime API (GA protocol). The sections named in the code are those of
// openai-realtime.md.
#pragma once

#include "plugins/openai/channel.hpp"
#include "plugins/openai/conversation.hpp"
#include "plugins/openai/rotation.hpp"

#include <hookswitch/plugin.hpp>
#include <hookswitch/read_json.hpp>

#include <cstdint>

namespace hookswitch::openai {

/// [session] The voice role. connection -> session.update -> session.updated (formats checked) -> READY -> talk;
/// before the service's time limit a second connection is prepared and the call moves over in a quiet moment.
class Voice final : public hks::Session {
 public:
  void onStart(const hks_start&, hks::Out&) override;
  void onOpened(std::uint64_t conn, hks::Out&) override;
  void onClosed(const hks_closed&, hks::Out&) override;
  void onData(const hks_data&, hks::Out&) override;
  void onTimer(std::uint64_t id, hks::Out&) override;
  void onAudio(const hks_audio&, hks::Out&) override;
  void onDtmf(hks::Text digits, hks::Out&) override;
  void onSay(const hks_notice&, hks::Out&) override;
  void onHeard(const hks_heard&, hks::Out&) override;
  void onToolResult(const hks_tool_call&, hks::Out&) override;
  void onDraft(const hks_msg* in, hks::Out&) override;

 private:
  void nextSays(std::string_view type, const hks::json::Value& root, hks::Out& out);
  void liveSays(std::string_view type, const hks::json::Value& root, hks::Out& out);

  Channel channel_;
  Conversation conversation_{channel_};
  Rotation rotation_{channel_, conversation_};
};

}  // namespace hookswitch::openai
