#!/usr/bin/env bash
# Installs what is missing, builds, and starts the gateway in the foreground. Without credentials in the environment it
# runs on stand-ins of every provider on loopback. Several runs disturb each other in nothing: each has a directory of its
# own, which is removed when nothing of it runs any more.
set -euo pipefail
# shellcheck source=host/common.sh
. "$(dirname "$0")/common.sh"

usage() {
  cat <<'TEXT'
host/run.sh [--port N] [--place-demo-call] [arguments of the gateway]

  --port N            listen on this port; 8080 without it. A second gateway needs another one
  --place-demo-call   on stand-ins: place one call per speech model, print every step, and exit
  --help              this text

Every other argument goes to the gateway: build/host/hookswitch --help lists them. With TWILIO_ACCOUNT_SID and
TWILIO_AUTH_TOKEN in the environment it uses the accounts there (README.md), else stand-ins on loopback.
HOOKSWITCH_BUILD is the directory to build in; with HOOKSWITCH_PREBUILT=1 nothing is installed or built.
TEXT
}

# Nothing has been started yet.
refuse() {
  echo "host/run.sh: $2" >&2
  exit "$1"
}

check_port() {
  { [[ $1 =~ ^[1-9][0-9]{0,4}$ ]] && [ "$1" -le 65535 ]; } || refuse 1 "--port: expected a number between 1 and 65535, found '$1'"
}

demo=false
port=
own_port=false   # the arguments say themselves where to listen
only_asks=false  # the gateway answers and exits
arguments=()
while [ $# -gt 0 ]; do
  case $1 in
    --place-demo-call) demo=true ;;
    --port) [ $# -gt 1 ] || refuse 1 "--port needs a number"; check_port "$2"; port=$2; shift ;;
    --port=*) port=${1#--port=}; check_port "$port" ;;
    --help | -h) usage; exit 0 ;;
    --check | --print-config | --version) only_asks=true; arguments+=("$1") ;;
    --config | -c) [ $# -gt 1 ] || refuse 1 "--config needs a file"; own_port=true; arguments+=("$1" "$2"); shift ;;
    --config=* | *server.port=*) own_port=true; arguments+=("$1") ;;
    *) arguments+=("$1") ;;
  esac
  shift
done

accounts=false
if [ -n "${TWILIO_ACCOUNT_SID:-}" ] && [ -n "${TWILIO_AUTH_TOKEN:-}" ]; then accounts=true; fi
if $demo; then accounts=false; fi
# Said before anything is built. Who is asked whether the port is free answers for this moment only; the gateway asks again.
if ! $demo && ! $only_asks && { [ -n "$port" ] || ! $own_port; } && (exec 3<>"/dev/tcp/127.0.0.1/${port:-8080}") 2>/dev/null; then
  refuse 2 "something listens on port ${port:-8080} already, maybe another gateway; it was left alone. Choose another one: host/run.sh --port $((${port:-8080} % 65535 + 1))"
fi

mkdir -p "$build/run"
if [ -z "${HOOKSWITCH_PREBUILT:-}" ]; then
  install "${packages_gateway[@]}"
  $accounts || install "${packages_tests[@]}"
  # The transcript player belongs to the SDK, which is installed from this build (sdk/README.md).
  targets=(hookswitch twilio openai gemini telegram gateway hookswitch-transcript)
  $accounts || targets+=(hookswitch-fakes hookswitch-demo)
  exec 8>"$build/run/build.lock"
  flock -n 8 || { say "another run builds in $build: waiting for it"; flock 8; }
  say "building into $build"
  tests=ON
  if $accounts && ! grep -qs '^HOOKSWITCH_TESTS:BOOL=ON' "$build/CMakeCache.txt"; then tests=OFF; fi
  configure "$build" -DHOOKSWITCH_TESTS=$tests
  build_in "$build" "${targets[@]}"
  exec 8>&-
fi

