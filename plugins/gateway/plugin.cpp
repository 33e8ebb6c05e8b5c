// The gateway plugin: its keys and its entry.
#include "plugins/gateway/notifier.hpp"

namespace {

constexpr hks_key keys[] = {
    hks::key("enabled", HKS_BOOLEAN, "false", "Tell an assistant's gateway (OpenClaw) about calls"),
    hks::key("url", HKS_URL, "ws://127.0.0.1:18789",
             "Where the gateway listens; ws:// only on this machine, else wss://", HKS_REQUIRED),
    hks::key("dialect", HKS_CHOICE, "openclaw",
             "openclaw: the gateway's own protocol; jsonrpc: one sessions_send request per event", 0,
             "openclaw|jsonrpc"),
    hks::key("token", HKS_TEXT, "", "Shared token of the gateway; the openclaw dialect needs it, jsonrpc has none",
             HKS_SECRET),
    hks::key("session", HKS_TEXT, "",
             "openclaw: a session key (agent:main:main) or an agent id (main); empty: the gateway's main session"),
    hks::key("wake_mode", HKS_CHOICE, "next-heartbeat",
             "openclaw: next-heartbeat waits for the agent's next turn, now starts one", 0, "next-heartbeat|now"),
    hks::key("ended_by_agent", HKS_BOOLEAN, "true",
             "openclaw: tell of a call's end in a turn of the agent, where the gateway has a model; nothing else "
             "survives its restart"),
    hks::key("receipt", HKS_CHOICE, "taken",
             "openclaw: when the end of a call counts as told. taken: a turn of the agent has it; accepted: the "
             "gateway has it in its memory",
             0, "taken|accepted"),
};

}  // namespace

HKS_PLUGIN("gateway", "OpenClaw gateway", "1.0.0", hks::Keys<keys>, hks::Notifier<hookswitch::gateway::Notifier>);
