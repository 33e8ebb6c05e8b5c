#include "transcript.hpp"

#include <hookswitch/plugin.hpp>

#include <gmock/gmock.h>

#include <sstream>
#include <stdexcept>

namespace {

/// Dials by HTTP; enough of a carrier for a conversation with ids.
class Dialler : public hks::Session {
  void onStart(const hks_start&, hks::Out& out) override {
    out.hook(HKS_PHASE_HANGUP, 5000);
    out.log(HKS_DEBUG, "started");
  }
  void onPlace(const hks_call& c, hks::Out& out) override {
    const uint64_t id = c.msg.id;
    call(out, {"POST", "https://carrier/calls", {}, hks::text(c.to_number)}, [id](const hks_http& r, hks::Out& o) {
      if (r.status == 201)
        o.placed(id, hks::text(r.body));
      else
        o.failed(id, "the carrier refused");
    });
  }
  void onTimer(uint64_t, hks::Out&) override { throw std::runtime_error("boom"); }
  void onClosed(const hks_closed&, hks::Out& out) override { out.gone("never from a control session"); }
};
const hks_entry dialler = {HKS_ABI_MAJOR, HKS_ABI_MINOR, sizeof(hks_entry), 0,
                           "dialler",     "Dialler",     "1.0.0",           &hks::get<hks::Control<Dialler>>};

std::string play(const std::string& script) {
  std::istringstream in(script);
  std::string all;
  for (auto& f : hks::transcript::play(dialler, "f", in)) all += f.file + ":" + std::to_string(f.line) + ": " + f.text;
  return all;
}
const std::string start = "role control\n> START\n...\n";

using testing::HasSubstr;
using testing::StartsWith;

TEST(Transcript, AWholeExchangeWithCapturedIdsHolds) {
  EXPECT_EQ(play("# comment\nrole control\n> START\n< HOOK {\"phase\":\"HANGUP\"}\n< LOG\n\n"
                 "> CALL_PLACE {\"id\":\"$call\",\"to_number\":\"+1\"}\n"
                 "< HTTP_CALL {\"id\":\"$request\",\"body\":\"+1\"}\n"
                 "> HTTP_RESPONSE {\"id\":\"$request\",\"status\":201,\"body\":\"CA1\"}\n"
                 "< CALL_PLACED {\"id\":\"$call\",\"remote_id\":\"CA1\"}\n"),
            "");
}

TEST(Transcript, NamesTheLineAndTheFirstDifference) {
  EXPECT_THAT(play("role control\n> START\n< HOOK {\"phase\":\"NOTIFY\"}\n< LOG\n"),
              StartsWith("f:3: expected HOOK {\"phase\":\"NOTIFY\"}\n  phase: expected NOTIFY, got HANGUP\n  the step "
                         "sent:\n  HOOK phase=HANGUP"));
}

TEST(Transcript, AMessageThatIsNotExpectedFails) {
  EXPECT_THAT(play("role control\n> START\n< HOOK\n"),
              StartsWith("f:3: expected nothing more after this, got LOG level=DEBUG"));
  EXPECT_THAT(play("role control\n> START\n< none\n"), StartsWith("f:2: expected nothing more"));
}

TEST(Transcript, AMessageThatDoesNotComeFails) {
  EXPECT_THAT(play(start + "> CONN_OPENED\n< HOOK\n"), StartsWith("f:5: expected HOOK {}\n  nothing more came\n"));
  EXPECT_THAT(play("role control\n> START\n...\n< ROUTE\n"), StartsWith("f:4: expected ROUTE {}\n  got HOOK"));
}

TEST(Transcript, DotsAllowAnythingBeforeAndAfter) {
  EXPECT_EQ(play("role control\n> START\n...\n< LOG\n"), "");
  EXPECT_EQ(play("role control\n> START\n< HOOK\n...\n"), "");
  EXPECT_THAT(play("role control\n> START\n< LOG\n...\n"), StartsWith("f:3: expected LOG"));  // in order
}

TEST(Transcript, IgnoredTypesAreNotLookedAt) { EXPECT_EQ(play("ignore LOG\nrole control\n> START\n< HOOK\n"), ""); }

TEST(Transcript, AFaultMustBeExpected) {
  EXPECT_EQ(play(start + "> TIMER_FIRED\n< LOG {\"text\":\"boom\"}\n= FAULT\n"), "");
  EXPECT_THAT(play(start + "> TIMER_FIRED\n< LOG\n"),
              StartsWith("f:4: expected the step to return OK, it returned FAULT"));
  EXPECT_THAT(play(start + "> CONN_OPENED\n= FAULT\n"),
              StartsWith("f:5: expected the step to return FAULT, it returned OK"));
}

TEST(Transcript, ABrokenRuleOfTheAbiFails) {
  EXPECT_THAT(play(start + "> CONN_CLOSED {\"id\":1}\n...\n"),
              StartsWith("f:4: GONE from a session of role hookswitch.control/1"));
}

TEST(Transcript, ASecondRoleLineOpensANewSession) {
  EXPECT_EQ(play(start + "> CALL_PLACE {\"id\":\"$a\"}\n< HTTP_CALL {\"id\":\"$r\"}\n"
                         "role control\n> HTTP_RESPONSE {\"id\":\"$r\",\"status\":201}\n< none\n"),
            "");
}

TEST(Transcript, IsRefusedWithTheLineThatCannotBeUnderstood) {
  EXPECT_THAT(play(""), StartsWith("f:1: the transcript is empty"));
  EXPECT_THAT(play("> START\n"), HasSubstr("must come before the first >"));
  EXPECT_THAT(play("role caller\n"),
              StartsWith("f:1: expected role control, notifier, carrier or voice, got 'caller'"));
  EXPECT_THAT(play("role voice\n"), StartsWith("f:1: plugin 'dialler' has no role hookswitch.voice/1"));
  EXPECT_THAT(play("role control\n< HOOK\n"), StartsWith("f:2: an expectation stands after"));
  EXPECT_THAT(play("role control\n\n> STRAT\n"), StartsWith("f:3: 'STRAT' is no message of abi.h"));
  EXPECT_THAT(play("role control\n> START {\"x\":1\n"), StartsWith("f:2: the fields are not JSON"));
  EXPECT_THAT(play("role control\n> START [1]\n"), StartsWith("f:2: the fields must be one JSON object"));
  EXPECT_THAT(play("role control\n> START {\"x\":1}\n"),
              StartsWith("f:2: there is no field 'x'; known here: call, carrier_format"));
  EXPECT_THAT(play("role control\n> START\n< HOOK {\"y\":1}\n"),
              StartsWith("f:3: there is no field 'y'; known here: deadline_ms, id, phase"));
  EXPECT_THAT(play("role control\n> DATA {\"bytes\":\"$never\"}\n"), StartsWith("f:2: $never was not captured before"));
  EXPECT_THAT(play("role control\n= FINE\n"), StartsWith("f:2: expected = OK, FULL"));
  EXPECT_THAT(play("play it\n"), StartsWith("f:1: a line begins with"));
  EXPECT_THAT(play("role control\nfull-after many\n"), StartsWith("f:2: expected a number"));
}

}  // namespace
