"""`ergos exec` in its sandbox: what a command sees, where it may go, and that nothing of it is left when it is ended."""

from __future__ import annotations

import http.server
import json
import os
import pty
import select
import signal
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ergos.drivers.sandbox.sandboxes import NoSandboxes, open_sandboxes

from .house import PATIENCE_S, House, inside

PROBE = """
import json, os, socket, sys, urllib.request

def tried(act):
    try:
        return repr(act())
    except Exception as error:
        return "refused: " + type(error).__name__

def connected(path):
    s = socket.socket(socket.AF_UNIX); s.connect(path); return "in"

home, ergos, model = sys.argv[1:]
print(json.dumps({
    "home": tried(lambda: os.listdir(home)),
    "key": tried(lambda: open(ergos + "/key", "rb").read()),
    "store": tried(lambda: open(ergos + "/ergos.db", "rb").read()),
    "kernel": tried(lambda: connected(ergos + "/kernel.sock")),
    "root": tried(lambda: os.listdir("/proc/1/root" + home)),
    "model": tried(lambda: socket.create_connection(("127.0.0.1", int(model)), 5)),
    "network": tried(lambda: socket.create_connection(("1.1.1.1", 53), 5)),
    "written": tried(lambda: open("/usr/x", "w")),
    "uid": os.getuid(),
    "others": sorted({open(f"/proc/{p}/comm").read().strip() for p in os.listdir("/proc") if p.isdigit()}),
    "secret": sorted(name for name, value in os.environ.items() if "s3cret" in value),
    "own": sorted(os.listdir(".")),
}))
"""
MCP = """
import json, os, sys, urllib.error, urllib.request

def asked(method, **params):
    version = "2026-07-28"
    meta = {"io.modelcontextprotocol/protocolVersion": version, "io.modelcontextprotocol/clientCapabilities": {}}
    body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": {**params, "_meta": meta}}
    headers = {"content-type": "application/json", "accept": "application/json, text/event-stream",
               "authorization": "Bearer " + os.environ["ERGOS_TOKEN"], "mcp-protocol-version": version,
               "mcp-method": method, **({"mcp-name": params["name"]} if "name" in params else {})}
    request = urllib.request.Request(os.environ["ERGOS_MCP_URL"], json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=60) as reply:
        text = reply.read().decode()
    found = [line[6:] for line in text.splitlines() if line.startswith("data: {")]
    return json.loads(found[-1] if found else text)

names = [tool["name"] for tool in asked("tools/list")["result"]["tools"]]
written = asked("tools/call", name="files.write", arguments={"path": "a.txt", "text": "hello"})
try:
    other = asked("tools/call", name="shell.run", arguments={"command": "id"})
except urllib.error.HTTPError as error:
    other = {"error": error.code}
print(json.dumps([names, written, other]))
"""
FORKS = """
import os, subprocess, sys, time
for _ in range(3):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            while True:
                open("beat", "a").write("x"); time.sleep(0.05)
        os._exit(0)
print("started", flush=True)
time.sleep(300)
"""


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A house with a kernel that runs."""
    folder = tmp_path_factory.mktemp("house")
    found = open_sandboxes(folder / "scratch")
    found.close()
    if isinstance(found, NoSandboxes) or found.backend == "landlock-bare":
        pytest.skip("this machine has no sandbox with a network of its own")
    with House(folder) as made:
        for name, text in (("probe.py", PROBE), ("forks.py", FORKS), ("client.py", MCP)):
            (made.project / name).write_text(text)
        made.ergos("up")
        yield made


def ran(
    house: House, *command: str, code: int | None = 0, stdin: bytes = b"", **more: str
) -> subprocess.CompletedProcess[bytes]:
    """Run `ergos exec` to its end."""
    done = subprocess.run(
        [sys.executable, "-m", "ergos.cli.main", "exec", *command],
        env={**house.environ, **more},
        cwd=house.project,
        input=stdin,
        capture_output=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert code is None or done.returncode == code, done
    assert b"Traceback" not in done.stderr
    return done


def until(look: Callable[[], object], what: str) -> None:
    """Look until it is so."""
    deadline = time.monotonic() + PATIENCE_S
    while not look():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)


def pid_of(house: House, name: str) -> str:
    """The process of a name."""
    return next(
        str(row["pid"]) for row in json.loads(house.ergos("ps", "--all", "--json"))["processes"] if row["agent"] == name
    )


def test_a_command_sees_its_folder_and_nothing_else_of_its_owner(house: House) -> None:
    port = house.model_url.rpartition(":")[2]
    home = str(Path.home())
    arguments = [sys.executable, "probe.py", home, str(house.home), port]
    said = json.loads(ran(house, "--", *arguments, AWS_SECRET_ACCESS_KEY="s3cret", OPENAI_API_KEY="s3cret").stdout)
    assert all(said[name].startswith("refused: ") for name in ("home", "key", "store", "kernel", "root")) or (
        # Of a home its interpreter may lie in, its installation is seen and nothing else.
        Path(sys.executable).resolve().is_relative_to(home) and said["home"] in ("['.pyenv']", "['.local']")
    )
    assert all(said[name].startswith("refused: ") for name in ("key", "store", "kernel", "model", "network", "written"))
    assert said["uid"] != 0
    assert set(said["others"]) <= {"bwrap", "python", "python3", "true"} | {Path(sys.executable).resolve().name}
    assert said["secret"] == []
    assert "probe.py" in said["own"]


def test_bytes_and_statuses_go_through_untouched(house: House) -> None:
    raw = bytes(range(256)) * 2_000
    assert ran(house, "--", "cat", stdin=raw).stdout == raw
    done = ran(house, "--", "sh", "-c", r"printf '\000\377' >&2; exit 42", code=42)
    assert b"\0\xff" in done.stderr
    assert done.stdout == b""
    ran(house, "--", "sh", "-c", "kill -SEGV $$", code=128 + signal.SIGSEGV)
    assert ran(house, "--", "sh", "-c", 'echo "$1" | cat', "sh", "a  'b' ✓").stdout.decode() == "a  'b' ✓\n"
    assert json.loads(ran(house, "--json", "--", "true").stdout)["status"] == 0


def test_a_closed_input_is_an_end_of_input(house: House) -> None:
    command = f"exec 0<&-; exec {sys.executable} -m ergos.cli.main exec -- cat"
    done = subprocess.run(
        ["sh", "-c", command],
        env=house.environ,
        cwd=house.project,
        capture_output=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert b"Traceback" not in done.stderr
    assert done.stdout == b""


def test_the_tools_it_was_given_are_at_the_door_and_no_others(house: House) -> None:
    tools = ("--tool", "files.write", "--tool", "files.read")
    running = house.start("--name", "caller", *tools, "--", sys.executable, "client.py")
    # It is a stranger's program: what it writes, and where, its owner sees first.

    def asked() -> list[dict[str, Any]]:
        return [one for one in json.loads(house.ergos("inbox", "--json")) if one["kind"] == "approval"]

    until(asked, "it is asked for")
    (item,) = asked()
    assert item["call"]["arguments"] == {"path": "a.txt", "text": "hello"}
    house.ergos("approve", str(item["number"]))
    said, _ = running.communicate(timeout=PATIENCE_S)
    names, written, other = json.loads(next(line for line in said.splitlines() if line.startswith("[")))
    assert sorted(names) == ["files.read", "files.write"]
    assert not written["result"].get("isError")
    (kept,) = (house.home / "work").rglob("a.txt")
    assert kept.read_text() == "hello"
    assert "error" in other or other["result"]["isError"]


@pytest.mark.parametrize("how", [("stop", "--all"), ("signal", "kill")])
def test_the_owners_word_ends_a_command_and_all_it_started(house: House, how: tuple[str, ...]) -> None:
    name = "forks-" + how[0]
    running = house.start("--name", name, "--", sys.executable, "forks.py")
    until(lambda: len(inside(running)) >= 4, "it and what it started run")
    found = inside(running)
    pid = pid_of(house, name)
    house.ergos(*how, *([pid] if how[0] == "signal" else []))
    running.communicate(timeout=PATIENCE_S)
    assert running.returncode == 128 + signal.SIGKILL
    assert not [one for one in found if Path(f"/proc/{one}").exists()]
    again = subprocess.run(
        [sys.executable, "-m", "ergos.cli.main", "exec", "--resume", pid],
        env=house.environ,
        cwd=house.project,
        capture_output=True,
        timeout=PATIENCE_S,
        check=False,
    )
    if how[0] == "stop":
        assert b"STOP" in again.stderr
        house.ergos("stop", "--all", "--lift")
        resumed = house.start("--resume", pid)
        until(lambda: inside(resumed), "it goes on")
        house.ergos("signal", "kill", pid)
        resumed.communicate(timeout=PATIENCE_S)
    assert again.returncode != 0


def test_an_exec_that_is_killed_leaves_nothing_running(house: House) -> None:
    running = house.start("--name", "orphaned", "--", sys.executable, "forks.py")
    until(lambda: len(inside(running)) >= 4, "it and what it started run")
    found = inside(running)
    running.kill()
    running.communicate(timeout=PATIENCE_S)
    until(lambda: not [one for one in found if Path(f"/proc/{one}").exists()], "nothing of it runs")
    again = house.start("--resume", pid_of(house, "orphaned"))
    until(lambda: inside(again), "it is kept, and can be started again")
    house.ergos("signal", "kill", pid_of(house, "orphaned"))
    again.communicate(timeout=PATIENCE_S)


def test_a_terminal_reaches_the_command_and_is_left_as_it_was(house: House) -> None:
    script = (
        "import sys, time, tty; print([file.isatty() for file in (sys.stdin, sys.stdout, sys.stderr)]); "
        "tty.setraw(0); print('raw', flush=True); time.sleep(300)"
    )
    ours, theirs = pty.openpty()
    before = termios.tcgetattr(theirs)
    running = subprocess.Popen(
        [sys.executable, "-m", "ergos.cli.main", "exec", "--name", "tui", "--", sys.executable, "-c", script],
        env=house.environ,
        cwd=house.project,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    said = b""
    while b"raw" not in said.partition(b"[True")[2]:
        assert select.select([ours], [], [], PATIENCE_S)[0], said
        said += os.read(ours, 4096)
    assert b"[True, True, True]" in said
    assert termios.tcgetattr(theirs) != before
    running.send_signal(signal.SIGINT)  # as a terminal's Ctrl-C would
    assert running.wait(PATIENCE_S) != 0
    assert termios.tcgetattr(theirs) == before
    os.close(theirs)
    os.close(ours)


class Site(http.server.BaseHTTPRequestHandler):
    """A host of the outside."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"the weather")

    def log_message(self, *said: object) -> None:  # type: ignore[override]
        """Say nothing."""


