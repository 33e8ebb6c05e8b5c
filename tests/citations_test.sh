#!/usr/bin/env bash
# Every document that code and documents cite is in the tree, and has the section that is named.
# Usage: citations_test.sh SOURCE
set -euo pipefail
cd "$1"
failed=0
say() {
  echo "$1"
  failed=1
}
files() { find host plugins sdk tests config ./*.md ./*.txt ! -name citations_test.sh -type f "$@"; }
documents=$(find . -path ./build -prune -o -path './build-*' -prune -o -name '*.md' -print | sed 's|^\./||')

# resolve FILE NAME: the document that FILE means by NAME; nothing when there is none, or more than one could be meant
resolve() {
  local path
  for path in "$(dirname "$1")/$2" "$2"; do
    if [ -f "$path" ]; then echo "$path"; return; fi
  done
  path=$(grep -E "(^|/)${2//./\\.}$" <<<"$documents" || true)
  if [ -n "$path" ] && { [ "$(wc -l <<<"$path")" -eq 1 ] || [ "${2##*/}" = README.md ]; }; then head -n 1 <<<"$path"; fi
}
# has DOCUMENT SECTION: a heading "## 3." or "### 3.1"
has() { grep -qE "^#+ ${2//./\\.}(\.| |$)" "$1"; }

# Names of documents.
while IFS=: read -r file line name; do
  [ -n "$(resolve "$file" "$name")" ] || say "$file:$line: there is no document '$name'"
done < <(files -exec grep -noHE '[A-Za-z0-9_][A-Za-z0-9_./-]*\.md\b' {} + | sort -u)

# Documents that never were in the tree.
while IFS= read -r hit; do say "$hit: names a document that is not in the tree"; done \
  < <(files ! -name LICENSE -exec grep -nHE '\b(CONTRACT|DESIGN|MEDIA|FIELD|STYLE)( ?§|\.md|: )|protocols/[a-z]' {} + || true)

# Links of documents.
while IFS=: read -r file line link; do
  target=${link#](}
  target=${target%%[)#]*}
  [ -z "$target" ] || [ -e "$(dirname "$file")/$target" ] || say "$file:$line: the link '$target' leads nowhere"
done < <(find host plugins sdk tests config ./*.md -name '*.md' -exec grep -noHE '\]\([^)h ][^) ]*\)' {} + || true)

# Sections: of the document that is named before them on the line, else of the sheet of the plugin's folder. Those of an RFC
# are not ours.
while IFS=: read -r file line text; do
  grep -qiE 'rfc ?[0-9]' <<<"$text" && continue
  document=
  folder=$(sed -nE 's#^(tests/)?plugins/([a-z]+)/.*#plugins/\2#p' <<<"$file")
  if [ -n "$folder" ]; then document=$(find "$folder" -name '*.md' ! -name README.md | head -n 1); fi
  while IFS= read -r part; do
    case $part in
      *.md) document=$(resolve "$file" "$part") ;;
      *)
        [ -n "$document" ] || { say "$file:$line: section $part of which document?"; continue; }
        has "$document" "${part#§}" || say "$file:$line: $document has no section ${part#§}" ;;
    esac
  done < <(grep -oE '[A-Za-z0-9_][A-Za-z0-9_./-]*\.md\b|§[0-9]+(\.[0-9]+)*' <<<"$text")
done < <(files -exec grep -nHE '§[0-9]' {} +)

[ "$failed" -eq 0 ] && echo "every document and section that is cited is there"
exit "$failed"
