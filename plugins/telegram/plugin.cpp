// The Telegram plugin: its keys and its entry.
#include "plugins/telegram/notifier.hpp"

namespace {

constexpr hks_key keys[] = {
    hks::key("enabled", HKS_BOOLEAN, "false", "Tell Telegram chats about calls"),
    hks::shapedKey("bot_token", "Token of the bot, from @BotFather; of a bot that nothing else polls",
                   HKS_SECRET | HKS_REQUIRED, "[0-9]{5,16}:[A-Za-z0-9_-]{30,64}",
                   "the bot's number, a colon and about 35 characters"),
    hks::key(
        "chat_id", HKS_TEXT, "",
        "Chats to write to, up to 8, separated by commas: -1001234567890, @channel, or -1001234567890/7 for topic 7",
        HKS_REQUIRED),
    hks::key("api_base", HKS_URL, "https://api.telegram.org",
             "Where the Bot API answers; http:// only on this machine"),
    hks::key("events", HKS_TEXT, "call_ended", "What is told, separated by commas: call_started, call_ended, error"),
    hks::key("transcript", HKS_BOOLEAN, "true", "Add an excerpt of what was said to call_ended"),
    hks::key("digest_s", HKS_INTEGER, "0",
             "Tell the calls that end within so many seconds in one message, for groups with more than 20 calls a "
             "minute; 0: each in its own"),
    hks::key("time_zone", HKS_TEXT, "local",
             "Of the times in messages: local (this machine's), UTC, +02:00 or a name such as Europe/Berlin"),
};

}  // namespace

HKS_PLUGIN("telegram", "Telegram", "1.0.0", hks::Keys<keys>, hks::Notifier<hookswitch::telegram::Notifier>);
