// The section [twilio], checked.
#pragma once

#include <hookswitch/plugin.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace hookswitch::twilio {

/// How a leg whose id is not known is told from others: by the log of its callbacks, or by numbers and time alone.
enum class LookUpPolicy : std::uint8_t { events = 1, numbers = 2 };
/// How keys are pressed: by a document, at Twilio's own level, or as tones in the stream.
enum class Dtmf : std::uint8_t { play = 1, inband = 2 };
enum class SignaturePolicy : std::uint8_t { enforce = 1, log = 2, off = 3 };

/// What a session needs of its settings. Immutable after read(). [session]
struct Config {
  std::string account_sid;
  std::string auth_token;
  std::string from_number;
  std::string api_base;                     ///< without a trailing slash
  std::vector<std::string> signing_keys;    ///< auth_token, and the secondary token while tokens are rotated
  std::vector<std::string> shared_keys;     ///< secrets of SharedKeys; without empty ones
  std::vector<std::string> shared_key_ids;  ///< empty: whichever id a request names
  bool verify_signature = true;
  SignaturePolicy stream_signature = SignaturePolicy::log;
  LookUpPolicy look_up = LookUpPolicy::events;
  Dtmf dtmf = Dtmf::play;
  std::uint32_t create_timeout_ms = 30'000;
  std::uint32_t media_idle_s = 30;  ///< 0: never

  /// Out-of-range numbers fall back to the default; `problems` gets one sentence each, without secrets.
  static Config read(const hks::Settings& settings, std::vector<std::string>& problems);
};

inline constexpr hks_key kKeys[] = {
    hks::key("enabled", HKS_BOOLEAN, "true", "load the plugin, but leave it idle when false"),
    hks::shapedKey("account_sid", "account SID (AC...), from the Twilio console", HKS_REQUIRED, "AC[0-9a-f]{32}",
                   "AC and 32 digits 0-9 a-f"),
    hks::shapedKey("auth_token", "primary auth token of the account: signs webhooks, authorises requests",
                   HKS_REQUIRED | HKS_SECRET, "[0-9a-f]{32}", "32 digits 0-9 a-f"),
    hks::shapedKey("auth_token_secondary",
                   "second token whose webhook signatures are accepted too, while tokens are being rotated", HKS_SECRET,
                   "[0-9a-f]{32}", "32 digits 0-9 a-f"),
    hks::key("shared_key", HKS_TEXT, "",
             "secret of the SharedKey that signs webhooks where a Webhook Rule of the account says so (HMAC_SHA256)",
             HKS_SECRET),
    hks::key("shared_key_secondary", HKS_TEXT, "", "second SharedKey secret, while the key is being replaced",
             HKS_SECRET),
    hks::key(
        "shared_key_id", HKS_TEXT, "",
        "ids (webhooks_sharedkey_...) of these SharedKeys, separated by commas; another one is refused. Empty: any id"),
    hks::shapedKey("from_number", "caller ID of outgoing calls that name none, E.164, owned or verified", 0,
                   "\\+[1-9][0-9]{6,14}", "+ and 7 to 15 digits, as in +15550100001"),
    hks::key("api_base", HKS_URL, "https://api.twilio.com",
             "REST host; a regional one (https://api.dublin.ie1.twilio.com) needs the credentials of its region"),
    hks::key("verify_signature", HKS_BOOLEAN, "true", "refuse webhooks without a valid X-Twilio-Signature"),
    hks::key("stream_signature", HKS_CHOICE, "log",
             "what a media stream's upgrade without a valid signature meets: the one-use token is checked in any case",
             0, "enforce|log|off"),
    hks::key(
        "look_up", HKS_CHOICE, "events",
        "how a leg whose id got lost is found again: by the account's log of its callbacks, or by numbers and time", 0,
        "events|numbers"),
    hks::key(
        "dtmf", HKS_CHOICE, "play",
        "how keys are pressed: by a document, for which the media stream breaks off and comes back, or as tones in "
        "the stream, which some menus do not recognise",
        0, "play|inband"),
    hks::key("create_timeout_s", HKS_INTEGER, "30", "how long Twilio may take to accept a call, 1 to 30"),
    hks::key("media_idle_s", HKS_INTEGER, "30",
             "a media stream that stays silent this long (no frame of any kind) is over; 0 = never, at most 3600"),
};

}  // namespace hookswitch::twilio
