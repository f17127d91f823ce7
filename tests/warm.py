"""Commands of `ergos` in processes of their own, without the half second an interpreter takes to import them.

One child of the tests imports what commands need and waits; the program `ergos` that it writes is a small one that hands
its arguments, environment, folder and streams over. Each command then runs in a fork: a process with its own streams,
exit code and end. The kernels that commands start are interpreters as ever.

Rules: the child has no thread and no state of a home; it is not of use where the start of an interpreter is the point.
"""

from __future__ import annotations

import array
import contextlib
import gc
import importlib
import io
import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
PRELOADED: Final = (
    "ergos.app.client", "ergos.app.daemon", "ergos.app.equipment", "ergos.app.home", "ergos.app.follow",
    "ergos.cli.render", "httptools", "importlib.metadata", "rich.table", "yaml",
)  # fmt: skip
REQUEST_BYTES_MAX: Final = 256 * 1024  # one request: the arguments and the environment of a command
CLIENT: Final = """\
import array, json, os, socket, sys
line = socket.socket(socket.AF_UNIX)
line.connect({address!r})
said = json.dumps([sys.argv[1:], os.getcwd(), dict(os.environ)]).encode()
line.sendmsg([len(said).to_bytes(4, "big")], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [0, 1, 2]))])
line.sendall(said)
status = line.recv(1)
sys.exit(status[0] if status else 70)
"""


class Warm:
    """The child that has imported everything, and the program that asks it."""

    def __init__(self, folder: Path) -> None:
        """It listens in a folder with a short path."""
        self.program: Final = folder / "ergos"
        address, client = folder / "warm.sock", folder / "client.py"
        client.write_text(CLIENT.format(address=str(address)), "utf-8")
        self.program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -ISB "{client}" "$@"\n', "utf-8")
        self.program.chmod(0o755)
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        environment |= {"PYTHONPATH": str(ROOT / "src"), "LANG": "C.UTF-8"}
        self._child: Final = subprocess.Popen(
            [sys.executable, __file__, str(address)], env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE
        )
        assert self._child.stdout is not None
        assert self._child.stdout.readline() == b"ready\n", "the child of the commands did not start"

    def close(self) -> None:
        """End the child; commands under way go on."""
        self._child.terminate()
        self._child.communicate()


def _received(line: socket.socket) -> tuple[list[str], str, dict[str, str], list[int]]:
    """The arguments, folder, environment and streams of a command."""
    streams = array.array("i")
    head, ancillary, *_ = line.recvmsg(4, socket.CMSG_SPACE(3 * streams.itemsize))
    for _, _, content in ancillary:
        streams.frombytes(content)
    left = int.from_bytes(head, "big")
    assert left <= REQUEST_BYTES_MAX, left
    said = b""
    while len(said) < left:
        said += line.recv(left - len(said)) or sys.exit(1)
    arguments, folder, environment = json.loads(said)
    return arguments, folder, environment, list(streams)


def _become(arguments: list[str], folder: str, environment: dict[str, str], streams: list[int]) -> None:
    """Turn this process into one that was started for a command."""
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv[:] = ["ergos", *arguments]


def _attend(line: socket.socket) -> bool:
    """Run one command in a fork and tell its exit code; whether this is that fork."""
    asked = _received(line)
    worker = os.fork()
    if not worker:
        line.close()
        _become(*asked)
        return True
    _, status = os.waitpid(worker, 0)
    code = os.waitstatus_to_exitcode(status)
    line.sendall(bytes([code if code >= 0 else 128 - code]))
    return False


def serve(address: str) -> bool:
    """Attend to commands until told to end; returns where a command is to run, in the fork that runs it."""
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(address)
        door.listen()
        print("ready", flush=True)
        children: set[int] = set()
        while True:
            line, _ = door.accept()
            children -= {child for child in children if os.waitpid(child, os.WNOHANG)[0]}
            attendant = os.fork()
            if attendant:
                line.close()
                children.add(attendant)
                continue
            door.close()
            if _attend(line):
                return True
            os._exit(0)


def _prepare() -> None:
    """Import what commands import, and build the commands, once for all forks."""
    import typer

    from ergos.cli.main import app, main

    for module in PRELOADED:
        importlib.import_module(module)
    built = typer.main.get_command(app)
    typer.main.get_command = lambda _: built
    with contextlib.redirect_stdout(io.StringIO()):
        main(["--version"])
    gc.collect()
    gc.freeze()


if __name__ == "__main__":
    _prepare()
    if serve(sys.argv[1]):
        from ergos.cli.main import run

        gc.unfreeze()
        run()
