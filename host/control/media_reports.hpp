// What the media loops report of calls, handed to the control thread.
#pragma once

#include <string>

#include "host/call/table.hpp"
#include "host/control/call_messages.hpp"
#include "host/control/ledger.hpp"
#include "host/media/media_events.hpp"

namespace hookswitch::control {

class Driver;
class LegActs;
class MediaHealth;
class Plugins;
class ToolRuns;

/// The overridden functions come from the loops and only post. [loop]
class MediaReports final : public media::MediaEvents {
 public:
  MediaReports(base::Loop& control, Driver& driver, Plugins& plugins, call::Table& table, Ledger& ledger,
               ToolRuns& tools, LegActs& acts, MediaHealth& health)
      : control_(control),
        driver_(driver),
        plugins_(plugins),
        table_(table),
        ledger_(ledger),
        tools_(tools),
        acts_(acts),
        health_(health) {}

  /// A notice of the plugin `from`, whose lines are bounded: to the log and to every other notifier. [control]
  void noticed(const std::string& from, const Words& words);

 private:
  void mediaStreamStarted(const std::string& call) override;
  void mediaTranscript(const std::string& call, call::Line line) override;
  void mediaEndRequested(const std::string& call, call::EndedBy by, const std::string& reason) override;
  void mediaFarEndLeft(const std::string& call) override;
  void mediaVoiceChanged(const std::string& call, const std::string& voice) override;
  void mediaNotice(const std::string& call, const std::string& plugin, unsigned level,
                   const std::string& text) override;
  void mediaToolCall(const std::string& call, std::uint64_t id, const std::string& name,
                     const std::string& arguments) override;
  void mediaQuiet(const std::string& call) override;
  void mediaBack(const std::string& call) override;
  void mediaLoop(std::size_t loop, const media::LoopReport& report) override;
  void mediaRecorded(const std::string& call, call::Recording recording) override;
  void mediaStopped(const std::string& call) override;
  void heard(const std::string& call, const call::Line& line);

  base::Loop& control_;
  Driver& driver_;
  Plugins& plugins_;
  call::Table& table_;
  Ledger& ledger_;
  ToolRuns& tools_;
  LegActs& acts_;
  MediaHealth& health_;
};

}  // namespace hookswitch::control