# A directory of this run: configuration, log, speech, store. Its lock is held by whoever runs in it, also after a kill -9
# of this script; what nobody holds any more is removed.
exec 7>"$build/run/lock"
flock 7
for old in "$build"/run/*/; do
  [ -e "$old/lock" ] || continue
  (exec 9<"$old/lock" && flock -n 9 && rm -rf "$old") 2>/dev/null || true
done
run=$(mktemp -d "$build/run/XXXXXXXX")
exec 9>"$run/lock"
flock 9
exec 7>&-
configs=(--config "$root/config/hookswitch.ini")

# Where others can reach the gateway, /api asks for a key. This is how the shell of whoever uses it gets it.
say_key() {
  local line
  line=$("$@" --check 2>/dev/null | sed -n 's/^note: server\.api_key is empty .*; \(export .*\)$/\1/p') || true
  if [ -n "$line" ]; then say "the API asks for a key; once the gateway runs: $line"; fi
}

if $accounts; then
  say "using the accounts in the environment"
  # The store stays, and stays where it is wherever this is started from. Two gateways have two of them.
  store=$root/hookswitch${port:+-$port}.db
  if [ "$port" = 8080 ]; then store=$root/hookswitch.db; fi
  # The variables' names, not their values: no secret is written to disk.
  cat >"$run/accounts.ini" <<INI
[server]
public_url = \${system.env.HOOKSWITCH_PUBLIC_URL}
api_key = \${system.env.HOOKSWITCH_API_KEY}
[store]
path = $store
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
  if [ -n "$port" ]; then arguments+=(--set "server.port=$port"); fi
  command=("$build/host/hookswitch" "${configs[@]}" --config "$run/accounts.ini" "${arguments[@]}")
  $only_asks || say_key "${command[@]}"
  say "starting the gateway; calls and transcripts are kept in $store"
  exec "${command[@]}"
fi

port=${port:-8080}
say "no Twilio account in the environment: starting stand-ins of Twilio, OpenAI, Gemini, Telegram and OpenClaw on loopback"
fakes=
gateway=
cleanup() {
  trap - EXIT
  if [ -n "$gateway" ]; then kill -TERM "$gateway" 2>/dev/null && wait "$gateway" || true; fi
  if [ -n "$fakes" ]; then kill "$fakes" 2>/dev/null || true; fi
  rm -rf "$run"
}
trap cleanup EXIT
# What the caller says: real speech, spoken by a synthesiser.
espeak-ng -s 150 -w "$run/caller.wav" "Hello. I would like to know whether you are open on Saturday afternoon, please."
"$build/tests/fakes/hookswitch-fakes" --config-out "$run/stand-ins.ini" --caller-wav "$run/caller.wav" \
  --webhook-base "http://127.0.0.1:$port" --die-with-parent >"$run/stand-ins.log" 2>&1 &
fakes=$!
for _ in $(seq 300); do
  grep -q '^ready ' "$run/stand-ins.log" && break
  kill -0 "$fakes" 2>/dev/null || { cat "$run/stand-ins.log" >&2; exit 3; }
  read -rt 0.1 <> <(:) || true
done
control=$(sed -n 's/^ready control=//p' "$run/stand-ins.log")
say "stand-ins take commands at $control (GET /)"
command=("$build/host/hookswitch" "${configs[@]}" --config "$run/stand-ins.ini" --set "server.port=$port"
  --set "server.public_url=http://127.0.0.1:$port" --set "store.path=$run/stand-ins.db" "${arguments[@]}")

if $demo; then
  # On a port of the system's choice and in its own directory, so that the demonstration runs beside anything; the call
  # brings its webhook_url.
  "${command[@]}" --set server.port=0 --set server.public_url= >"$run/gateway.log" 2>&1 &
  gateway=$!
  for _ in $(seq 300); do
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

$only_asks || say_key "${command[@]}"
$only_asks || say "starting the gateway on http://127.0.0.1:$port"
$only_asks || say "try: curl -X POST http://127.0.0.1:$port/api/call -d '{\"to\":\"+15550100002\"}'"
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
