// Misbehaves: a control session that sends what only sessions of a call may send, and answers to questions that nobody
// asked. Then it works: it hooks NOTIFY and answers.
#include <hookswitch/plugin.hpp>

namespace {
class WrongRole : public hks::Session {
  void onStart(const hks_start&, hks::Out& out) override {
    out.ready(HKS_PCMU_8K, HKS_PCMU_8K);
    out.audio(HKS_PCMU_8K, std::string(160, '\xff'));
    out.flush();
    out.speechStarted();
    out.mark("m");
    out.dtmf("5");
    out.audioEnd("item");
    out.transcript(HKS_USER, "nobody said this");
    out.toolCall(1, "end_call", "{}");
    out.gone("from nowhere");
    out.send(12345, "to a connection that does not exist");
    out.close(12345, 1000);
    out.placed(777, "CAforeign");
    out.failed(778, "never asked");
    out.reply(779, 200, "text/plain", "never asked");
    out.toolResult(780, "{}");
    out.endCall("no such call", HKS_BY_FAULT, "00000000-0000-4000-8000-000000000000");
    out.state("", "CAunknown", HKS_OVER, HKS_COMPLETED);
    out.say("no such call", "hello?");
    out.hook(HKS_PHASE_NOTIFY, 1000);
  }
  void onPhase(const hks_phase& phase, hks::Out& out) override { out.hookDone(phase.msg.id); }
};
}  // namespace

HKS_PLUGIN("wrong_role", "Wrong role", "1.0.0", hks::Control<WrongRole>);
