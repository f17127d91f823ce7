"""What hostile attempts aim at, and what is seen of them from outside: canary files, listeners, a process of the host.

Rules: made for one trial, removed after it. Nothing here is anyone's but the trial's own. What an attempt says of
itself is not believed where its effect can be looked at.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import resource
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Final

from ergos.base.entropy import Entropy
from ergos.drivers.sandbox import linux_calls as linux
from ergos.drivers.sandbox.syscall_numbers import NUMBERS, number

_VICTIM: Final = """
import ctypes, os, signal, sys
secret = ctypes.create_string_buffer(sys.argv[1].encode())
for name in ("SIGWINCH", "SIGIO"):
    signal.signal(getattr(signal, name), lambda n, f: os.write(1, b"signalled\\n"))
os.write(1, f"{ctypes.addressof(secret)}\\n".encode())
while True:
    signal.pause()
"""
_CONTENT: Final = "what a sandbox must not read: "


class Targets:
    """All of them."""

    def __init__(self, entropy: Entropy) -> None:
        self.token = f"canary-{entropy.below(1 << 64, stream='sandbox.trial'):016x}"
        self.key = 1 + entropy.below((1 << 31) - 1, stream="sandbox.trial")
        # Open to every user, so that nothing but the sandbox keeps a job from it.
        self.folder = Path(tempfile.mkdtemp(prefix="ergos-trial-"))
        self.folder.chmod(0o755)
        self.canary = self.folder / "canary"
        self.open_folder = self.folder / "open"
        self.open_folder.mkdir()
        self.open_folder.chmod(0o777)
        self._connections: list[str] = []
        self._servers: list[asyncio.Server] = []
        self._datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._datagrams.bind(("127.0.0.1", 0))
        self._datagrams.setblocking(False)
        self._victim = subprocess.Popen(  # noqa: S603 - our own interpreter, our own text
            [sys.executable, "-I", "-S", "-c", _VICTIM, self.token],
            stdout=subprocess.PIPE,
            env={"SECRET": self.token},
        )
        assert self._victim.stdout is not None
        self._said = self._victim.stdout
        self._address = int(self._said.readline())
        os.set_blocking(self._said.fileno(), False)
        self._limits = resource.prlimit(self._victim.pid, resource.RLIMIT_NOFILE)
        self._priority = os.getpriority(os.PRIO_PROCESS, self._victim.pid)
        self._affinity = os.sched_getaffinity(self._victim.pid)
        self.renew()

    async def listen(self) -> dict[str, object]:
        """Open the sockets; what an attempt is told."""
        paths = {"socket_file": self.folder / "socket", "control_socket": self.folder / "control"}
        tcp = await asyncio.start_server(self._greet("tcp"), "127.0.0.1", 0)
        self._servers = [tcp, await asyncio.start_unix_server(self._greet("abstract socket"), f"\0{self.token}")]
        for name, path in paths.items():
            self._servers.append(await asyncio.start_unix_server(self._greet(name), path))
            path.chmod(0o777)
        here = linux.machine()
        assert here is not None
        return {
            "token": self.token,
            "key": self.key,
            "canary": str(self.canary),
            "open_folder": str(self.open_folder),
            "home": str(Path.home()),
            "victim": self._victim.pid,
            "address": self._address,
            "tcp": tcp.sockets[0].getsockname()[1],
            "udp": self._datagrams.getsockname()[1],
            "abstract": self.token,
            **{name: str(path) for name, path in paths.items()},
            "numbers": {name: number(name, here) for name in NUMBERS},
        }

    def _greet(self, name: str):  # noqa: ANN202 - what asyncio wants
        async def greet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            self._connections.append(name)
            writer.write(self.token.encode())
            with contextlib.suppress(ConnectionError):
                await writer.drain()
            writer.close()

        return greet

    def renew(self) -> None:
        """Put the canary back as it was."""
        self.canary.unlink(missing_ok=True)
        self.canary.write_text(_CONTENT + self.token, encoding="ascii")
        self.canary.chmod(0o666)
        self._mark = self.canary.stat()

    def harm(self) -> str:
        """What was done to the host since the last look; '' if nothing was."""
        found = self._harm_to_files() or self._harm_to_victim() or self._harm_by_sockets()
        if not found and any(int(line.split()[0]) == self.key for line in _lines("/proc/sysvipc/shm")[1:]):
            found = "shared memory was made"
        if found:
            self.renew()
        return found

    def _harm_to_files(self) -> str:
        try:
            mark = self.canary.stat()
            same = (mark.st_mode, mark.st_mtime_ns, mark.st_size, mark.st_nlink) == (
                self._mark.st_mode, self._mark.st_mtime_ns, self._mark.st_size, self._mark.st_nlink,
            )  # fmt: skip
            if not same:
                return "a file of the host was changed"
            if self._marks():
                return "a file of the host was marked"
        except OSError as error:
            return f"a file of the host was taken away: {error.strerror}"
        planted = [path.name for path in self.open_folder.iterdir()]
        for name in planted:
            (self.open_folder / name).unlink()
        return f"written to the host: {planted}" if planted else ""

    def _marks(self) -> list[str]:
        try:
            return os.listxattr(self.canary)
        except OSError as error:
            if error.errno == errno.EOPNOTSUPP:
                return []
            raise

    def _harm_to_victim(self) -> str:
        if self._victim.poll() is not None:
            return f"a process of the host was ended ({self._victim.returncode})"
        if self._said.read():
            return "a process of the host was signalled"
        pid = self._victim.pid
        if resource.prlimit(pid, resource.RLIMIT_NOFILE) != self._limits:
            return "a process of the host was limited"
        if os.getpriority(os.PRIO_PROCESS, pid) != self._priority:
            return "a process of the host was slowed down"
        return "a process of the host was moved" if os.sched_getaffinity(pid) != self._affinity else ""

    def _harm_by_sockets(self) -> str:
        reached = list(self._connections)
        self._connections.clear()
        with contextlib.suppress(BlockingIOError):
            self._datagrams.recv(100)
            reached.append("udp")
        return f"reached on the host: {reached}" if reached else ""

    def survivors(self) -> list[int]:
        """Processes of attempts that are still there."""
        found: list[int] = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit() and int(entry.name) != self._victim.pid:
                with contextlib.suppress(OSError):
                    if f"{self.token}-daemon".encode() in (entry / "cmdline").read_bytes():
                        found.append(int(entry.name))
        return found

    async def close(self) -> None:
        """Away with all of it."""
        for server in self._servers:
            server.close()
        self._datagrams.close()
        self._victim.kill()
        self._victim.wait()
        self._said.close()
        shutil.rmtree(self.folder, ignore_errors=True)


@contextlib.asynccontextmanager
async def targets(entropy: Entropy) -> AsyncGenerator[tuple[Targets, dict[str, object]]]:
    """Targets for one trial, and what an attempt is told."""
    made = Targets(entropy)
    try:
        yield made, await made.listen()
    finally:
        await made.close()


def _lines(path: str) -> list[str]:
    with contextlib.suppress(OSError):
        return Path(path).read_text(encoding="ascii").splitlines()
    return []
