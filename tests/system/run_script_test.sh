#!/usr/bin/env bash
# host/run.sh as a new user meets it: two gateways at once on two ports, a third on a port that is taken, the demonstration
# beside them, and nothing left behind. Usage: run_script_test.sh SOURCE BUILD WORK
set -euo pipefail
source=$1 work=$3
export HOOKSWITCH_BUILD=$2 HOOKSWITCH_PREBUILT=1
unset TWILIO_ACCOUNT_SID TWILIO_AUTH_TOKEN
rm -rf "$work"
mkdir -p "$work"
cd "$work"
runs=()
fail() {
  echo "FAILED: $*" >&2
  for f in "$work"/*.log; do echo "== $f"; tail -n 20 "$f"; done >&2 || true
  exit 1
}
trap 'for r in "${runs[@]}"; do kill -TERM "$r" 2>/dev/null || true; done' EXIT
listens() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }
free_port() {
  local p
  for _ in $(seq 100); do
    p=$((20000 + RANDOM % 12000))
    listens $p || { echo $p; return; }
  done
}
# until WHAT COMMAND...: asks again for a minute
until_true() {
  local what=$1
  shift
  for _ in $(seq 600); do
    "$@" && return
    read -rt 0.1 <> <(:) || true
  done
  fail "$what"
}
healthy() { curl -fsS "http://127.0.0.1:$1/health" 2>/dev/null | grep -q healthy; }
gone() { ! kill -0 "$1" 2>/dev/null; }
directory_of() { sed -n 's|.*--config \(.*\)/stand-ins.ini.*|\1|p' <(tr '\0' ' ' <"/proc/$(pgrep -P "$1" -x hookswitch)/cmdline"); }

first=$(free_port)
"$source/host/run.sh" --port "$first" >first.log 2>&1 & a=$!; runs+=($a)
second=$(free_port)
while [ "$second" = "$first" ]; do second=$(free_port); done
"$source/host/run.sh" "--port=$second" >second.log 2>&1 & b=$!; runs+=($b)
until_true "the first one does not listen" healthy "$first"
until_true "the second one does not listen" healthy "$second"
[ "$(directory_of $a)" != "$(directory_of $b)" ] || fail "both use $(directory_of $a)"
[ -f "$(directory_of $b)/stand-ins.db" ] || fail "the second one has no store of its own"

# The port is taken: a sentence at once, and the first one is left alone.
code=0
"$source/host/run.sh" --port "$first" >third.log 2>&1 || code=$?
[ "$code" -eq 2 ] && [ "$(wc -l <third.log)" -eq 1 ] && grep -q "something listens on port $first already" third.log || fail "the third one said (code $code): $(cat third.log)"
for wrong in 0 65536 http ''; do
  if "$source/host/run.sh" --port "$wrong" >wrong.log 2>&1; then fail "--port '$wrong' was taken"; fi
  [ "$(wc -l <wrong.log)" -eq 1 ] || fail "--port '$wrong' says: $(cat wrong.log)"
done

# A call on each reaches its own stand-ins.
for port in "$first" "$second"; do
  curl -fsS -X POST "http://127.0.0.1:$port/api/call" -d '{"to":"+15550100002"}' | grep -q '"success":true' || fail "no call on port $port"
done
# How it sounds on a machine that runs other tests is no matter here.
HOOKSWITCH_DEMO_BUSY=1 "$source/host/run.sh" --place-demo-call >demo.log 2>&1 || fail "the demonstration beside two gateways"
left=$(find . -mindepth 1 ! -name "*.log")
[ -z "$left" ] || fail "where the user stands the demonstration left $left"
healthy "$first" && healthy "$second" || fail "the demonstration disturbed one of them"

# One ends: its directory goes, the other stays.
directory=$(directory_of $a)
kill -TERM $a
until_true "the first one does not end" gone $a
[ ! -e "$directory" ] || fail "$directory was left behind"
healthy "$second" || fail "the end of the first one disturbed the second"

# One is killed with all that it started: the next start removes its directory.
directory=$(directory_of $b)
kill -9 $b $(pgrep -P $b) 2>/dev/null || true
until_true "the port is not free" eval "! listens $second"
[ -e "$directory" ] || fail "nothing was left behind to clean up"
until_true "$directory was not removed" eval "'$source/host/run.sh' --check >check.log 2>&1 && [ ! -e '$directory' ]"
grep -q '^fine$' check.log || fail "--check says: $(cat check.log)"

# With accounts: the store does not depend on where one stands.
export TWILIO_ACCOUNT_SID=AC00000000000000000000000000000001 TWILIO_AUTH_TOKEN=0123456789abcdef0123456789abcdef
"$source/host/run.sh" --check >accounts.log 2>&1 || fail "--check with accounts: $(cat accounts.log)"
grep -qF "kept in $(cd "$source" && pwd)/hookswitch.db" accounts.log || fail "the store is not named: $(cat accounts.log)"
echo "fine"
