#!/usr/bin/env bash
# Installs what is missing, builds, and runs every test: the ordinary suite, the same suite under AddressSanitizer with
# UBSan and under ThreadSanitizer, then the fuzzers with clang, each for a while, and the form of the code. Arguments choose
# suites: plain, address, thread, fuzz, style. HOOKSWITCH_FUZZ_SECONDS: how long each fuzzer runs (20).
set -euo pipefail
# shellcheck source=host/common.sh
. "$(dirname "$0")/../host/common.sh"

suites=("$@")
[ "${#suites[@]}" -gt 0 ] || suites=(plain address thread fuzz style)
for wanted in "${suites[@]}"; do
  case $wanted in
    plain | address | thread | fuzz | style) ;;
    *) echo "unknown suite '$wanted'; known are plain, address, thread, fuzz, style" >&2; exit 1 ;;
  esac
done

mkdir -p "$build"
cores=$(nproc)
tests_at_once=$((2 * cores))  # most of them wait for a process or a clock most of the time
failed=() times=() red=()

# step NAME COMMAND...: runs it and notes how long it took.
step() {
  local name=$1 begin=$SECONDS result=0
  shift
  say "$name"
  "$@" || result=$?
  times+=("$(printf '%3d:%02d  %s' $(((SECONDS - begin) / 60)) $(((SECONDS - begin) % 60)) "$name")")
  [ "$result" -eq 0 ] || failed+=("$name")
  return "$result"
}

# compile DIRECTORY [cmake arguments]
compile() {
  local directory=$1
  shift
  configure "$directory" "$@"
  build_in "$directory" >/dev/null
}

# check DIRECTORY: what failed is said again at the end of everything, where the one who looks will see it.
check() {
  local result=0
  ctest --test-dir "$1" --output-on-failure -j "$tests_at_once" || result=$?
  [ "$result" -eq 0 ] || red+=("$1/Testing/Temporary")
  return "$result"
}

# retell DIRECTORY: the tests that failed there, by name, and the end of what each of them printed.
retell() {
  local name
  [ -f "$1/LastTestsFailed.log" ] || return 0
  while IFS=: read -r _ name; do
    echo "-- $name"
    awk -v want="Testing: $name" 'index($0, want) && substr($0, length($0) - length(want) + 1) == want { on = 1 }
      on { print } on && /^Test time =/ { exit }' "$1/LastTest.log" | tail -n 60
  done <"$1/LastTestsFailed.log"
}

# Twilio's official helper library, which some tests put between the gateway and its stand-in. Without a package registry
# those tests are left out, and this says so.
official() {
  local environment=$build/official
  if [ -x "$environment/bin/python" ] && "$environment/bin/python" -c 'import twilio' 2>/dev/null; then return; fi
  rm -rf "$environment"
  if python3 -m venv "$environment" &&
    timeout 180 "$environment/bin/pip" install -q --disable-pip-version-check --retries 1 --timeout 10 twilio==9.13.0; then
    return
  fi
  rm -rf "$environment"
  say "no package registry could be reached: the tests with Twilio's official helper library are left out"
}

# suite NAME DIRECTORY [cmake arguments]
suite() {
  local name=$1 directory=$2
  shift 2
  step "$name: build" compile "$directory" "$@" && step "$name: test" check "$directory"
}

