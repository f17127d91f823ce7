#!/bin/sh
# Installs the tool servers that the tests run as they are, each in an environment of its own, into .mcp-servers/ (or
# the folder given). Does nothing for those that are there already. Versions are pinned here and nowhere else.
#
#   scripts/mcp_servers.sh [FOLDER]        then: ERGOS_MCP_SERVERS=FOLDER pytest tests/buses/mcp/host
set -eu

folder=${1:-.mcp-servers}
python=${PYTHON:-python3}
npm_servers="everything@2026.8.31 filesystem@2026.8.31 memory@2026.8.31"
# The last one is of the time before the second version of the protocol's library, and needs the first.
pip_servers="git==2026.10.19 time==2026.10.19 fetch==2026.10.24 sqlite==2025.4.25:mcp<2"

mkdir -p "$folder"
printf '*\n' > "$folder/.gitignore"

done_with() { [ -f "$folder/.$1" ] && [ "$(cat "$folder/.$1")" = "$2" ]; }
note() { printf '%s' "$2" > "$folder/.$1"; }

if done_with npm "$npm_servers"; then
    echo "npm servers: there"
else
    rm -rf "$folder/npm"
    mkdir -p "$folder/npm"
    printf '{"private": true}\n' > "$folder/npm/package.json"
    packages=""
    for server in $npm_servers; do packages="$packages @modelcontextprotocol/server-$server"; done
    # shellcheck disable=SC2086 # a list of words
    npm install --prefix "$folder/npm" --no-audit --no-fund --ignore-scripts --loglevel=error $packages
    note npm "$npm_servers"
fi

for server in $pip_servers; do
    name=mcp-server-${server%%==*}
    if done_with "$name" "$server"; then
        echo "$name: there"
        continue
    fi
    beside=""
    case $server in *:*) beside=${server#*:} ;; esac
    rm -rf "${folder:?}/$name"
    "$python" -m venv "$folder/$name"
    "$folder/$name/bin/python" -m pip install --quiet --disable-pip-version-check "mcp-server-${server%%:*}" ${beside:+"$beside"}
    note "$name" "$server"
done
