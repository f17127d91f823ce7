"""A job without bubblewrap: its first process, which holds itself by Landlock and a filter, and then becomes the
command.

Rules: runs between fork and exec, in the job's process; what goes wrong before exec is said through the status pipe.
With namespaces, a first process of ours stays as number 1, reaps, and ends with the command; all else ends with it.
Without, the folder is on a disk and the keeper hunts down what is left.
"""

from __future__ import annotations

import contextlib
import errno
import os
import resource
import signal
from typing import Final

from ergos.drivers.sandbox import light_paths as paths
from ergos.drivers.sandbox import linux_calls as linux
from ergos.drivers.sandbox.bubblewrap import DEFAULTED, DEFAULTS, Verdict, environment
from ergos.drivers.sandbox.identity import become
from ergos.drivers.sandbox.landlock import VERSION_SCOPED, confine
from ergos.drivers.sandbox.orders import Order
from ergos.drivers.sandbox.own_root import enter_root
from ergos.drivers.sandbox.room import FILES_OF_ETC, FOLDERS_OF_ETC, SYSTEM, WORK
from ergos.drivers.sandbox.seccomp import seccomp_filter
from ergos.drivers.sandbox.stage import DOOR, Stage

NOT_FOUND: Final = 127  # what shells say
NOT_RUN: Final = 126
OWN_PROCESSES: Final = 3  # processes of ours beside the job's, under its user
_READ_BARE: Final = (
    "/usr",
    *(f"/{name}" for name in SYSTEM),
    *(f"/etc/{name}" for name in (*FOLDERS_OF_ETC, *FILES_OF_ETC)),
    "/nix/store",
)
_HELD: Final = (resource.RLIMIT_MSGQUEUE, resource.RLIMIT_NICE, resource.RLIMIT_RTPRIO)
_LOCKED_BYTES: Final = 65_536  # bytes a process may keep from being swapped
_SIGNALS_QUEUED: Final = 1_024


def limit(order: Order, others: int = 0, pid: int = 0) -> None:
    """Set the limits of a process (0: this one) and all it starts; `others`: processes its user has elsewhere."""
    bounds = order.job.bounds
    wanted = {
        resource.RLIMIT_AS: bounds.memory_bytes,
        resource.RLIMIT_FSIZE: bounds.file_bytes,
        resource.RLIMIT_NOFILE: bounds.open_files,
        resource.RLIMIT_MEMLOCK: _LOCKED_BYTES,
        resource.RLIMIT_SIGPENDING: _SIGNALS_QUEUED,
        resource.RLIMIT_NPROC: bounds.processes + OWN_PROCESSES + others,
        # Not 0, with which a dump would still be given to a program of the host that takes dumps; see core(5).
        resource.RLIMIT_CORE: 1,
        **dict.fromkeys(_HELD, 0),
    }
    for which, value in wanted.items():
        try:
            resource.prlimit(pid, which, (value, value))
        except (ValueError, PermissionError):  # more than this user may have: then what it may have, for good
            most = resource.prlimit(pid, which)[1]
            resource.prlimit(pid, which, (most, most))
    if bounds.cpu_s:
        # A signal first, which says why; the end a second later.
        resource.prlimit(pid, resource.RLIMIT_CPU, (bounds.cpu_s, bounds.cpu_s + 1))


def first_to_go(pid: int | str) -> None:
    """Where memory runs out, this process and all it starts end before anything of the host."""
    with contextlib.suppress(OSError):
        paths.write(f"/proc/{pid}/oom_score_adj", b"900")


def become_first(order: Order, stage: Stage, user: tuple[int, int] | None, program: bytes, status: int) -> None:
    """Be process 1 of a fresh process namespace, run the command below it, and end when it ends. Raises: OSError."""
    linux.unshare(linux.CLONE_NEWNS)
    enter_root(stage)
    linux.drop_bounding_capabilities()
    if user is not None:
        become(*user)
    linux.drop_capabilities()
    linux.die_with_parent(signal.SIGKILL)
    linux.set_dumpable(yes=False)
    os.setsid()
    writable = [part.target for part in (*stage.writable, *stage.lent) if part.write]
    # The whole of a root of its own may be read.
    confine(["/"], [*writable, "/dev/tty"], apart=True)
    os.chdir(order.job.folder)
    limit(order)
    linux.install_filter(program)
    child = _spawn(order.job.command, environment(order), status)
    for descriptor in (0, 1, 2):
        os.close(descriptor)
    while True:
        ended, found = os.wait()
        if ended == child:
            code = os.waitstatus_to_exitcode(found)
            os.write(status, f"end {code}\n".encode())
            os._exit(0)


