#!/usr/bin/env bash
# How many instructions a frame costs the gateway, counted by callgrind, against the figures beside this file.
#
#   instructions.sh PROGRAM PLUGINS PATH           compares one path; 0: within 10 % above its figure
#   instructions.sh --renew PROGRAM PLUGINS        writes the figures of all paths
#
# PROGRAM is hookswitch-frames, PATH one of its paths. It is counted twice, with 200 and with 1,200 frames, and the
# difference is what 1,000 frames cost: what a start costs is in neither. A frame is 20 ms in one direction, so 20 ms of a
# call are two.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
figures=$here/instructions.txt
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The libraries choose by the processor, and so does Base64: figures of one kind say nothing of another.
kind=$(uname -m)
grep -qw avx2 /proc/cpuinfo && kind=$kind-avx2

# counted PROGRAM PLUGINS PATH FRAMES
counted() {
  local out=$work/$3.$4
  LD_BIND_NOW=1 valgrind --tool=callgrind --callgrind-out-file="$out" --collect-atstart=no --toggle-collect=gatewayTurn \
    "$1" "$2" "$3" "$4" >"$out.log" 2>&1 || { cat "$out.log" >&2; exit 1; }
  sed -n 's/^\(totals\|summary\): *\([0-9]*\).*/\2/p' "$out" | tail -n 1
}

# perFrame PROGRAM PLUGINS PATH
perFrame() {
  local few many
  few=$(counted "$@" 200)
  many=$(counted "$@" 1200)
  [ -n "$few" ] && [ "$few" -gt 0 ] && [ "$many" -gt "$few" ] || { echo "nothing was counted: $few, $many" >&2; exit 1; }
  echo $(((many - few) / 2000))
}

if [ "${1:-}" = --renew ]; then
  {
    sed -n '/^#/p' "$figures"
    grep -v '^#' "$figures" | awk -v kind="$kind" '$1 != kind' || true
    for path in pcmu pcm24 talk gemini; do echo "$kind $path $(perFrame "$2" "$3" "$path")"; done
  } >"$work/figures"
  cp "$work/figures" "$figures"
  cat "$figures"
  exit 0
fi

figure=$(awk -v kind="$kind" -v path="$3" '$1 == kind && $2 == path { print $3 }' "$figures")
if [ -z "$figure" ]; then
  echo "there is no figure for $kind, so nothing is compared; one is made by: $0 --renew $1 $2"
  exit 0
fi
now=$(perFrame "$1" "$2" "$3")
most=$((figure + figure / 10))
echo "$3: $now instructions a frame, $figure are on record, $most are allowed"
[ "$now" -le "$most" ] || {
  echo "A frame costs more than it did. Where it goes, callgrind_annotate says of the file that this writes:"
  echo "  valgrind --tool=callgrind --collect-atstart=no --toggle-collect=gatewayTurn $1 $2 $3 1000"
  echo "If it is worth it: $0 --renew $1 $2, and say why in the commit."
  exit 1
}
