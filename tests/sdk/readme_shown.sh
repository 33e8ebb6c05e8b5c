#!/usr/bin/env bash
# The plugin of sdk/README.md shows its effect: the commands that readme.cmake kept in WORK/shown are given to a gateway on
# stand-ins with the plugin that was dropped in, and what stands in WORK/appears must appear in its log.
# Usage: readme_shown.sh SOURCE BUILD WORK
set -euo pipefail
export HOOKSWITCH_BUILD=$2 HOOKSWITCH_PREBUILT=1
unset TWILIO_ACCOUNT_SID TWILIO_AUTH_TOKEN
work=$3
log=$work/shown.log
for _ in $(seq 100); do
  port=$((20000 + RANDOM % 12000))
  (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
done
"$1/host/run.sh" --port $port --set "plugins.directory=$2/plugins:$work/gateway/build/plugins" >"$log" 2>&1 &
gateway=$!
trap 'kill -TERM $gateway 2>/dev/null || true; wait $gateway || true' EXIT
appears() {
  for _ in $(seq 600); do
    grep -q -- "$1" "$log" && return
    read -rt 0.1 <> <(:) || true
  done
  cat "$log" >&2
  echo "FAILED: '$1' did not appear" >&2
  exit 1
}
appears "listening on"
CONTROL=$(sed -n 's/^== stand-ins take commands at \([^ ]*\).*/\1/p' "$log")
export CONTROL
sed "s/127.0.0.1:8080/127.0.0.1:$port/" "$work/shown" | bash -euo pipefail
# "6f0c..." stands for any id.
appears "$(sed 's/[][.*]/\\&/g; s/6f0c\\\.\\\.\\\./[0-9a-f-]*/' "$work/appears")"