# fuzzOne DIRECTORY NAME: from its corpus on; what it finds new stays in the build. What made it fail is shown.
fuzzOne() {
  local program=$1/tests/fuzz/$2 found=$1/found/$2 artefact
  rm -rf "$found"
  mkdir -p "$found/corpus"
  if "$program" -max_total_time="$fuzz_seconds" -timeout=20 -rss_limit_mb=4096 -print_final_stats=1 -artifact_prefix="$found/" \
      "$found/corpus" "$fuzz_corpora/$2" >"$found/log" 2>&1; then
    echo "$2: $(sed -n 's/^stat::number_of_executed_units: *//p' "$found/log") inputs, nothing found"
    return
  fi
  {
    echo "$2: FAILED"
    tail -n 60 "$found/log"
    for artefact in "$found"/*-*; do
      [ -f "$artefact" ] || continue
      echo "$artefact, $(stat -c %s "$artefact") bytes; base64 of the first 8192:"
      head -c 8192 "$artefact" | base64
    done
  } >"$found/report"
  cat "$found/report"   # in one piece, beside another fuzzer
  return 1
}

# fuzz DIRECTORY: every fuzzer, as many at a time as there are processors.
fuzz() {
  export fuzz_corpora=$root/tests/fuzz/corpus fuzz_seconds=${HOOKSWITCH_FUZZ_SECONDS:-20}
  export -f fuzzOne
  # shellcheck disable=SC2016   # expanded by the shell that runs it
  find "$1/tests/fuzz" -maxdepth 1 -name 'fuzz_*' -type f -executable -printf '%f\n' | sort |
    xargs -P "$cores" -I{} bash -c 'fuzzOne "$1" "$2"' _ "$1" {}
}

step "packages" install "${packages_gateway[@]}" "${packages_tests[@]}" "${packages_peers[@]}" "${packages_sanitizers[@]}" "${packages_style[@]}"

for wanted in "${suites[@]}"; do
  # The fakes are tools, not what is tested here: the other suites use those of the ordinary build.
  if [ "$wanted" != plain ] && [ ! -x "$build/tests/fakes/hookswitch-fakes" ]; then
    configure "$build"
    step "fakes: build" build_in "$build" hookswitch-fakes >/dev/null || exit 1
  fi
  fakes=-DHOOKSWITCH_FAKES=$build/tests/fakes/hookswitch-fakes
  export ASAN_OPTIONS=detect_leaks=1:strict_string_checks=1:detect_stack_use_after_return=0
  export UBSAN_OPTIONS=print_stacktrace=1
  export TSAN_OPTIONS=halt_on_error=1:second_deadlock_stack=1:suppressions=$root/tests/tsan.supp
  case $wanted in
    plain)
      # A real peer, where npm and its registry are at hand; without them one test program less.
      step "a real OpenClaw: install" "$root/tests/system/prepare_openclaw.sh" "$build" || { say "plain: without a real OpenClaw"; unset 'failed[-1]'; }
      step "official helpers: install" official
      suite plain "$build" -DHOOKSWITCH_TESTS=ON
      ;;
    address | thread)
      parts="base;net;media;plugin;store;control;tools;api;app;abi;crash;system"
      # One thread alone has no races: these would tell ThreadSanitizer nothing. The corpora are replayed by the suite fuzz.
      [ "$wanted" = thread ] || parts="sdk;call;plugins;$parts"
      suite "$wanted" "$build/$wanted" -DHOOKSWITCH_SANITIZE="$wanted" "$fakes" "-DHOOKSWITCH_TEST_PARTS=$parts"
      ;;
    fuzz)
      # Gateway, plugins and SDK with the other compiler: what only one of them refuses is seen here.
      suite fuzz "$build/fuzz" -DHOOKSWITCH_FUZZ=ON -DCMAKE_C_COMPILER=clang -DCMAKE_CXX_COMPILER=clang++ "$fakes" \
        -DHOOKSWITCH_TEST_PARTS=fuzz && step "fuzz: each fuzzer for ${HOOKSWITCH_FUZZ_SECONDS:-20} s" fuzz "$build/fuzz"
      ;;
    style)
      configure "$build/style" -DHOOKSWITCH_QUICK=OFF -DHOOKSWITCH_TESTS=OFF -DCMAKE_C_COMPILER=clang -DCMAKE_CXX_COMPILER=clang++
      step "style: clang-format and clang-tidy" "$root/tests/style.sh" "$build/style"
      ;;
  esac || true
done

say "times, in minutes and seconds"
printf '%s\n' "${times[@]}" "$(printf '%3d:%02d  all' $((SECONDS / 60)) $((SECONDS % 60)))"
if [ "${#failed[@]}" -gt 0 ]; then
  for directory in "${red[@]}"; do retell "$directory"; done
  say "failed: ${failed[*]}"
  exit 1
fi
say "all suites passed: ${suites[*]}"
