#!/usr/bin/env bash
# A test of host/, plugins/ and sdk/ is found without searching: its file has the name of the source that it is about, alone
# or with more behind it (call_media_test, call_media_echo_test), or its first line says which behaviour it covers. And no
# test is left out of the build.
# Usage: mirror_test.sh SOURCE
set -euo pipefail
cd "$1"
failed=0
say() {
  echo "$1"
  failed=1
}

# named SOURCES NAME: a source below one of the folders has that name, or one that NAME begins with
named() {
  local source name=$2
  while IFS= read -r source; do
    source=${source##*/}
    source=${source%.*}
    case $name in "$source" | "$source"_*) return 0 ;; esac
  done < <(find $1 ! -name '*_test.cpp' \( -name '*.cpp' -o -name '*.hpp' -o -name '*.h' \))
  return 1
}

count=0
while IFS= read -r file; do
  folder=$(dirname "$file")
  name=$(basename "$file" _test.cpp)
  count=$((count + 1))
  case $folder in
    sdk/tests) sources="sdk/include sdk/transcript" ;;
    tests/fakes) sources=$folder ;;
    tests/plugins/*) sources=${folder#tests/} ;;
    *) sources=host/${folder#tests/} ;;
  esac
  [ -d "${sources%% *}" ] || sources=
  if { [ -z "$sources" ] || ! named "$sources" "$name"; } && ! head -n 1 "$file" | grep -qE '^// .{15,}'; then
    say "$file: no source has this name; rename it, or say in a comment in its first line which behaviour it covers"
  fi
  grep -qE "(^|[ (/])$name""_test\.cpp" "$folder/CMakeLists.txt" || say "$file: $folder/CMakeLists.txt does not build it"
done < <(find tests sdk/tests -name '*_test.cpp' | sort)
[ "$count" -gt 0 ] || say "there are no tests"

[ "$failed" -eq 0 ] && echo "$count test files: each is built, and has the name of a source or says what it covers"
exit "$failed"
