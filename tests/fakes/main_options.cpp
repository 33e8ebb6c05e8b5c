#include "tests/fakes/main_options.hpp"

#include <stdexcept>

namespace fakes {

const char* const fakes_usage =
    R"(hookswitch-fakes: Twilio, OpenAI Realtime, Gemini Live, Telegram and an OpenClaw gateway on 127.0.0.1

  --control-port N      the port that takes commands
  --twilio-port N  --openai-port N  --gemini-port N  --telegram-port N  --openclaw-port N  --endpoint-port N
                        0 or absent: chosen by the system
  --webhook-base URL    where the gateway is: incoming calls go to URL/twilio/voice
  --caller-wav FILE     what every caller says (WAV, 16-bit mono of any rate, or mu-law at 8 kHz)
  --twilio-plan K=V     a member of the call plan, e.g. answer_ms=0; may be repeated
  --keep-audio-s N      audio remembered per media stream (600; for load tests 0)
  --openclaw-dialect D  openclaw | jsonrpc
  --tls DIRECTORY       serve https and wss with a throw-away certificate written there (fake-cert.pem)
  --config-out FILE     also write the gateway's configuration there, mode 0600
  --print-config        print the configuration and exit
  --die-with-parent     end when the parent process does
)";

namespace {

std::uint32_t number(const std::string& option, const std::string& text, std::uint32_t most) {
  if (text.empty() || text.size() > 9 || text.find_first_not_of("0123456789") != std::string::npos ||
      std::stoul(text) > most)
    throw std::invalid_argument(option + " needs a number from 0 to " + std::to_string(most) + ", not '" + text + "'");
  return std::uint32_t(std::stoul(text));
}

}  // namespace

FakesOptions parseFakesOptions(int count, char** arguments) {
  FakesOptions options;
  for (int i = 1; i < count; ++i) {
    std::string name = arguments[i], value;
    const auto equals = name.find('=');
    bool given = false;
    if (name.compare(0, 2, "--") == 0 && equals != std::string::npos) {
      value = name.substr(equals + 1);
      name.resize(equals);
      given = true;
    }
    const auto next = [&]() -> const std::string& {
      if (!given) {
        if (i + 1 >= count) throw std::invalid_argument(name + " needs a value");
        value = arguments[++i];
      }
      return value;
    };
    if (name == "--help" || name == "-h")
      options.help = true;
    else if (name == "--print-config")
      options.print_config = true;
    else if (name == "--die-with-parent")
      options.die_with_parent = true;
    else if (name == "--webhook-base")
      options.webhook_base = next();
    else if (name == "--caller-wav")
      options.caller_wav = next();
    else if (name == "--config-out")
      options.config_out = next();
    else if (name == "--tls")
      options.tls_directory = next();
    else if (name == "--openclaw-dialect")
      options.openclaw_dialect = next();
    else if (name == "--keep-audio-s")
      options.keep_audio_s = number(name, next(), 86400);
    else if (name == "--twilio-plan") {
      const std::string pair = next();
      const auto split = pair.find('=');
      if (split == std::string::npos) throw std::invalid_argument("--twilio-plan needs key=value, not '" + pair + "'");
      options.plan[pair.substr(0, split)] = pair.substr(split + 1);
    } else {
      bool port = false;
      for (const char* fake : {"control", "twilio", "openai", "gemini", "telegram", "openclaw", "endpoint"}) {
        if (name != std::string("--") + fake + "-port") continue;
        options.ports[fake] = std::uint16_t(number(name, next(), 65535));
        port = true;
      }
      if (!port) throw std::invalid_argument("unknown option '" + name + "'; --help lists them");
    }
  }
  return options;
}

}  // namespace fakes
