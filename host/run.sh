#!/usr/bin/env bash
# Installs what is missing, builds, and starts the gateway in the foreground. Without credentials in the environment it
# runs on stand-ins of every provider on loopback. With --place-demo-call it also places one call per speech model,
# prints every step, and exits. Every other argument goes to the gateway (see --help).
set -euo pipefail
# shellcheck source=host/common.sh
. "$(dirname "$0")/common.sh"

demo=false
arguments=()
for argument in "$@"; do
  case $argument in
    --place-demo-call) demo=true ;;
    *) arguments+=("$argument") ;;
  esac
done

accounts=false
if [ -n "${TWILIO_ACCOUNT_SID:-}" ] && [ -n "${TWILIO_AUTH_TOKEN:-}" ]; then accounts=true; fi
if $demo; then accounts=false; fi

install "${packages_gateway[@]}"
$accounts || install "${packages_tests[@]}"
targets=(hookswitch twilio openai gemini telegram gateway)
$accounts || targets+=(hookswitch-fakes hookswitch-demo)
say "building into $build"
mkdir -p "$(dirname "$build")"
if $accounts && [ ! -f "$build/build.ninja" ]; then configure "$build" -DHOOKSWITCH_TESTS=OFF
else configure "$build" -DHOOKSWITCH_TESTS=ON; fi
ninja -C "$build" "${targets[@]}" | tail -n 1

run=$build/run
mkdir -p "$run"
chmod 700 "$run"
configs=(--config "$root/config/hookswitch.ini")

# Where others can reach the gateway, /api asks for a key. This is how the shell of whoever uses it gets it.
say_key() {
  local line
  line=$("$@" --check 2>/dev/null | sed -n 's/^note: server\.api_key is empty .*; \(export .*\)$/\1/p') || true
  if [ -n "$line" ]; then say "the API asks for a key; once the gateway runs: $line"; fi
}

if $accounts; then
  say "using the accounts in the environment"
  # The variables' names, not their values: no secret is written to disk.
  cat >"$run/accounts.ini" <<INI
[server]
public_url = \${system.env.HOOKSWITCH_PUBLIC_URL}
api_key = \${system.env.HOOKSWITCH_API_KEY}
[twilio]
account_sid = \${system.env.TWILIO_ACCOUNT_SID}
auth_token = \${system.env.TWILIO_AUTH_TOKEN}
from_number = \${system.env.TWILIO_FROM_NUMBER}
[openai]
api_key = \${system.env.OPENAI_API_KEY}
[gemini]
api_key = \${system.env.GEMINI_API_KEY}
INI
  # A speech model without a key is idle; the one that has a key answers.
  if [ -z "${OPENAI_API_KEY:-}" ] && [ -n "${GEMINI_API_KEY:-}" ]; then printf '[calls]\nvoice = gemini\n' >>"$run/accounts.ini"; fi
  if [ -n "${TELEGRAM_BOT_TOKEN:-}" ] && [ -n "${TELEGRAM_CHAT_ID:-}" ]; then
    printf '[telegram]\nenabled = true\nbot_token = ${system.env.TELEGRAM_BOT_TOKEN}\nchat_id = ${system.env.TELEGRAM_CHAT_ID}\n' >>"$run/accounts.ini"
  fi
  if [ -n "${OPENCLAW_GATEWAY_TOKEN:-}" ]; then
    printf '[gateway]\nenabled = true\ntoken = ${system.env.OPENCLAW_GATEWAY_TOKEN}\n' >>"$run/accounts.ini"
  fi
  command=("$build/host/hookswitch" "${configs[@]}" --config "$run/accounts.ini" "${arguments[@]}")
  say_key "${command[@]}"
  say "starting the gateway"
  exec "${command[@]}"
fi

say "no Twilio account in the environment: starting stand-ins of Twilio, OpenAI, Gemini, Telegram and OpenClaw on loopback"
port=8080
# What the caller says: real speech, spoken by a synthesiser.
espeak-ng -s 150 -w "$run/caller.wav" "Hello. I would like to know whether you are open on Saturday afternoon, please."
"$build/tests/fakes/hookswitch-fakes" --config-out "$run/stand-ins.ini" --caller-wav "$run/caller.wav" \
  --webhook-base "http://127.0.0.1:$port" --die-with-parent >"$run/stand-ins.log" 2>&1 &
fakes=$!
gateway=
cleanup() {
  trap - EXIT
  if [ -n "$gateway" ]; then kill -TERM "$gateway" 2>/dev/null && wait "$gateway" || true; fi
  kill "$fakes" 2>/dev/null || true
}
trap cleanup EXIT
for _ in $(seq 100); do
  grep -q '^ready ' "$run/stand-ins.log" && break
  kill -0 "$fakes" 2>/dev/null || { cat "$run/stand-ins.log" >&2; exit 3; }
  read -rt 0.1 <> <(:) || true
done
control=$(sed -n 's/^ready control=//p' "$run/stand-ins.log")
say "stand-ins take commands at $control (GET /)"
command=("$build/host/hookswitch" "${configs[@]}" --config "$run/stand-ins.ini" --set "server.port=$port"
  --set "server.public_url=http://127.0.0.1:$port" --set "store.path=$run/stand-ins.db" "${arguments[@]}")

if $demo; then
  # On a port of the system's choice and without a file, so that the demonstration runs beside anything; the call brings
  # its webhook_url.
  "${command[@]}" --set server.port=0 --set server.public_url= --set store.path= >"$run/gateway.log" 2>&1 &
  gateway=$!
  for _ in $(seq 200); do
    grep -q 'listening on' "$run/gateway.log" && break
    kill -0 "$gateway" 2>/dev/null || { cat "$run/gateway.log" >&2; exit 3; }
    read -rt 0.1 <> <(:) || true
  done
  address=$(sed -n 's/.*listening on \(http[^ ]*\).*/\1/p' "$run/gateway.log")
  say "the gateway listens on $address"
  "$build/tests/system/hookswitch-demo" --gateway "$address" --stand-ins "$control" && result=0 || result=$?
  [ "$result" -eq 0 ] || { say "the gateway's log:"; cat "$run/gateway.log"; }
  exit "$result"
fi

say_key "${command[@]}"
say "starting the gateway on http://127.0.0.1:$port"
say "try: curl -X POST http://127.0.0.1:$port/api/call -d '{\"to\":\"+15550100002\"}'"
# Signals reach the gateway alone, so that it ends its calls before the stand-ins go.
trap 'kill -TERM "$gateway" 2>/dev/null || true' TERM INT
trap 'kill -HUP "$gateway" 2>/dev/null || true' HUP
"${command[@]}" &
gateway=$!
while :; do
  wait "$gateway" && result=0 || result=$?
  kill -0 "$gateway" 2>/dev/null || break
done
gateway=
exit "$result"
