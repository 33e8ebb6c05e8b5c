#!/usr/bin/env bash
# What is installed is complete: from a prefix of its own the gateway finds its configuration and its plugins; the unit names the
# program that was installed; a second installation leaves a changed configuration alone; a package keeps its configuration in /etc.
# Usage: install_test.sh BUILD DIRECTORY
set -euo pipefail
build=$1 prefix=$2/prefix
rm -rf "$prefix"
cmake --install "$build" --component gateway --prefix "$prefix" >/dev/null
checked=$(cd "$2" && "$prefix/bin/hookswitch" --config "$prefix/etc/hookswitch/hookswitch.ini" --check)
echo "$checked"
for plugin in twilio openai gemini telegram gateway; do
  grep -q "$prefix/lib/hookswitch/plugins/$plugin.so\|^$plugin.so: " <<<"$checked" || { echo "the installed gateway does not name the plugin $plugin"; exit 1; }
done
program=$(sed -n 's/^ExecStart=\([^ ]*\) --config \([^ ]*\)$/\1 \2/p' "$prefix/lib/systemd/system/hookswitch.service")
[ "$program" = "$prefix/bin/hookswitch $prefix/etc/hookswitch/hookswitch.ini" ] || { echo "the unit starts '$program'"; exit 1; }
echo '; mine' >>"$prefix/etc/hookswitch/hookswitch.ini"
cmake --install "$build" --component gateway --prefix "$prefix" >/dev/null
grep -q '^; mine$' "$prefix/etc/hookswitch/hookswitch.ini" || { echo "an installation overwrote the configuration"; exit 1; }
[ -e "$prefix/etc/hookswitch/hookswitch.ini.new" ] || { echo "the new configuration is missing"; exit 1; }
# What a distribution's package holds: the program under /usr, its configuration in /etc.
package=$2/package
rm -rf "$package"
DESTDIR=$package cmake --install "$build" --component gateway --prefix /usr >/dev/null
[ -x "$package/usr/bin/hookswitch" ] && [ -e "$package/etc/hookswitch/hookswitch.ini" ] && [ ! -e "$package/usr/etc" ] ||
  { echo "with the prefix /usr something lies at the wrong place:"; find "$package"; exit 1; }
grep -q '^ExecStart=/usr/bin/hookswitch --config /etc/hookswitch/hookswitch.ini$' "$package/usr/lib/systemd/system/hookswitch.service" ||
  { echo "the packaged unit starts something else"; exit 1; }
