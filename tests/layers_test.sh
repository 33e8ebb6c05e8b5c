#!/usr/bin/env bash
# The folders of host/ include each other downwards only, in the order of the table in host/README.md. A row that says
# "includes X alone" narrows it down to X, and one that says "includes nothing of X and names nothing of it" leaves X out,
# in its own text at least. Every folder has a row.
# Usage: layers_test.sh SOURCE
set -euo pipefail
cd "$1/host"
failed=0
say() {
  echo "$1"
  failed=1
}
declare -A rank alone without
order=()
while IFS= read -r row; do
  folder=$(sed -nE 's/^\| \[([a-z_]+)\]\(.*/\1/p' <<<"$row")
  rank[$folder]=${#order[@]}
  order+=("$folder")
  only=$(sed -nE 's/.*includes ([a-z_]+) alone.*/\1/p' <<<"$row")
  [ -z "$only" ] || alone[$folder]=$only
  none=$(sed -nE 's/.*includes nothing of ([a-z_]+) and names nothing of it.*/\1/p' <<<"$row")
  [ -z "$none" ] || without[$folder]=$none
done < <(grep -E '^\| \[[a-z_]+\]\([a-z_]+/README.md\)' README.md)
[ "${#order[@]}" -gt 1 ] || say "host/README.md: there is no table of folders"
for folder in */; do
  [ -n "${rank[${folder%/}]:-}" ] || say "host/README.md: the table has no row for the folder ${folder%/}"
done

while IFS=: read -r file line included; do
  folder=${file%%/*}
  [ -n "${rank[$folder]:-}" ] || continue
  if [ -z "${rank[$included]:-}" ]; then say "host/$file:$line: includes host/$included, which the table in host/README.md does not know"; continue; fi
  [ "$folder" = "$included" ] && continue
  if [ "${rank[$included]}" -gt "${rank[$folder]}" ]; then
    say "host/$file:$line: $folder includes $included, which stands above it: the order is ${order[*]}"
  elif [ -n "${alone[$folder]:-}" ] && [ "${alone[$folder]}" != "$included" ]; then
    say "host/$file:$line: $folder includes $included, and may include ${alone[$folder]} alone"
  elif [ "${without[$folder]:-}" = "$included" ]; then
    say "host/$file:$line: $folder includes $included, and is to do without it"
  fi
done < <(grep -rnE --include='*.cpp' --include='*.hpp' '^#include "host/[a-z_]+/' . | sed -E 's#^\./([^:]*):([0-9]+):\#include "host/([a-z_]+)/.*#\1:\2:\3#')
for folder in "${!without[@]}"; do
  while IFS= read -r hit; do say "host/$hit: $folder names something of ${without[$folder]}, and is to do without it"; done \
    < <(grep -rnE --include='*.cpp' --include='*.hpp' "\b${without[$folder]}::" "$folder" || true)
done
# The SDK and the plugins know nothing of the host.
while IFS= read -r hit; do say "$hit: includes a header of the host"; done \
  < <(cd .. && grep -rnE --include='*.cpp' --include='*.hpp' --include='*.h' --include='*.c' '^#include "host/' sdk plugins || true)

[ "$failed" -eq 0 ] && echo "the folders of host/ include each other downwards: ${order[*]}"
exit "$failed"
