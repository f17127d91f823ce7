"""Programs that agents are given must work inside as they do outside."""

from __future__ import annotations

import asyncio
import shutil
from typing import Final

import pytest

from ergos.drivers.sandbox.sandboxes import HostSandboxes
from ergos.kernel.confinement import MIB, Bounds, Job

SERVER: Final = """
import http.server, threading, urllib.request
server = http.server.HTTPServer(("127.0.0.1", 0), http.server.SimpleHTTPRequestHandler)
threading.Thread(target=server.serve_forever, daemon=True).start()
print(urllib.request.urlopen(f"http://localhost:{server.server_port}/", timeout=10).status)
"""
POOL: Final = """
import multiprocessing
def square(x):
    return x * x
if __name__ == "__main__":
    with multiprocessing.Pool(3) as pool:
        print(sum(pool.map(square, range(100))))
"""
NODE: Final = "require('fs').writeFileSync('n', 'x'); console.log([1,2,3].map(x => x * 2).join())"

# name: what must be on the machine, the script, what it prints, whether it works without namespaces too
PROGRAMS: Final[dict[str, tuple[str, str, str, bool]]] = {
    "shell": ("sh", "for i in 1 2 3; do echo $i; done | sort -r | head -1", "3", True),
    "text tools": ("awk", "printf 'a 1\\nb 2\\n' | awk '{s+=$2} END {print s}' | sed s/3/three/", "three", True),
    "git": ("git", "git init -q . && git config user.email a@b && git config user.name n && echo x > f && git add f && git commit -qm m && git log --oneline | wc -l", "1", True),
    "git clone": ("git", "git init -q a && cd a && git -c user.email=a@b -c user.name=n commit -q --allow-empty -m m && cd .. && git clone -q a b && ls -d b/.git", "b/.git", True),
    "compiler": ("gcc", "echo 'int puts(const char*); int main(){puts(\"built\");return 0;}' > p.c && gcc p.c -o p && ./p", "built", True),
    "make": ("make", "printf 'all:\\n\\t@echo made\\n' > Makefile && make", "made", True),
    "tar": ("tar", "mkdir d && echo x > d/f && tar czf d.tgz d && rm -r d && tar xzf d.tgz && cat d/f", "x", True),
    "python": ("python3", "python3 -c 'import json, hashlib, ssl, decimal; print(json.dumps([1]))'", "[1]", True),
    "virtual environment": ("python3", "python3 -m venv --without-pip v && v/bin/python -c 'import sys; print(sys.prefix != sys.base_prefix)'", "True", True),
    "sqlite": ("python3", "python3 -c \"import sqlite3; c = sqlite3.connect('d.db'); c.execute('PRAGMA journal_mode=WAL'); c.execute('create table t(x)'); c.execute('insert into t values (7)'); c.commit(); print(c.execute('select x from t').fetchone()[0])\"", "7", True),
    "threads": ("python3", "python3 -c \"from concurrent.futures import ThreadPoolExecutor as T; print(sum(T(8).map(int, '123')))\"", "6", True),
    "multiprocessing": ("python3", "cat > p.py && python3 p.py", "328350", False),
    "localhost server": ("python3", "cat > s.py && python3 s.py 2>/dev/null", "200", False),
    "node": ("node", "cat > n.js && node n.js && cat n", "2,4,6\nx", True),
    "terminal": ("python3", "python3 -c \"import pty; pty.spawn(['echo', 'shown'])\"", "shown", False),
    "temporary files": ("mktemp", "f=$(mktemp) && echo t > $f && cat $f", "t", True),
}  # fmt: skip
STDIN: Final = {"multiprocessing": POOL, "localhost server": SERVER, "node": NODE}


@pytest.mark.parametrize("name", PROGRAMS)
def test_an_ordinary_program_works(sandboxes: HostSandboxes, name: str) -> None:
    needed, script, expected, without_namespaces = PROGRAMS[name]
    if shutil.which(needed, path="/usr/local/bin:/usr/bin:/bin") is None:
        pytest.skip(f"{needed} is not on this machine")
    if sandboxes.backend == "landlock-bare" and not without_namespaces:
        pytest.skip("needs sockets or a terminal, which are closed without namespaces")
    bounds = Bounds(memory_bytes=64 * 1024 * MIB) if name == "node" else Bounds()
    job = Job(command=("sh", "-c", script), bounds=bounds)
    ended = asyncio.run(sandboxes.run(job, STDIN.get(name, "").encode()))
    assert ended.status == 0, ended.stderr.decode()
    assert ended.stdout.decode().replace("\r", "").strip() == expected
