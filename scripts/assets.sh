#!/usr/bin/env bash
# Fetch the two libraries that pages of the console load, and the one that tests judge pages with: `scripts/assets.sh`.
#
#   htmx, uPlot  ->  src/ergos/console/static/vendor/    ignored by git, part of a wheel that is built after this ran
#   axe-core     ->  tests/console/vendor/               for tests only
#
# Exact versions and their digests stand in scripts/assets/package-lock.json, which npm checks; where npm finds packages is
# its own setting. Without npm every page works, too: nothing moves by itself then, and charts are tables. With --required
# that is an error. A second run with nothing changed costs a few milliseconds.
set -euo pipefail
cd "$(dirname "$0")/.."

REQUIRED=${1:-}
VENDOR=src/ergos/console/static/vendor
TESTS=tests/console/vendor
WORK=build/assets

say() { echo "assets: $*" >&2; }
without() { # without WHY
  say "$1; the console works without: pages do not move by themselves, charts are tables"
  [ "$REQUIRED" != --required ] || exit 1
  exit 0
}

STAMP=$(cat scripts/assets/package-lock.json scripts/assets.sh | cksum)
[ "$(cat "$VENDOR/.installed" 2>/dev/null)" = "$STAMP" ] && [ -f "$TESTS/axe.min.js" ] && exit 0

command -v npm >/dev/null || without "npm is not there"
rm -rf "$WORK"
mkdir -p "$WORK"
cp scripts/assets/package.json scripts/assets/package-lock.json "$WORK/"
# No script of a package runs: their files are copied, nothing else is wanted of them.
(cd "$WORK" && npm ci --ignore-scripts --no-audit --no-fund --omit-lockfile-registry-resolved --loglevel=error >&2) \
  || without "npm could not fetch the packages"

rm -rf "$VENDOR" "$TESTS"
mkdir -p "$VENDOR" "$TESTS"
MODULES=$WORK/node_modules
cp "$MODULES/htmx.org/dist/htmx.min.js" "$VENDOR/htmx.min.js"
cp "$MODULES/htmx.org/LICENSE" "$VENDOR/htmx.LICENSE.txt"
cp "$MODULES/uplot/dist/uPlot.iife.min.js" "$VENDOR/uplot.min.js"
cp "$MODULES/uplot/dist/uPlot.min.css" "$VENDOR/uplot.min.css"
cp "$MODULES/uplot/LICENSE" "$VENDOR/uplot.LICENSE.txt"
cp "$MODULES/axe-core/axe.min.js" "$TESTS/axe.min.js"
cp "$MODULES/axe-core/LICENSE" "$TESTS/axe.LICENSE.txt"
echo "$STAMP" >"$VENDOR/.installed"
rm -rf "$WORK"
say "htmx, uPlot and axe-core are in $VENDOR and $TESTS"
