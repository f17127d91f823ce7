#!/usr/bin/env bash
# Run a command once one of some places is free: `in_turn.sh FOLDER PLACES COMMAND…`. The place is freed when it ends.
set -euo pipefail

FOLDER=$1 PLACES=$2
shift 2
command -v flock >/dev/null || exec "$@"
while :; do
  for place in $(seq "$PLACES"); do
    exec 9>"$FOLDER/place-$place"
    flock -n 9 && exec "$@"
  done
  sleep 0.2
done
