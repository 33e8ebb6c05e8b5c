#!/usr/bin/env bash
# The form of the code: clang-format over everything, then clang-tidy with the checks of .clang-tidy over host, plugins and sdk,
# each file by itself. So this is also where a file is found that forgets an include, and what only clang refuses.
# Usage: style.sh BUILD [FILE...]. BUILD: configured with clang (HOOKSWITCH_TESTS=OFF is enough); nothing is compiled there.
# A file whose headers and checks are as they were when it passed is not looked at again.
set -euo pipefail
cd "$(dirname "$0")/.."
directory=$(realpath "$1")
shift
passed=$directory/style
mkdir -p "$passed"

mapfile -t sources < <(git ls-files 2>/dev/null | grep -E '\.(cpp|hpp|c|h)$' || find host plugins sdk tests -name '*.[ch]' -o -name '*.[ch]pp')
# The ABI's header is laid out by hand.
printf '%s\n' "${sources[@]}" | grep -v '/abi\.h$' | while IFS= read -r file; do [ ! -e "$file" ] || echo "$file"; done |
  xargs clang-format --dry-run -Werror 2>"$passed/format" || { grep -m 20 'error:' "$passed/format" >&2; echo "clang-format -i on these files" >&2; exit 1; }
echo "clang-format: ${#sources[@]} files"

tidyOne() {
  local file=$1 directory=$2 stamp out
  # What the verdict depends on: the text of the file with all that it includes, and the checks.
  stamp=$directory/style/$(python3 - "$file" "$directory" <<'PYTHON'
import hashlib, json, shlex, subprocess, sys
file, directory = sys.argv[1:]
for entry in json.load(open(directory + "/compile_commands.json")):
    if entry["file"].endswith("/" + file):
        words = shlex.split(entry["command"])
        at = words.index("-o")
        del words[at:at + 2]
        text = subprocess.run([w for w in words if w != "-c"] + ["-E", "-P"], cwd=entry["directory"], stdout=subprocess.PIPE).stdout
        print(hashlib.sha256(text + open(".clang-tidy", "rb").read()).hexdigest())
        break
PYTHON
  )
  if [ -f "$stamp" ]; then return; fi
  if out=$(clang-tidy --quiet -p "$directory" "$file" 2>/dev/null); then touch "$stamp"; return; fi
  grep -E '(error|warning):' <<<"$out" || echo "$file: clang-tidy failed: $(tail -n 1 <<<"$out")"
  return 1
}
export -f tidyOne
if [ $# -eq 0 ]; then
  mapfile -t files < <(python3 -c '
import json, os, sys
names = {os.path.relpath(e["file"]) for e in json.load(open(sys.argv[1] + "/compile_commands.json"))}
print("\n".join(sorted(n for n in names if n.startswith(("host/", "plugins/", "sdk/")) and n.endswith(".cpp"))))' "$directory")
  set -- "${files[@]}"
fi
# shellcheck disable=SC2016   # expanded by the shell that runs it
printf '%s\n' "$@" | xargs -P "$(nproc)" -I{} bash -c 'tidyOne "$1" "$2"' _ {} "$directory" || { echo "clang-tidy: see above" >&2; exit 1; }
echo "clang-tidy: $# files"
