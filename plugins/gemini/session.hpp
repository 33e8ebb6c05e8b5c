// One call's conversation with the Gemini Live API. The sections named in the code are those of gemini-live.md.
#pragma once

#include "plugins/gemini/channel.hpp"
#include "plugins/gemini/conversation.hpp"
#include "plugins/gemini/swap.hpp"

#include <hookswitch/plugin.hpp>
#include <hookswitch/read_json.hpp>

#include <cstdint>

namespace hookswitch::gemini {

/// [session] The voice role. connection -> setup -> setupComplete -> READY -> talk. A connection lives about ten
/// minutes; the call moves to the next one by itself (§5).
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
  void message(const hks::json::Value& root, hks::Out& out);

  Channel channel_;
  Conversation conversation_{channel_};
  Swap swap_{channel_, conversation_};
};

}  // namespace hookswitch::gemini
