#include "host/app/config_keys.hpp"

#include <hookswitch/abi.h>

#include <algorithm>
#include <type_traits>

#include "host/app/config_families.hpp"
#include "host/app/nearest.hpp"
#include "host/net/url.hpp"

namespace hookswitch::app {
namespace {

using Names = HostKey::Names;

/// The member that a key fills: a pointer to it, or a function that finds it.
template <class Member>
auto& memberOf(Options& options, Member member) {
  if constexpr (std::is_member_pointer_v<Member>)
    return options.*member;
  else
    return *member(options);
}

template <class Member>
HostKey text(const char* name, Member member, const char* fallback, const char* meaning, bool secret = false) {
  HostKey made = key(name, fallback, meaning, HKS_TEXT);
  made.key.secret = secret;
  made.fill = [member](Options& o, const std::string& value) { memberOf(o, member) = value; };
  return made;
}

/// For people or models: may have several lines.
template <class Member>
HostKey words(const char* name, Member member, const char* fallback, const char* meaning) {
  HostKey made = text(name, member, fallback, meaning);
  made.key.words = true;
  return made;
}

bool isWeb(const std::string& address) {
  return address.compare(0, 7, "http://") == 0 || address.compare(0, 8, "https://") == 0;
}

base::Result<void> webAddress(const std::string& value) {
  if (value.empty()) return {};
  if (!isWeb(value))
    return base::Failure("expected an address that begins with http:// or https://, found '" + value + "'");
  if (const auto url = net::parseUrl(value); !url) return base::Failure(url.error());
  if (value.find_first_of("?#") != std::string::npos) return base::Failure("expected an address without query");
  return {};
}

/// The address of a web server, without the slash at its end.
template <class Member>
HostKey url(const char* name, Member member, const char* meaning) {
  HostKey made = key(name, "", meaning, HKS_URL);
  made.check = webAddress;
  made.fill = [member](Options& o, std::string value) {
    while (!value.empty() && value.back() == '/') value.pop_back();
    memberOf(o, member) = std::move(value);
  };
  return made;
}

template <class Member>
HostKey number(const char* name, Member member, const char* fallback, std::int64_t min, std::int64_t max,
               const char* meaning) {
  HostKey made = key(name, fallback, meaning, HKS_INTEGER);
  made.min = min;
  made.max = max;
  made.fill = [member](Options& o, const std::string& value) {
    auto& filled = memberOf(o, member);
    filled = std::decay_t<decltype(filled)>(std::stoll(value));
  };
  return made;
}

template <class Member>
HostKey flag(const char* name, Member member, const char* fallback, const char* meaning) {
  HostKey made = key(name, fallback, meaning, HKS_BOOLEAN);
  made.fill = [member](Options& o, const std::string& value) { memberOf(o, member) = plugin::isTrue(value); };
  return made;
}

HostKey choice(const char* name, const char* fallback, std::vector<std::string> choices, const char* meaning,
               void (*fill)(Options&, const std::string&)) {
  HostKey made = key(name, fallback, meaning, HKS_CHOICE);
  made.key.choices = std::move(choices);
  made.fill = fill;
  return made;
}

HostKey allowList(const char* name, const char* meaning) {
  HostKey made = key(name, "", meaning, HKS_TEXT);
  made.check = [](const std::string& value) -> base::Result<void> {
    if (const auto list = control::AllowList::parse(value); !list) return base::Failure(list.error());
    return {};
  };
  made.fill = [](Options& o, const std::string& value) { o.dial.allow_to = *control::AllowList::parse(value); };
  return made;
}

HostKey shield(const char* name, const char* meaning) {
  HostKey made = key(name, "whole", meaning, HKS_TEXT);
  made.check = [](const std::string& value) -> base::Result<void> {
    const bool digits = !value.empty() && value.size() <= 5 && value.find_first_not_of("0123456789") == value.npos;
    if (value == "whole" || (digits && std::stoul(value) <= 60'000)) return {};
    return base::Failure("expected whole, or a number of milliseconds from 0 to 60000, found '" + value + "'");
  };
  made.fill = [](Options& o, const std::string& value) {
    o.greeting_shield_ms = value == "whole" ? call::whole_greeting : std::uint32_t(std::stoul(value));
  };
  return made;
}

HostKey ownTools(const char* name, const char* meaning) {
  HostKey made = key(name, "end_call", meaning, HKS_TEXT);
  made.check = [](const std::string& value) -> base::Result<void> {
    auto& own = control::ownToolNames();
    for (auto& tool : control::toolList(value))
      if (std::find(own.begin(), own.end(), tool) == own.end())
        return base::Failure("the gateway has no tool '" + tool + "' of its own; " + didYouMean(tool, own));
    return {};
  };
  made.fill = [](Options& o, const std::string& value) { o.tools = control::toolList(value); };
  return made;
}

HostKey plugin(Names names, HostKey key) {
  key.names = names;
  return key;
}

/// What is made at the start and stays as it is made.
HostKey fixed(HostKey key) {
  key.restart = true;
  return key;
}

}  // namespace

HostKey key(const char* name, const char* fallback, const char* meaning, std::uint32_t kind) {
  HostKey made;
  made.key.name = name;
  made.key.fallback = fallback;
  made.key.text = meaning;
  made.key.kind = kind;
  return made;
}

const std::vector<std::pair<std::string, std::vector<HostKey>>>& hostSections() {
  static const std::vector<std::pair<std::string, std::vector<HostKey>>> sections = {
      {"server",
       {fixed(text("host", &Options::host, "127.0.0.1", "address to listen on; 0.0.0.0 or :: for all")),
        fixed(number("port", &Options::port, "8080", 0, 65535,
                     "TCP port to listen on; 0: chosen by the system and written to the log")),
        fixed(number("public_port", &Options::public_port, "0", 0, 65535,
                     "port of a second listener that serves only carriers' routes, media streams and /health: the one "
                     "for tunnels and proxies; 0: none")),
        url("public_url", &Options::public_url,
            "base address by which carriers reach this gateway, http(s); the default of webhook_url"),
        text("api_key", &Options::api_key, "",
             "who uses /api sends 'Authorization: Bearer <api_key>'; empty while host is loopback and public_url empty "
             "or loopback: /api answers only direct requests from this machine to localhost; else empty: the key in "
             "the file <store.path>.key, made at the first start",
             true),
        text("api_key_secondary", &Options::api_key_secondary, "",
             "is accepted as well: the old or the new key while clients change over", true),
        number("connections_per_address", &Options::connections_per_address, "1000", 0, 1000000,
               "connections that one address may have open at the same time, over both listeners, media streams "
               "excluded; 0: no bound"),
        number("drain_s", &Options::drain_s, "30", 0, 86400,
               "how long live calls may take to end properly after SIGTERM, seconds"),
        text("tls_certificate", &Options::tls_certificate, "",
             "PEM file with the certificate chain; set together with tls_key to serve https and wss"),
        text("tls_key", &Options::tls_key, "", "PEM file with the private key")}},
      {"media",
       {fixed(number("loops", &Options::loops, "0", 0, 256, "media threads; 0: one per core")),
        choice("resampler", "polyphase", {"polyphase", "samplerate"},
               "polyphase: own filter for 8, 16 and 24 kHz; samplerate: libsamplerate, slower",
               [](Options& o, const std::string& value) {
                 o.resampler =
                     value == "samplerate" ? media::ResamplerKind::samplerate : media::ResamplerKind::polyphase;
               }),
        number("shed_lag_ms", &Options::shed_lag_ms, "50", 0, 60000,
               "new calls are refused (503, a busy signal for callers) while a media loop runs so many milliseconds "
               "late, turn after turn, until it is half of that, and while those on their way would fill the loops; "
               "0: never")}},
      {"calls",
       {plugin(Names::carrier, text("carrier", &Options::carrier, "twilio", "plugin that carries outbound calls")),
        plugin(Names::voice,
               text("voice", &Options::voice, "openai", "plugin of the speech model that talks to the caller")),
        plugin(Names::voice_or_none, text("voice_fallback", &Options::voice_fallback, "",
                                          "plugin that takes over a call when its speech model is gone for good")),
        number("voice_retry_s", &Options::voice_retry_s, "10", 0, 600,
               "a speech model whose connection is lost is tried again for this long before the fallback takes over, "
               "seconds; 0: not at all"),
        words("apology", &Options::apology, "",
              "what the carrier says to the caller before it hangs up when no speech model is left, or the gateway has "
              "failed; empty: nothing"),
        words("prompt", &Options::prompt, "You answer the phone. Be friendly and brief.",
              "system instruction of the speech model, unless a request brings its own"),
        words("greeting", &Options::greeting, "", "what the agent says first; empty: it waits for the caller"),
        ownTools("tools",
                 "tools of the gateway's own that the model is offered: end_call send_dtmf transfer_call; those of "
                 "plugins and "
                 "of [tool.NAME] sections are offered besides"),
        shield("greeting_shield_ms",
               "so much of the greeting cannot be interrupted, milliseconds of what the caller has heard: so long the "
               "model hears silence; 'whole': all of the greeting; 0: nothing"),
        number("max_concurrent", &Options::max_concurrent, "1000", 1, 100000,
               "calls at the same time, legs whose hang-up is not confirmed included; further ones are refused"),
        allowList("allow_to",
                  "numbers that POST /api/call and transfers may dial: E.164 prefixes such as +49 +1 !+1900, the "
                  "longest that fits "
                  "decides, ! excludes; empty: every number"),
        number(
            "per_minute", [](Options& o) { return &o.dial.per_minute; }, "0", 0, 100000,
            "calls and transfers that may begin a minute; 0: no bound"),
        number(
            "per_number_per_hour", [](Options& o) { return &o.dial.per_number_per_hour; }, "0", 0, 100000,
            "calls and transfers that may begin to one number within an hour; 0: no bound"),
        number("max_duration_s", &Options::max_duration_s, "3600", 1, 86400,
               "a call is ended after this long, seconds"),
        number("ring_timeout_s", &Options::ring_timeout_s, "30", 1, 600,
               "how long a call rings before it is given up, seconds"),
        number("connect_timeout_s", &Options::connect_timeout_s, "15", 1, 600,
               "an answered call whose media stream does not open within this time is ended, seconds"),
        number("media_idle_s", &Options::media_idle_s, "30", 0, 86400,
               "a call whose carrier sends no audio for this long is ended, seconds; 0: never"),
        flag("dtmf_interrupts", &Options::dtmf_interrupts, "true",
             "a key that the other side presses silences the agent at once, as speech does")}},
      {"plugins",
       {fixed(text("directory", &Options::plugin_directory, "",
                   "where *.so plugins are looked for, several directories separated by ':'; empty: ../plugins beside "
                   "the executable's directory")),
        fixed(number("step_limit_s", &Options::step_limit_s, "15", 0, 600,
                     "a plugin that does not come back from one message for this long ends the process, which names it "
                     "and is started again by its supervisor, seconds; 0: never")),
        fixed(number("quarantine_s", &Options::quarantine_s, "30", 1, 86400,
                     "a plugin in which the gateway has died twice is held back there for this long, and twice as long "
                     "after each further time, seconds"))}},
      {"store",
       {fixed(text("path", &Options::store_path, "hookswitch.db",
                   "SQLite file with calls, transcripts and the ledger of hooks; empty: in memory, nothing survives a "
                   "restart")),
        number("keep_days", &Options::keep_days, "30", 0, 36500,
               "ended calls older than this are removed, days; 0: never"),
        fixed(number("max_mb", &Options::store_max_mb, "0", 0, 1000000,
                     "the file grows no further than this, megabytes; 0: no bound"))}},
      {"log",
       {choice("level", "information", {"fatal", "error", "warning", "notice", "information", "debug"},
               "the least important lines that are written",
               [](Options& o, const std::string& value) { o.log_level = value; }),
        choice("format", "text", {"text", "json"}, "how lines are written",
               [](Options& o, const std::string& value) { o.log_json = value == "json"; })}},
  };
  return sections;
}

const HostKey* hostKey(const std::string& section, const std::string& name) {
  if (const Family* family = familyOf(section))
    for (auto& made : family->keys)
      if (made.key.name == name) return &made;
  for (auto& [each, keys] : hostSections())
    if (each == section)
      for (auto& made : keys)
        if (made.key.name == name) return &made;
  return nullptr;
}

base::Result<void> checkHostValue(const HostKey& key, const std::string& value) {
  if (key.key.kind == HKS_INTEGER) {
    const long long number = std::stoll(value);
    if (number < key.min || number > key.max)
      return base::Failure("expected a number between " + std::to_string(key.min) + " and " + std::to_string(key.max) +
                           ", found " + value);
  }
  return key.check ? key.check(value) : base::Result<void>();
}

}  // namespace hookswitch::app