def test_only_what_the_owners_rules_name_is_reached_and_all_of_it_is_journaled(tmp_path: Path) -> None:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Site) as site, House(tmp_path) as house:
        port = site.server_address[1]
        threading.Thread(target=site.serve_forever, daemon=True).start()
        settings = house.home / "settings.toml"
        settings.write_text(
            settings.read_text()
            + f'[egress.site]\nhost = "127.0.0.1"\nscheme = "http"\nports = [{port}]\nprivate = true\n'
            + 'paths = ["/weather"]\n'
        )
        script = (
            "import os, sys, urllib.request, urllib.error\n"
            "os.environ['no_proxy'] = os.environ['NO_PROXY'] = ''  # this machine is the outside here\n"
            "for url in sys.argv[1:]:\n"
            "    try: print(urllib.request.urlopen(url, timeout=20).read().decode())\n"
            "    except urllib.error.HTTPError as error: print(error.code)\n"
            "    except OSError as error: print('none')\n"
        )
        (house.project / "get.py").write_text(script)
        urls = [
            f"http://127.0.0.1:{port}/weather",
            f"http://127.0.0.1:{port}/secrets",
            "http://evil.test/",
            "https://evil.test/",
        ]
        done = ran(house, "--name", "getter", "--", sys.executable, "get.py", *urls)
        lines = done.stdout.decode().split("\n")
        assert lines[0] == "the weather"
        assert "the weather" not in lines[1:]
        assert set(lines[1:4]) <= {"403", "none"}
        site.shutdown()
        records = [json.loads(line) for line in house.ergos("journal", "--json").splitlines()]
        reached = [record for record in records if record["k"] == "reach"]
        assert [(one["host"], one.get("path", ""), bool(one.get("refusal"))) for one in reached][:3] == [
            ("127.0.0.1", "/weather", False),
            ("127.0.0.1", "/secrets", True),
            ("evil.test", "/", True),
        ]
        assert len(reached) == 4
        assert {one["pid"] for one in reached} == {1}
