# Shared by host/run.sh and tests/run.sh: where things are, and what has to be installed. Sourced, not run.
# shellcheck shell=bash
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=${HOOKSWITCH_BUILD:-$root/build}

say() { printf '== %s\n' "$*"; }

# Debian 12 packages. The first list builds and runs the gateway, the second its fakes, tests and demonstration.
packages_gateway=(build-essential cmake ninja-build ccache pkg-config libpoco-dev libboost-dev libboost-filesystem-dev tzdata
  libsimdjson-dev libsamplerate0-dev libssl-dev nlohmann-json3-dev ca-certificates)
packages_tests=(libsqlite3-dev libgtest-dev libgmock-dev libbenchmark-dev libexpat1-dev espeak-ng curl procps abigail-tools valgrind)
# What we did not write, between the gateway and its fakes: for the tests alone.
packages_peers=(nginx-light openssl python3-venv)
packages_sanitizers=(clang libclang-rt-14-dev)
packages_style=(clang-format clang-tidy)

# install PACKAGE...: only what is missing, with apt, as root or through sudo.
install() {
  local missing=() package
  for package in "$@"; do
    dpkg-query -W -f='${db:Status-Abbrev}' "$package" 2>/dev/null | grep -q '^ii' || missing+=("$package")
  done
  if [ "${#missing[@]}" -eq 0 ]; then return; fi
  say "installing ${missing[*]}"
  local as=()
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || { echo "these packages are missing and need root or sudo: ${missing[*]}" >&2; exit 1; }
    as=(sudo)
  fi
  "${as[@]}" apt-get update -qq
  # Of a server the program is wanted. Nobody has asked for a service, neither now nor at the next boot.
  local policy=/usr/sbin/policy-rc.d ours=false result=0
  if [ ! -e "$policy" ]; then
    ours=true
    printf '#!/bin/sh\nexit 101\n' | "${as[@]}" tee "$policy" >/dev/null
    "${as[@]}" chmod 755 "$policy"
  fi
  "${as[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null || result=$?
  if $ours; then "${as[@]}" rm -f "$policy"; fi
  case " ${missing[*]} " in *" nginx-light "*) "${as[@]}" update-rc.d nginx disable >/dev/null 2>&1 || true ;; esac
  return "$result"
}

# configure DIRECTORY [cmake arguments]
configure() {
  local directory=$1
  shift
  # A directory keeps what it was configured with; a new one is for a build from nothing.
  [ -e "$directory/CMakeCache.txt" ] || set -- -DHOOKSWITCH_QUICK=ON "$@"
  # What another checkout has compiled serves this one too.
  export CCACHE_NOHASHDIR=1 CCACHE_BASEDIR=$root
  cmake -S "$root" -B "$directory" -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo \
    -DCMAKE_C_COMPILER_LAUNCHER=ccache -DCMAKE_CXX_COMPILER_LAUNCHER=ccache "$@" >"$directory.configure.log" 2>&1 ||
    { cat "$directory.configure.log" >&2; exit 1; }
  rm -f "$directory.configure.log"
}

# build_in DIRECTORY [targets]: builds, and shows it. Two files of a folder may use one name, which no compiler minds until they
# are compiled as one (HOOKSWITCH_QUICK): such a target is then compiled file by file, and this says so.
build_in() {
  local directory=$1 log=$1/ninja.log apart targets
  shift
  for _ in 1 2 3; do
    if ninja -k 0 -C "$directory" "$@" 2>&1 | tee "$log"; then return; fi
    targets=$(sed -n 's#^FAILED: .*CMakeFiles/\([^/]*\)\.dir/Unity/.*#\1#p' "$log" | sort -u | tr '\n' ' ')
    [ -n "$targets" ] || break
    say "the files of these do not compile as one (first errors below) and are compiled one by one: $targets" >&2
    grep -E 'error:' "$log" | head -n 5 >&2 || true
    apart=$(sed -n 's/^HOOKSWITCH_APART:[A-Z]*=//p' "$directory/CMakeCache.txt")
    cmake -DHOOKSWITCH_APART="$apart;${targets// /;}" "$directory" >"$log" 2>&1 || break
  done
  tail -n 60 "$log" >&2
  return 1
}
