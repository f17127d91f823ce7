# ruff: noqa: E501, S108 - programs as text, one thought a line
"""Hostile attempts to use the machine up, to outlive the job, and to fool whoever collects results."""

from __future__ import annotations

from typing import Final

from ergos.drivers.sandbox.attacks import Attempt


def _use(name: str, code: str) -> Attempt:
    return Attempt(name, "resource", code)


def _plant(name: str, code: str) -> Attempt:
    return Attempt(name, "planting", code)


FORKS_TRIED: Final = 600
MEMORY_TRIED_MIB: Final = 1_536
DISK_TRIED_MIB: Final = 300
FILES_TRIED: Final = 20_000
FLOOD_MIB: Final = 64

RESOURCES: Final = (
    _use(
        "processes",
        f"""
count = 0
try:
    while count < {FORKS_TRIED}:
        if os.fork() == 0:
            time.sleep(30)
            os._exit(0)
        count += 1
except OSError:
    pass
measured(count)
""",
    ),
    _use(
        "threads",
        f"""
import threading
threading.stack_size(65536)
count = 0
try:
    while count < {FORKS_TRIED}:
        threading.Thread(target=time.sleep, args=(30,), daemon=True).start()
        count += 1
except RuntimeError:
    pass
measured(count)
os._exit(0)
""",
    ),
    _use(
        "memory",
        f"""
import mmap
held, count = [], 0
try:
    while count < {MEMORY_TRIED_MIB}:
        piece = mmap.mmap(-1, 1 << 20)
        piece[0] = 1
        held.append(piece)
        count += 1
except (OSError, MemoryError):
    pass
measured(count)
""",
    ),
    *(
        _use(
            f"disk at {place}",
            f"""
count = 0
try:
    for n in range(10):
        with open("{place}/big%d" % n, "wb", buffering=0) as file:
            for _ in range({DISK_TRIED_MIB // 10}):
                file.write(bytes(1 << 20))
                count += 1
except OSError:
    pass
measured(count)
""",
        )
        for place in (".", "/tmp", "/dev/shm")
    ),
    _use(
        "one large file",
        f"""
count = 0
try:
    with open("big", "wb", buffering=0) as file:
        for _ in range({DISK_TRIED_MIB}):
            if file.write(bytes(1 << 20)) < 1 << 20:
                break
            count += 1
except OSError:
    pass
measured(count)
""",
    ),
    *(
        _use(
            f"files at {place}",
            f"""
count = 0
try:
    for n in range({FILES_TRIED}):
        os.close(os.open(f"{place}/f{{n}}", os.O_CREAT | os.O_WRONLY))
        count += 1
except OSError:
    pass
measured(count)
""",
        )
        for place in (".", "/tmp", "/dev/shm")
    ),
    _use(
        "disk in files without a name",
        f"""
count, held = 0, []
try:
    for n in range(10):
        held.append(open("big%d" % n, "wb", buffering=0))
        os.unlink("big%d" % n)
        for _ in range({DISK_TRIED_MIB // 10}):
            held[-1].write(bytes(1 << 20))
            count += 1
    time.sleep(1)
except OSError:
    pass
measured(count)
""",
    ),
    _use(
        "disk in a folder that cannot be listed",
        f"""
count = 0
os.mkdir("closed", 0o300)
try:
    for n in range(10):
        with open("closed/big%d" % n, "wb", buffering=0) as file:
            for _ in range({DISK_TRIED_MIB // 10}):
                file.write(bytes(1 << 20))
                count += 1
    time.sleep(1)
except OSError:
    pass
measured(count)
""",
    ),
    _use(
        "descriptors",
        """
count = 0
try:
    while count < 5000:
        os.open("/dev/null", os.O_RDONLY)
        count += 1
except OSError:
    pass
measured(count)
""",
    ),
    _use(
        "a flood of output",
        f"""
piece = b"x" * (1 << 20)
for _ in range({FLOOD_MIB}):
    os.write(1, piece)
    os.write(2, piece)
""",
    ),
    _use("processor time", "while True:\n    pass"),
    _use("sleep for ever", "signal.signal(signal.SIGTERM, signal.SIG_IGN)\ntime.sleep(3600)"),
    _use(
        "a daemon",
        """
for leave in (os.setsid, lambda: None, lambda: os.setpgid(0, 0)):
    if os.fork() == 0:
        leave()
        for number in range(1, 32):
            try:
                signal.signal(number, signal.SIG_IGN)
            except (OSError, ValueError):
                pass
        if os.fork() == 0:
            for number in range(3):
                os.close(number)
            os.execv(sys.executable, [sys.executable, "-S", "-c", "import time; time.sleep(600)", T["token"] + "-daemon"])
        os._exit(0)
time.sleep(0.3)
""",
    ),
    _use(
        "a daemon of a daemon, without end",
        """
if os.fork() == 0:
    os.setsid()
    os.execv(sys.executable, [sys.executable, "-S", "-c",
        "import os, time\\nwhile True:\\n    try:\\n        if os.fork():\\n            os._exit(0)\\n        os.setsid()\\n    except OSError:\\n        pass\\n    time.sleep(0.001)",
        T["token"] + "-daemon"])
time.sleep(0.3)
""",
    ),
)

PLANTS: Final = (
    _plant(
        "a link for the collector",
        'os.mkdir("out")\nos.symlink(T["canary"], "out/result")\nos.symlink("/proc/self/environ", "out/second")',
    ),
    _plant("a linked folder for the collector", 'os.symlink(os.path.dirname(T["canary"]), "out")\nos.mkdir("real")'),
    _plant(
        "a way up for the collector",
        'os.mkdir("out")\nos.symlink("../../../../../../.." + T["canary"], "out/up")\nos.symlink("/", "out/root")',
    ),
    _plant("a pipe for the collector", 'os.mkdir("out")\nos.mkfifo("out/pipe")'),
    _plant(
        "a giant for the collector",
        """
os.mkdir("out")
for n in range(9):
    open(f"out/giant{n}", "wb").close()
    os.truncate(f"out/giant{n}", 60 << 20)
""",
    ),
    _plant(
        "a hard link for the collector",
        'os.mkdir("out")\nopen("secret", "w").write("x")\nos.link("secret", "out/second")',
    ),
    _plant(
        "a deep folder for the collector",
        """
os.mkdir("out")
os.chdir("out")
for _ in range(300):
    os.mkdir("d")
    os.chdir("d")
open("end", "w").write("x")
""",
    ),
    _plant(
        "names that are no text for the collector",
        'os.mkdir("out")\nfor name in (b"\\xff\\xfe", b"new\\nline", b"-rf", b" ", b"\\x1b[31m"):\n    open(b"out/" + name, "w").write("x")',
    ),
    _plant(
        "closed folders for the collector",
        'os.makedirs("out/closed/inside")\nopen("out/closed/inside/file", "w").write("x")\nos.chmod("out/closed", 0)',
    ),
)