def _spawn(command: tuple[str, ...], found: dict[str, str], status: int) -> int:
    """Start the command, looked for as a shell does; its process id. Ends this process if it cannot be started."""
    name = command[0]
    places = [name] if "/" in name else [f"{folder or '.'}/{name}" for folder in found["PATH"].split(":")]
    failure = errno.ENOENT
    for place in places:
        try:
            return os.posix_spawn(place, command, found, setsigdef=DEFAULTED)
        except (FileNotFoundError, NotADirectoryError):
            continue
        except PermissionError as error:
            failure = error.errno or errno.EACCES
        except OSError as error:
            failure = error.errno or errno.EIO
            break
    os.write(status, f"cannot {failure}\n".encode())
    os._exit(NOT_FOUND)


def filter_bare() -> bytes:
    """The filter of system calls for jobs without namespaces that this process starts."""
    here, rooted = linux.machine(), os.geteuid() == 0
    assert here is not None
    # Root runs each job as a user of its own.
    return seccomp_filter(
        here,
        apart=False,
        signals=rooted or linux.landlock_version() >= VERSION_SCOPED,
        own_files_in_sight=not rooted,
    )


def become_bare(
    order: Order, base: str, user: tuple[int, int] | None, others: int, program: bytes, status: int
) -> None:
    """Be the command without namespaces: files by Landlock, everything else closed by the filter. Raises: OSError."""
    linux.drop_bounding_capabilities()
    if user is not None:
        become(*user)
        linux.die_with_parent(signal.SIGKILL)
    os.setsid()
    linux.drop_capabilities()
    job = order.job
    readable = [*_READ_BARE, *(bind.target for bind in job.binds if not bind.write)]
    confine(readable, [base, *(bind.target for bind in job.binds if bind.write)], apart=False)
    work, temporary = (f"{base}/{name}" for name in ("work", "tmp"))
    moved = {"HOME": work, "TMPDIR": temporary, "GIT_CONFIG_NOSYSTEM": "1"}
    found = DEFAULTS | moved | dict(job.env)
    folder = work + job.folder.removeprefix(WORK) if job.folder.startswith(WORK) else job.folder
    os.chdir(folder)
    limit(order, others)
    linux.install_filter(program)
    try:
        os.execvpe(job.command[0], job.command, found)  # noqa: S606 - no shell is wanted
    except OSError as error:
        os.write(status, f"cannot {error.errno}\n".encode())
        os._exit(NOT_FOUND)


def refusal_bare(order: Order) -> str:
    """Why a job cannot run without namespaces; '' if it can."""
    job = order.job
    if job.door is not None or job.door_port:
        return f"this machine allows no namespaces, and without them no socket such as {DOOR} can be let through"
    moved = next((bind for bind in job.binds if bind.source != bind.target), None)
    if moved is not None:
        return f"this machine allows no namespaces, and without them {moved.source} cannot stand at {moved.target}"
    missing = next((bind.source for bind in job.binds if not paths.exists(bind.source)), None)
    return "" if missing is None else f"{missing} is not there"


def verdict(status: bytes, code: int, command: str) -> Verdict:
    """How it ended, from the status pipe and the exit status of the process we started (negative: a signal)."""
    for line in status.decode("ascii", "replace").splitlines():
        word, _, value = line.partition(" ")
        if word == "cannot":
            note = f"{command}: {os.strerror(int(value))}\n"
            return Verdict(NOT_FOUND if int(value) == 2 else NOT_RUN, note=note)
        if word == "refused":
            return Verdict(refused=value)
        if word == "end":
            code = int(value)
            break
    return Verdict(128 - code, signal=True) if code < 0 else Verdict(code)
