#!/usr/bin/env bash
# Installs what is missing, builds, and runs every test: the ordinary suite, then the same suite under AddressSanitizer
# with UBSan, and under ThreadSanitizer. Arguments choose suites: plain, address, thread, fuzz.
set -euo pipefail
# shellcheck source=host/common.sh
. "$(dirname "$0")/../host/common.sh"

suites=("$@")
[ "${#suites[@]}" -gt 0 ] || suites=(plain address thread)
install "${packages_gateway[@]}" "${packages_tests[@]}" "${packages_sanitizers[@]}"
mkdir -p "$build"
jobs=$(nproc)
failed=()

# suite NAME DIRECTORY [cmake arguments]
suite() {
  local name=$1 directory=$2
  shift 2
  say "$name: building into $directory"
  configure "$directory" "$@"
  if ! ninja -C "$directory" >"$directory/ninja.log" 2>&1; then
    tail -n 60 "$directory/ninja.log" >&2
    failed+=("$name: does not build")
    return
  fi
  say "$name: testing"
  ctest --test-dir "$directory" --output-on-failure -j "$jobs" || failed+=("$name")
}

for wanted in "${suites[@]}"; do
  case $wanted in
    plain)
      # A real peer, where npm and its registry are at hand; without them one test program less.
      "$root/tests/system/prepare_openclaw.sh" "$build" || say "plain: without a real OpenClaw"
      suite plain "$build" -DHOOKSWITCH_TESTS=ON
      ;;
    address | thread)
      # The fakes are tools, not what is tested here: the sanitized suites use those of the ordinary build.
      [ -x "$build/tests/fakes/hookswitch-fakes" ] || { configure "$build"; ninja -C "$build" hookswitch-fakes | tail -n 1; }
      export ASAN_OPTIONS=detect_leaks=1:strict_string_checks=1:detect_stack_use_after_return=0
      export UBSAN_OPTIONS=print_stacktrace=1
      export TSAN_OPTIONS=halt_on_error=1:second_deadlock_stack=1:suppressions=$root/tests/tsan.supp
      parts="net;media;plugin;store;control;app;abi;crash;system"
      # One thread alone has no races: these would tell ThreadSanitizer nothing.
      [ "$wanted" = thread ] || parts="sdk;call;plugins;fuzz;$parts"
      suite "$wanted" "$build/$wanted" -DHOOKSWITCH_SANITIZE="$wanted" -DHOOKSWITCH_FAKES="$build/tests/fakes/hookswitch-fakes" \
        "-DHOOKSWITCH_TEST_PARTS=$parts"
      ;;
    fuzz)
      suite fuzz "$build/fuzz" -DHOOKSWITCH_FUZZ=ON -DCMAKE_C_COMPILER=clang -DCMAKE_CXX_COMPILER=clang++ \
        -DHOOKSWITCH_FAKES="$build/tests/fakes/hookswitch-fakes" -DHOOKSWITCH_TEST_PARTS=fuzz
      ;;
    *) echo "unknown suite '$wanted'; known are plain, address, thread, fuzz" >&2; exit 1 ;;
  esac
done

if [ "${#failed[@]}" -gt 0 ]; then
  say "failed: ${failed[*]}"
  exit 1
fi
say "all suites passed: ${suites[*]}"
