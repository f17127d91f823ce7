#!/usr/bin/env bash
# Write the locks anew from the bounds in pyproject.toml: every package with its hashes, for Python 3.11 and later on
# every platform. The locks name no index, so that whoever installs uses the one of their own pip configuration.
set -euo pipefail
cd "$(dirname "$0")/.."

UV=${UV:-uv}
if ! command -v "$UV" >/dev/null; then
  [ -x .venv/bin/uv ] && UV=.venv/bin/uv || { echo "lock: uv is missing; install it or name it with UV=…" >&2; exit 1; }
fi

lock() { # lock NAME [--group GROUP ...]
  local name=$1
  shift
  echo "lock: locks/$name.lock"
  "$UV" pip compile pyproject.toml --group build "$@" --output-file "locks/$name.lock" --universal \
    --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --no-emit-find-links --quiet
}

USUAL=(--extra models --extra mcp --extra code --extra watch --extra a2a --extra acp)
EXTRAS=("${USUAL[@]}" --extra sql --extra notify --extra keyring --extra cedar --extra oidc --extra telemetry)
lock runtime "${USUAL[@]}"
# One environment holds both, so the tools are chosen around the run-time versions.
lock dev "${EXTRAS[@]}" --group dev --constraint locks/runtime.lock
lock bench "${USUAL[@]}" --group bench --constraint locks/runtime.lock
# Others' programs and gateways: environments of their own, beside ours.
lock foreign --group foreign
lock gateway --group gateway
# Exactly what is listed: see pyproject.toml.
echo "lock: locks/security.lock"
"$UV" pip compile --group pyproject.toml:security --output-file locks/security.lock --universal --no-deps \
  --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --no-emit-find-links --quiet

if grep -nE '(^|[[:space:]])(-i|--(extra-)?index-url|--find-links|--trusted-host)|://' locks/*.lock; then
  echo "lock: a lock names a host; it must not" >&2
  exit 1
fi
