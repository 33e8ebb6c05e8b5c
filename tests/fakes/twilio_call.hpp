// One call: its course from `queued` to the end, its document, its stream, its callbacks.
#pragma once

#include "tests/fakes/twilio_stream.hpp"
#include "tests/fakes/twilio_twiml.hpp"
#include "tests/fakes/twilio_webhook.hpp"

#include <nlohmann/json.hpp>

#include <ctime>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace fakes {

/// What all calls of one fake share.
struct TwilioLine {
  explicit TwilioLine(Loop& the_loop) : loop(the_loop), ticker(the_loop) {}
  Loop& loop;
  Ticker ticker;
  std::string account_sid, auth_token;
  Audio caller;                          ///< what a far end says whose plan names nothing; may be null
  std::uint64_t keep_bytes = 64u << 20;  ///< audio remembered per stream
  std::function<void(const char* kind, nlohmann::json what)> event;
  /// Makes a leg that a <Dial> rings, with the plan for its number, and remembers it.
  std::function<std::shared_ptr<class TwilioCall>(struct CallRequest request)> ring;
};

/// What the REST request, or the configuration of the number, asks for.
struct CallRequest {
  std::string from, to, direction = "outbound-api";
  std::string url, method = "POST", fallback_url, fallback_method = "POST", twiml;
  std::string status_callback, status_callback_method = "POST";
  std::set<std::string> events = {"completed"};
  std::uint32_t timeout_s = 60, time_limit_s = 14400;
  std::string parent_sid;  ///< of the leg whose <Dial> rings this one; empty: none
};

/// [loop] Kept alive by the fake's table and by what is under way for it.
class TwilioCall : public std::enable_shared_from_this<TwilioCall> {
 public:
  TwilioCall(std::shared_ptr<TwilioLine> line, CallRequest request, CallPlan plan);
  void dial();      ///< outbound: after queue_ms `initiated`, and so on
  void ringHere();  ///< inbound: asks the number's voice URL what to do

  const std::string& sid() const { return sid_; }
  const std::string& status() const { return status_; }
  const CallRequest& request() const { return request_; }
  const CallPlan& plan() const { return plan_; }
  /// Of a leg that a <Dial> rings: hears what becomes of it, "in-progress" and its end.
  void watch(std::function<void(const std::string& status)> watcher) { watcher_ = std::move(watcher); }
  std::time_t created() const { return created_; }
  std::time_t started() const { return started_ != 0 ? started_ : created_; }
  std::string farParty() const { return request_.direction == "inbound" ? request_.from : request_.to; }
  bool over() const { return ended_us_ != 0; }
  const std::string& gwCall() const { return gw_call_; }
  unsigned hangUpRequests() const { return hang_up_requests_; }
  std::uint64_t protocolErrors() const;
  bool answered() const { return status_ == "in-progress"; }
  Callbacks& callbacks() { return *callbacks_; }

  // What REST can do to it. All false when the call is over or not in the state for it.
  bool cancel();
  bool hangUp(const std::string& by);
  bool replace(const std::string& url, const std::string& method, const std::string& twiml);
  void setTimeLimit(std::uint32_t seconds);
  void setStatusCallback(const std::string& url, const std::string& method);
  /// Whether the streams of its documents are opened from now on.
  void openStreams(bool on) { plan_.media_never = !on; }
  void noteRequest(nlohmann::json what, bool hang_up);

  /// Call object of the API; `fresh`: as in the answer to the create.
  nlohmann::json resource(bool fresh = false) const;
  /// The requests that made it and that were made for it, as Events.json lists them.
  nlohmann::json events() const;
  /// Everything seen, for the control port.
  nlohmann::json summary() const;
  /// What a test looks at to see that it is over.
  nlohmann::json brief() const;
  /// The stream that is open now, else the last one, else a null pointer.
  std::shared_ptr<MediaStream> stream() const { return streams_.empty() ? nullptr : streams_.back(); }
  std::string heard() const;
  std::string received() const;
  std::string line() const;
  Audio audio() const { return audio_; }
  /// Silently: no callbacks, no `stop`. For a reset of the whole fake.
  void drop();

 private:
  Form identity(const std::string& call_status) const;
  void setStatus(const std::string& status);
  void fire(const std::string& event, const std::string& call_status);
  void ring();
  void outcome();
  void answer();
  void end(const std::string& status, const std::string& by);
  void after(std::uint32_t ms, void (TwilioCall::*step)());
  void armTimeLimit();
  void limit(std::uint64_t ms, const char* status, const char* by);  ///< end it then; replaces the limit before

  // The document (twilio_document.cpp).
  void fetch(const std::string& url, const std::string& method, Form extra, bool is_fallback = false);
  void run(const std::string& document, const std::string& type, const std::string& url, const std::string& method,
           bool is_fallback);
  void documentFailed(unsigned code, const std::string& why, const std::string& url, bool is_fallback);
  void nextVerb();
  void perform(const Verb& verb);
  void continueAfter(std::uint32_t ms);
  void playKeys(const std::string& digits);
  void dialNumber(const Verb& dial);
  void dialEnded(const Verb& dial, const std::string& status);
  void openStream(const Verb& connect);
  void streamEnded(const Verb& connect, unsigned code, const std::string& error);
  void streamStatus(const Verb& stream, const std::string& event, const std::string& error);
  void stopDocument();

  std::shared_ptr<TwilioLine> line_;
  CallRequest request_;
  CallPlan plan_;
  std::string sid_, status_ = "queued", ended_by_, gw_call_;
  Audio audio_;
  std::shared_ptr<Callbacks> callbacks_;
  std::vector<std::shared_ptr<MediaStream>> streams_;
  std::time_t created_, updated_, started_ = 0, ended_ = 0;
  std::uint64_t created_us_, initiated_us_ = 0, ringing_us_ = 0, answered_us_ = 0, ended_us_ = 0;
  Loop::TimerId limit_timer_ = 0;

  std::vector<Verb> verbs_;
  std::size_t next_verb_ = 0;
  std::string document_url_, document_method_ = "POST";
  std::uint32_t document_ = 0;  ///< generation: what belongs to an older one must not act any more
  unsigned documents_fetched_ = 0;
  std::string stream_fault_;  ///< why the <Stream> of this document cannot be opened
  unsigned stream_fault_code_ = 0;

  std::shared_ptr<TwilioCall> child_;                       ///< that the document's <Dial> rings
  std::function<void(const std::string& status)> watcher_;  ///< of the leg that rings this one
  std::string keys_;                                        ///< that were played to the far end
  unsigned hang_up_requests_ = 0;
  nlohmann::json requests_ = nlohmann::json::array(), webhooks_ = nlohmann::json::array();
  nlohmann::json verb_log_ = nlohmann::json::array(), faults_ = nlohmann::json::array();
};

}  // namespace fakes
