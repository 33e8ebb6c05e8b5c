// The host's own keys: name, default, meaning. config/hookswitch.ini is made from this.
#include "host/app/config.hpp"

namespace hookswitch::app {
namespace {

HostKey text(const char* name, const char* fallback, const char* meaning, bool secret = false) {
  return {{name, fallback, meaning, HKS_TEXT, secret, false, {}}, 0, 0};
}
/// For people or models: may have several lines.
HostKey words(const char* name, const char* fallback, const char* meaning) {
  HostKey k = text(name, fallback, meaning);
  k.key.words = true;
  return k;
}
HostKey url(const char* name, const char* meaning) { return {{name, "", meaning, HKS_URL, false, false, {}}, 0, 0}; }
HostKey number(const char* name, const char* fallback, std::int64_t min, std::int64_t max, const char* meaning) {
  return {{name, fallback, meaning, HKS_INTEGER, false, false, {}}, min, max};
}
HostKey choice(const char* name, const char* fallback, std::vector<std::string> choices, const char* meaning) {
  return {{name, fallback, meaning, HKS_CHOICE, false, false, std::move(choices)}, 0, 0};
}
/// What is made at the start and stays as it is made.
HostKey fixed(HostKey key) {
  key.restart = true;
  return key;
}

}  // namespace

const std::vector<std::pair<std::string, std::vector<HostKey>>>& hostSections() {
  static const std::vector<std::pair<std::string, std::vector<HostKey>>> sections = {
      {"server",
       {fixed(text("host", "127.0.0.1", "address to listen on; 0.0.0.0 or :: for all")),
        fixed(
            number("port", "8080", 0, 65535, "TCP port to listen on; 0: chosen by the system and written to the log")),
        fixed(number("public_port", "0", 0, 65535,
                     "port of a second listener that serves only carriers' routes, media streams and /health: the one "
                     "for tunnels and proxies; 0: none")),
        url("public_url", "base address by which carriers reach this gateway, http(s); the default of webhook_url"),
        text("api_key", "",
             "who uses /api sends 'Authorization: Bearer <api_key>'; empty while host is loopback and public_url empty "
             "or loopback: /api answers only direct requests from this machine to localhost; else empty: the key in "
             "the file <store.path>.key, made at the first start",
             true),
        text("api_key_secondary", "", "is accepted as well: the old or the new key while clients change over", true),
        number("connections_per_address", "1000", 0, 1000000,
               "connections that one address may have open at the same time, over both listeners, media streams "
               "excluded; 0: no bound"),
        number("drain_s", "30", 0, 86400, "how long live calls may take to end properly after SIGTERM, seconds"),
        text("tls_certificate", "",
             "PEM file with the certificate chain; set together with tls_key to serve https and wss"),
        text("tls_key", "", "PEM file with the private key")}},
      {"media",
       {fixed(number("loops", "0", 0, 256, "media threads; 0: one per core")),
        choice("resampler", "polyphase", {"polyphase", "samplerate"},
               "polyphase: own filter for 8, 16 and 24 kHz; samplerate: libsamplerate, slower")}},
      {"calls",
       {text("carrier", "twilio", "plugin that carries outbound calls"),
        text("voice", "openai", "plugin of the speech model that talks to the caller"),
        text("voice_fallback", "", "plugin that takes over a call when its speech model is gone for good"),
        words("prompt", "You answer the phone. Be friendly and brief.",
              "system instruction of the speech model, unless a request brings its own"),
        words("greeting", "", "what the agent says first; empty: it waits for the caller"),
        number("max_concurrent", "1000", 1, 100000,
               "calls at the same time, legs whose hang-up is not confirmed included; further ones are refused"),
        text("allow_to", "",
             "numbers that POST /api/call may dial: E.164 prefixes such as +49 +1 !+1900, the longest that fits "
             "decides, ! excludes; empty: every number"),
        number("per_minute", "0", 0, 100000, "calls that POST /api/call may begin a minute; 0: no bound"),
        number("per_number_per_hour", "0", 0, 100000,
               "calls that POST /api/call may begin to one number within an hour; 0: no bound"),
        number("max_duration_s", "3600", 1, 86400, "a call is ended after this long, seconds"),
        number("ring_timeout_s", "30", 1, 600, "how long a call rings before it is given up, seconds"),
        number("connect_timeout_s", "15", 1, 600,
               "an answered call whose media stream does not open within this time is ended, seconds"),
        number("media_idle_s", "30", 0, 86400,
               "a call whose carrier sends no audio for this long is ended, seconds; 0: never")}},
      {"plugins",
       {fixed(text("directory", "",
                   "where *.so plugins are looked for, several directories separated by ':'; empty: ../plugins beside "
                   "the executable's directory")),
        fixed(number("step_limit_s", "15", 0, 600,
                     "a plugin that does not come back from one message for this long ends the process, which names it "
                     "and is started again by its supervisor, seconds; 0: never")),
        fixed(number("quarantine_s", "30", 1, 86400,
                     "a plugin in which the gateway has died twice is held back there for this long, and twice as long "
                     "after each further time, seconds"))}},
      {"store",
       {fixed(text("path", "hookswitch.db",
                   "SQLite file with calls, transcripts and the ledger of hooks; empty: in memory, nothing survives a "
                   "restart")),
        number("keep_days", "30", 0, 36500, "ended calls older than this are removed, days; 0: never"),
        fixed(number("max_mb", "0", 0, 1000000, "the file grows no further than this, megabytes; 0: no bound"))}},
      {"log",
       {choice("level", "information", {"fatal", "error", "warning", "notice", "information", "debug"},
               "the least important lines that are written"),
        choice("format", "text", {"text", "json"}, "how lines are written")}},
  };
  return sections;
}

std::string printConfig(const plugin::Registry& registry) {
  std::string out =
      "; Configuration of the Hookswitch gateway. Every key stands here with its default.\n"
      "; ${system.env.NAME} is replaced by the environment variable NAME. SIGHUP reloads this file.\n"
      "; A comment is a line of its own. A value goes on in the next line when its line ends with \\; a text of "
      "several lines\n"
      "; stands between key = \"\"\" and a line of \"\"\".\n"
      "; What is marked with 'takes effect at the next start' waits for that; everything else follows at a SIGHUP.\n";
  auto print = [&](const plugin::Key& key, bool restart = false) {
    out += "\n; " + key.text + "\n";
    std::string notes;
    auto note = [&](const std::string& s) { notes += (notes.empty() ? "" : "; ") + s; };
    if (!key.choices.empty()) {
      std::string list;
      for (auto& c : key.choices) list += (list.empty() ? "" : " | ") + c;
      note(list);
    }
    if (key.required) note("required: the plugin is idle while it is empty");
    if (key.secret) note("secret: never shown");
    if (restart) note("takes effect at the next start");
    if (!notes.empty()) out += "; (" + notes + ")\n";
    out += key.name + " =" + (key.fallback.empty() ? "" : " " + key.fallback) + "\n";
  };
  for (auto& [section, keys] : hostSections()) {
    out += "\n\n[" + section + "]\n";
    for (auto& key : keys) print(key.key, key.restart);
  }
  for (auto& found : registry.found()) {
    if (!found.library) continue;
    out += "\n\n; " + found.library->name + " " + found.library->version + "\n[" + found.library->id + "]\n";
    for (auto& key : found.library->keys) print(key);
  }
  return out;
}

}  // namespace hookswitch::app
