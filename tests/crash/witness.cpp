// A plugin that takes part in every phase and writes down what it is told, at once and past every crash: the receiver
// that looks at event ids. (With witness.mute it only asks for NOTIFY and never answers.) A line per delivery: "<event
// id> <attempt> <ended by> <lines of the transcript>".
#include <fcntl.h>
#include <unistd.h>

#include <hookswitch/plugin.hpp>

namespace {

class Witness : public hks::Session {
  std::string file_;

  void onStart(const hks_start& start, hks::Out& out) override {
    const hks::Settings settings(start);
    if (settings.on("mute")) {
      out.hook(HKS_PHASE_NOTIFY, 15000);
      return;
    }
    file_ = settings["file"];
    for (uint32_t phase :
         {HKS_PHASE_STARTED, HKS_PHASE_HANGUP, HKS_PHASE_DISCONNECT, HKS_PHASE_RECORD, HKS_PHASE_NOTIFY})
      out.hook(phase, 5000);
  }

  void onPhase(const hks_phase& phase, hks::Out& out) override {
    if (file_.empty()) return;
    const auto record = hks::record<hks_record>(phase.record);
    const std::string line = std::string(hks::text(phase.event_id)) + " " + std::to_string(phase.attempt) + " " +
                             std::to_string(record.ended_by) + " " + std::to_string(record.line_count) + "\n";
    const int fd = ::open(file_.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    const bool good = fd >= 0 && ::write(fd, line.data(), line.size()) == ssize_t(line.size());
    if (fd >= 0) ::close(fd);
    if (good)
      out.hookDone(phase.msg.id);
    else
      out.hookDone(phase.msg.id, HKS_HOOK_RETRY, "cannot write " + file_);
  }
};

constexpr hks_key keys[] = {
    hks::key("enabled", HKS_BOOLEAN, "true", "Write down every hook"),
    hks::key("file", HKS_TEXT, "", "Where to", HKS_REQUIRED),
    hks::key("mute", HKS_BOOLEAN, "false", "Leave every notification unanswered"),
};

}  // namespace

HKS_PLUGIN("witness", "Witness", "1.0.0", hks::Keys<keys>, hks::Control<Witness>);
