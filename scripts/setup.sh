#!/usr/bin/env bash
# Make an environment from a lock: `scripts/setup.sh runtime|dev|bench|foreign|gateway|security`.
#
# Needs a Python from 3.11 (PYTHON=… names another one than python3) with its venv module; on Debian and Ubuntu root
# gets a missing one installed. Packages come from wherever pip is configured to find them; every one is checked
# against its hash. A second run with nothing changed costs a few milliseconds.
set -euo pipefail
cd "$(dirname "$0")/.."

KIND=${1:?usage: scripts/setup.sh runtime|dev|bench|foreign|gateway|security}
PYTHON=${PYTHON:-python3}
case $KIND in
  runtime | dev) VENV=.venv ;;
  bench | foreign | gateway | security) VENV=.$KIND-venv ;;
  *) echo "setup: no such environment: $KIND (runtime, dev, bench, foreign, gateway or security)" >&2; exit 2 ;;
esac

say() { echo "setup: $*" >&2; }
fail() { say "$@"; exit 1; }

# What an installation depends on; the folder too, because environments cannot be moved.
stamp_of() { # stamp_of KIND
  { pwd && cat "locks/$1.lock" pyproject.toml scripts/setup.sh; } | cksum
}

is_current() { # is_current KIND
  [ -x "$VENV/bin/python" ] && [ "$(cat "$VENV/.installed-$1" 2>/dev/null)" = "$(stamp_of "$1")" ]
}

# Libraries of the console's pages. Without npm the pages work, too; they only do not move by themselves.
case $KIND in runtime | dev) scripts/assets.sh || say "the libraries of the console could not be fetched" ;; esac

is_current "$KIND" && exit 0

command -v "$PYTHON" >/dev/null || fail "$PYTHON not found; install Python 3.11 or later, or name it: make PYTHON=/path/to/python3"
"$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
  || fail "$("$PYTHON" --version) at $(command -v "$PYTHON") is too old; ErgOS needs 3.11 or later: make PYTHON=/path/to/python3.11"

if ! "$PYTHON" -c 'import ensurepip, venv' 2>/dev/null; then
  if ! command -v apt-get >/dev/null; then
    fail "this Python has no venv module; install your system's package for it, then run make again"
  elif [ "$(id -u)" != 0 ]; then
    fail "this Python has no venv module; run: sudo apt-get install -y python3-venv   (then run make again)"
  fi
  say "this Python has no venv module; installing python3-venv"
  export DEBIAN_FRONTEND=noninteractive
  # A list of packages may be there already; it may also be too old to be of use.
  apt-get install -y -qq --no-install-recommends python3-venv >/dev/null 2>&1 \
    || { apt-get update -qq && apt-get install -y -qq --no-install-recommends python3-venv >/dev/null; } \
    || fail "apt-get could not install python3-venv; install it by hand, then run make again"
  "$PYTHON" -c 'import ensurepip, venv' \
    || fail "$PYTHON still has no venv module; use the system's own: make PYTHON=/usr/bin/python3"
fi

# The better of the two sandboxes; without it everything works in the other, and its own tests are skipped.
if [ "$KIND" = dev ] && [ "$(uname)" = Linux ] && ! command -v bwrap >/dev/null; then
  if command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
    say "installing bubblewrap"
    export DEBIAN_FRONTEND=noninteractive
    apt-get install -y -qq --no-install-recommends bubblewrap >/dev/null 2>&1 \
      || { apt-get update -qq && apt-get install -y -qq --no-install-recommends bubblewrap >/dev/null; } \
      || say "apt-get could not install bubblewrap; going on without it"
  else
    say "bubblewrap is not installed; its tests will be skipped (on Debian: sudo apt-get install bubblewrap)"
  fi
fi

# A broker of messages, for the tests of topics; without it they are skipped.
if [ "$KIND" = dev ] && [ "$(uname)" = Linux ] && ! command -v mosquitto >/dev/null && [ ! -x /usr/sbin/mosquitto ]; then
  if command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
    say "installing mosquitto"
    export DEBIAN_FRONTEND=noninteractive
    apt-get install -y -qq --no-install-recommends mosquitto >/dev/null 2>&1 \
      || { apt-get update -qq && apt-get install -y -qq --no-install-recommends mosquitto >/dev/null; } \
      || say "apt-get could not install mosquitto; the tests of topics will be skipped"
  fi
fi

# A browser, for the tests of the console; without it they are skipped.
if [ "$KIND" = dev ] && [ "$(uname)" = Linux ] && [ ! -x /usr/bin/chromium ]; then
  if command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
    say "installing chromium"
    export DEBIAN_FRONTEND=noninteractive
    apt-get install -y -qq --no-install-recommends chromium >/dev/null 2>&1 \
      || { apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium >/dev/null; } \
      || say "apt-get could not install chromium; the console's tests in a browser will be skipped"
  fi
fi

# An environment that was moved, or whose Python is gone, runs no longer: make it anew.
if ! { "$VENV/bin/python" -m pip --version && grep -F "$PWD/$VENV" "$VENV/bin/activate"; } >/dev/null 2>&1; then
  say "making $VENV with $("$PYTHON" --version)"
  "$PYTHON" -m venv --clear "$VENV"
fi
rm -f "$VENV"/.installed-*

PIP=("$VENV/bin/python" -m pip --disable-pip-version-check --no-input)
say "installing $(grep -c '^[a-z0-9]' "locks/$KIND.lock") pinned packages (locks/$KIND.lock)"
ALONE=()
[ "$KIND" != security ] || ALONE=(--no-deps)
"${PIP[@]}" install --quiet --require-hashes "${ALONE[@]}" -r "locks/$KIND.lock" \
  || fail "pip could not install them; is there a network, or does your pip configuration name an index that has them?"
case $KIND in
  foreign | gateway | security) ;; # others' programs, which know nothing of us
  *) "${PIP[@]}" install --quiet --no-deps --no-build-isolation --editable . ;;
esac

stamp_of "$KIND" >"$VENV/.installed-$KIND"
# The tools' lock holds everything the run-time lock holds.
[ "$KIND" != dev ] || stamp_of runtime >"$VENV/.installed-runtime"
say "$VENV is ready"
