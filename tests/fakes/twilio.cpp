#include "tests/fakes/twilio_impl.hpp"

namespace fakes {

using Json = nlohmann::json;

Twilio::Impl::Impl(Loop& the_loop, Options the_options)
    : loop(the_loop), options(std::move(the_options)), line(std::make_shared<TwilioLine>(the_loop)) {
  line->account_sid = options.account_sid;
  line->auth_token = options.auth_token;
  line->ring = [this](CallRequest wanted) {
    CallPlan course;
    rules.apply(wanted.to, course);
    auto call = std::make_shared<TwilioCall>(line, std::move(wanted), std::move(course));
    remember(call);
    return call;
  };
  line->keep_bytes = std::uint64_t(options.keep_audio_s) * 8000;
  if (!options.caller_wav.empty()) line->caller = readWav(options.caller_wav);
}

Twilio::Impl::~Impl() {
  line->ring = nullptr;
  for (const auto& call : order) call->drop();
  unanswered.clear();
}

Twilio::Twilio(Loop& loop, Options options) : impl_(std::make_shared<Impl>(loop, std::move(options))) {
  const std::weak_ptr<Impl> weak = impl_;
  impl_->line->event = [weak](const char* kind, Json what) {
    if (auto impl = weak.lock(); impl && impl->listener) impl->listener(kind, std::move(what));
  };
  Server::Handlers handlers;
  handlers.onRequest = [weak](const Request& request, Server::Reply reply) {
    if (auto impl = weak.lock()) impl->handle(request, reply);
  };
  const auto& given = impl_->options;
  impl_->server =
      std::make_unique<Server>(loop, given.port, std::move(handlers), given.certificate_pem_file, given.key_pem_file);
}

Twilio::~Twilio() = default;

std::uint16_t Twilio::port() const { return impl_->server->port(); }

const Twilio::Options& Twilio::options() const { return impl_->options; }

void Twilio::onEvent(std::function<void(const std::string&, Json)> listener) { impl_->listener = std::move(listener); }

void Twilio::reset() {
  for (const auto& call : impl_->order) call->drop();
  impl_->order.clear();
  impl_->calls.clear();
  impl_->counters.clear();
  impl_->rules.clear();
  impl_->plan = {};
  impl_->voice_url.clear();
  impl_->number_status_callback.clear();
  impl_->keep = 0;
  impl_->forgotten = impl_->forgotten_hang_ups = impl_->forgotten_errors = 0;
  impl_->latency_ms = 0;
  impl_->up();
}

}  // namespace fakes
