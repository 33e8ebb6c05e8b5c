// hookswitch-fakes: all providers on loopback, and the configuration with which a gateway talks to them.
#include "tests/fakes/certificate.hpp"
#include "tests/fakes/control.hpp"
#include "tests/fakes/endpoint.hpp"
#include "tests/fakes/gemini.hpp"
#include "tests/fakes/main_options.hpp"
#include "tests/fakes/openai.hpp"
#include "tests/fakes/openclaw.hpp"
#include "tests/fakes/telegram.hpp"
#include "tests/fakes/twilio.hpp"
#include "tests/fakes/twilio_signature.hpp"

#include <nlohmann/json.hpp>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <thread>

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

namespace {

using namespace fakes;
using Json = nlohmann::json;

/// A plan member as it is written on the command line: a number, a truth value, a list, else text.
Json planValue(const std::string& text) {
  const Json parsed = Json::parse(text, nullptr, false);
  return parsed.is_discarded() || parsed.is_object() ? Json(text) : parsed;
}

void writePrivately(const std::string& file, const std::string& text) {
  const int handle = open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  const bool good =
      handle >= 0 && fchmod(handle, 0600) == 0 && write(handle, text.data(), text.size()) == ssize_t(text.size());
  if (handle >= 0) close(handle);
  if (!good) throw std::runtime_error("cannot write " + file + ": " + std::strerror(errno));
}

/// Starts one fake, registers it, keeps it and its options.
template <class Fake>
std::unique_ptr<Fake> startFake(Loop& loop, Control& control, const FakesOptions& options, const Certificate& files,
                                const char* name, typename Fake::Options& own) {
  const auto port = options.ports.find(name);
  own.port = port == options.ports.end() ? std::uint16_t(0) : port->second;
  own.certificate_pem_file = files.certificate_pem_file;
  own.key_pem_file = files.key_pem_file;
  auto fake = std::make_unique<Fake>(loop, own);
  control.add(name, *fake);
  fake->onEvent([&control, name](const std::string& kind, Json what) { control.event(name, kind, std::move(what)); });
  return fake;
}

int serve(const FakesOptions& options) {
  Certificate files;
  if (!options.tls_directory.empty()) files = makeCertificate(options.tls_directory);
  const std::string s = files.certificate_pem_file.empty() ? "" : "s";
  const auto at = [](std::uint16_t port) { return "://127.0.0.1:" + std::to_string(port); };

  Loop loop;
  const auto control_port = options.ports.find("control");
  Control control(loop, control_port == options.ports.end() ? std::uint16_t(0) : control_port->second);

  Twilio::Options twilio_options;
  twilio_options.caller_wav = options.caller_wav;
  twilio_options.keep_audio_s = options.keep_audio_s;
  auto twilio = startFake<Twilio>(loop, control, options, files, "twilio", twilio_options);
  Control::Fake entry;
  entry.command = [&](const std::string& name, const Json& args) { return twilio->command(name, args); };
  entry.state = [&] { return twilio->state(); };
  const auto prepare = [&] {  // what the command line said holds again after a reset
    if (!options.webhook_base.empty()) twilio->command("number", {{"base", options.webhook_base}});
    Json plan = Json::object();
    for (const auto& [name, value] : options.plan) plan[name] = planValue(value);
    twilio->command("plan", plan);
  };
  entry.reset = [&] {
    twilio->reset();
    prepare();
  };
  entry.get = [&](const Request& request, const std::string& rest) { return twilio->get(request, rest); };
  entry.port = twilio->port();
  control.add("twilio", std::move(entry));
  prepare();

  std::string ini = "[twilio]\nenabled = true\napi_base = http" + s + at(twilio->port()) +
                    "\naccount_sid = " + twilio_options.account_sid + "\nauth_token = " + twilio_options.auth_token +
                    "\nshared_key = " + shared_key + "\nshared_key_id = " + shared_key_id +
                    "\nfrom_number = " + twilio_options.from_number + "\n";
  OpenAi::Options openai_options;
  const auto openai = startFake<OpenAi>(loop, control, options, files, "openai", openai_options);
  ini += "\n[openai]\nenabled = true\nurl = ws" + s + at(openai->port()) +
         "/v1/realtime\napi_key = " + openai_options.api_key + "\n";
  Gemini::Options gemini_options;
  const auto gemini = startFake<Gemini>(loop, control, options, files, "gemini", gemini_options);
  ini +=
      "\n[gemini]\nenabled = true\nurl = ws" + s + at(gemini->port()) + "\napi_key = " + gemini_options.api_key + "\n";
  Telegram::Options telegram_options;
  const auto telegram = startFake<Telegram>(loop, control, options, files, "telegram", telegram_options);
  ini += "\n[telegram]\nenabled = true\napi_base = http" + s + at(telegram->port()) +
         "\nbot_token = " + telegram_options.bot_token + "\nchat_id = 4242\n";
  OpenClaw::Options openclaw_options;
  openclaw_options.dialect = options.openclaw_dialect;
  const auto openclaw = startFake<OpenClaw>(loop, control, options, files, "openclaw", openclaw_options);
  ini += "\n[gateway]\nenabled = true\nurl = ws" + s + at(openclaw->port()) +
         "\ndialect = " + options.openclaw_dialect + "\ntoken = " + openclaw_options.token + "\n";
  Endpoint::Options endpoint_options;
  const auto endpoint = startFake<Endpoint>(loop, control, options, files, "endpoint", endpoint_options);
  if (!options.config_out.empty()) writePrivately(options.config_out, ini);
  std::fputs(ini.c_str(), stdout);
  if (options.print_config) return 0;
  std::printf("ready control=http%s\n", at(control.port()).c_str());
  std::fflush(stdout);

  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGTERM);
  sigaddset(&ends, SIGINT);
  std::thread waiter([&] {
    int which = 0;
    sigwait(&ends, &which);
    loop.stop();
  });
  loop.run();
  waiter.join();
  return 0;
}

}  // namespace

int main(int count, char** arguments) {
  try {
    const auto options = parseFakesOptions(count, arguments);
    // A thousand calls need more than the usual thousand descriptors.
    rlimit files{};
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
      files.rlim_cur = files.rlim_max;
      setrlimit(RLIMIT_NOFILE, &files);
    }
    if (options.help) {
      std::fputs(fakes_usage, stdout);
      return 0;
    }
    if (options.die_with_parent) {
      const pid_t parent = getppid();
      prctl(PR_SET_PDEATHSIG, SIGTERM);
      if (getppid() != parent) return 0;  // it died before we could ask
    }
    // Before any thread exists, so that only sigwait sees them.
    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    pthread_sigmask(SIG_BLOCK, &ends, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
    return serve(options);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "hookswitch-fakes: %s\n", error.what());
    return 1;
  }
}
