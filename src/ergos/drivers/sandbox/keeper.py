"""The keeper of one job: sets the stage, starts it, holds its pipes and its deadline, ends all of it, brings back
results.

Rules: one process for one job, forked from the warden, outside the sandbox; single-threaded, one loop over one poll.
If the kernel goes (the control connection ends) or the warden (a signal), the job goes. A result is given only when
nothing of the job runs any more.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import sys
from typing import Final, Literal, NamedTuple, NoReturn

from ergos.drivers.sandbox import bare_tree, bubblewrap, confined
from ergos.drivers.sandbox import linux_calls as linux
from ergos.drivers.sandbox.bubblewrap import Verdict
from ergos.drivers.sandbox.captured import Captured
from ergos.drivers.sandbox.collect import Collection
from ergos.drivers.sandbox.identity import Claim, become, claim_user
from ergos.drivers.sandbox.orders import Order, Result, encode
from ergos.drivers.sandbox.relay import Relay
from ergos.drivers.sandbox.stage import Stage, StageError, put_files, set_stage

KILL: Final = b"k"  # asked by the kernel: end it
DRAIN: Final = b"d"  # asked by the kernel, with the job's stdout: read what is left of it
TURNS_PER_LOOK: Final = 32  # things that happen between two looks at a work folder that no file system bounds
STATUS_BYTES_MAX: Final = 65_536
STRIKE_S: Final = 0.001  # seconds between two tries to end what is about to change its user


class Pipes:
    """Descriptors a keeper is given."""

    def __init__(self, control: int, stdin: int, result: int, stdout: int = -1, stderr: int = -1) -> None:
        """`control`: a connection; `stdout`: where a streaming job writes, `stderr` an attached one; else captured."""
        self.control = control
        self.stdin = stdin
        self.result = result
        self.stdout = stdout
        self.stderr = stderr


class Room(NamedTuple):
    """What a warden made once for all its jobs."""

    place: str
    """Where the room stands; '' where namespaces are not used."""
    program: bytes
    """The filter of system calls for its jobs."""


def keep(order: Order, pipes: Pipes, room: Room, refused: str = "") -> NoReturn:
    """Do everything; write the result; end this process."""
    try:
        try:
            result = Result(refused=refused) if refused else Keeper(order, pipes, room).run()
        except (StageError, OSError) as error:
            result = Result(refused=str(error))
        said = encode(result)
        while said:
            said = said[os.write(pipes.result, said) :]
    finally:
        bug = sys.exc_info()
        if bug[1] is not None:
            sys.excepthook(*bug)
        os._exit(0)


class Keeper:
    """One job from stage to result."""

    def __init__(self, order: Order, pipes: Pipes, room: Room) -> None:
        self._room = room
        self._order = order
        self._pipes = pipes
        self._why: Literal["exit", "deadline", "killed"] = "exit"
        self._child = 0
        self._code: int | None = None
        """Exit status of our child; negative: a signal."""
        self._claim: Claim | None = None
        self._wake, wake_in = os.pipe()
        for end in (self._wake, wake_in):
            os.set_blocking(end, False)
        signal.set_wakeup_fd(wake_in, warn_on_full_buffer=False)
        for number in (signal.SIGCHLD, signal.SIGALRM, signal.SIGTERM):
            signal.signal(number, _noted)
        self._stage: Stage | None = None
        self._tree: bare_tree.BareTree | None = None
        self._relay: Relay | None = None
        self._stdout = Captured(order.job.bounds.output_bytes)
        self._stderr = Captured(order.job.bounds.output_bytes)
        self._status = Captured(STATUS_BYTES_MAX)

    def run(self) -> Result:
        """From start to end. Raises: StageError, OSError where it could not be started."""
        linux.adopt_orphans()
        rooted = os.geteuid() == 0
        self._claim = claim = claim_user(self._order.uid_hint) if rooted else None
        user = (claim.uid, claim.uid) if claim is not None else (os.geteuid(), os.getegid())
        if self._order.backend == "landlock-bare":
            self._tree = bare_tree.BareTree(self._order, user if rooted else None)
            owner, work = user, self._tree.work
        else:
            self._stage = set_stage(self._order, self._room.place, user)
            if self._stage.port is not None:
                self._relay = Relay(self._stage.port, self._stage.door)
            owner, work = self._stage.user, self._stage.work
        try:
            if work >= 0:
                put_files(work, self._order.job.files, owner)
            self._start(user if rooted else None)
            if os.geteuid() == 0:
                become(*user)
            linux.set_dumpable(yes=False)
            # Said late, for a change of user takes it back.
            linux.die_with_parent(signal.SIGTERM)
            self._loop()
            return self._result(work)
        finally:
            self._end_all()
            if self._tree is not None:
                self._tree.remove()

    def _start(self, user: tuple[int, int] | None) -> None:
        """Start the job, as `user` if this is root."""
        (out, out_in), (err, err_in), (status, status_in) = os.pipe(), os.pipe(), os.pipe()
        complaints = self._pipes.stderr if self._pipes.stderr >= 0 else err_in
        streams = (self._pipes.stdin, self._pipes.stdout if self._order.streaming else out_in, complaints)
        if self._order.streaming:
            os.close(out)
        else:
            self._stdout.read_from(out)
        self._stderr.read_from(err)
        if self._order.backend == "bubblewrap":
            self._wrap(user, streams, (status, status_in))
        else:
            self._fork(user, streams, status_in)
        for end in (out_in, err_in, status_in, self._pipes.stdin, self._pipes.stdout, self._pipes.stderr):
            if end >= 0:
                os.close(end)
        self._status.read_from(status)

    def _wrap(self, user: tuple[int, int] | None, streams: tuple[int, int, int], status: tuple[int, int]) -> None:
        """Start bubblewrap, and let it go on when its first process has its limits."""
        assert self._stage is not None
        if user is not None:
            become(*user)
        with contextlib.suppress(OSError):  # a Linux before 5.11; each was opened so anyway
            linux.close_on_exec_from(3)
        go, go_in = os.pipe()
        self._child = bubblewrap.spawn(self._order, self._stage, self._room.program, streams, status[1], go)
        os.close(go)
        while not (first := bubblewrap.first_process(self._status.content)):
            # What it says first is one short line; its end, should it fail, is an end of it all.
            ready = select.select([status[0], self._wake], [], [])[0]
            if status[0] in ready:
                self._status.add(os.read(status[0], STATUS_BYTES_MAX))
            elif self._wake in ready:
                self._signalled()
                if self._code is not None:
                    break
        if first:
            with contextlib.suppress(ProcessLookupError):
                confined.first_to_go(first)
                confined.limit(self._order, pid=first)
                os.write(go_in, b".")
        os.close(go_in)

    def _fork(self, user: tuple[int, int] | None, streams: tuple[int, int, int], status: int) -> None:
        """Fork, and have the child become the job."""
        others = 0
        if self._stage is not None:
            linux.unshare(linux.CLONE_NEWPID)
        elif user is None:
            others = bare_tree.tasks_of(os.geteuid())
        parent = os.getpid()
        self._child = os.fork()
        if self._child:
            return
        try:
            linux.die_with_parent(signal.SIGKILL)
            if self._stage is None and os.getppid() != parent:
                return  # into the end of this process, below
            signal.set_wakeup_fd(-1)
            for number in bubblewrap.DEFAULTED:
                signal.signal(number, signal.SIG_DFL)
            _only_streams(*streams, status)
            confined.first_to_go("self")
            if self._stage is not None:
                confined.become_first(self._order, self._stage, user, self._room.program, _STATUS)
            else:
                assert self._tree is not None
                confined.become_bare(self._order, self._tree.base, user, others, self._room.program, _STATUS)
        except OSError as error:
            os.write(_STATUS, f"refused {error}\n".encode())
        finally:
            os._exit(1)

    def _loop(self) -> None:
        """Until our child has ended."""
        if self._order.job.bounds.wall_s:
            signal.setitimer(signal.ITIMER_REAL, self._order.job.bounds.wall_s)
        turns = 0
        while self._code is None:
            wanted = {self._pipes.control: select.POLLIN, self._wake: select.POLLIN}
            captures = {it.descriptor: it for it in (self._stdout, self._stderr, self._status) if it.descriptor >= 0}
            wanted |= dict.fromkeys(captures, select.POLLIN)
            if self._relay is not None:
                wanted |= self._relay.wants()
            poll = select.poll()
            for descriptor, events in wanted.items():
                poll.register(descriptor, events)
            ready = poll.poll(self._tree.look_after_ms if self._tree is not None else None)
            turns += 1
            # A job that writes all the time must not keep this from looking.
            looking = self._tree is not None and (not ready or turns % TURNS_PER_LOOK == 0)
            if looking and self._tree is not None and self._tree.too_large():
                self._stderr.add(b"\nended: the work folder grew beyond its bound\n")
                self._end("killed")
            for descriptor, _ in ready:
                self._turn(descriptor, captures)

    def _turn(self, descriptor: int, captures: dict[int, Captured]) -> None:
        """One thing that is ready."""
        if descriptor in captures:
            captures[descriptor].read()
        elif descriptor == self._wake:
            self._signalled()
        elif descriptor == self._pipes.control:
            self._asked()
        elif self._relay is not None:
            self._relay.turn(descriptor)

    def _signalled(self) -> None:
        """Signals that came: a child ended, the deadline, the warden gone."""
        with contextlib.suppress(BlockingIOError):
            found = os.read(self._wake, 4096)
            if signal.SIGTERM in found:
                self._end("killed")
            elif signal.SIGALRM in found:
                self._end("deadline")
        self._reap(os.WNOHANG)

    def _asked(self) -> None:
        """What the kernel wants; its end of the connection closed means that it is gone."""
        # A connection as an object only here, where somebody asks: most jobs end by themselves.
        control = socket.socket(fileno=self._pipes.control)
        try:
            said, descriptors, _, _ = socket.recv_fds(control, 16, 1)
        except OSError:
            said, descriptors = b"", []
        control.detach()
        for descriptor in descriptors:
            os.set_inheritable(descriptor, False)
        if DRAIN in said and descriptors:
            self._stdout.read_from(descriptors[0])
        if not said or KILL in said:
            self._end("killed")

    def _end(self, why: Literal["deadline", "killed"]) -> None:
        """End the job now; what is left of it follows."""
        if self._code is None:
            self._why = why if self._why == "exit" else self._why
            # Deaf from here on to who asked: they may have gone for good.
            self._strike()

    def _strike(self) -> None:
        """Kill our child and wait for its end."""
        with contextlib.suppress(ProcessLookupError, ChildProcessError):
            while True:
                try:
                    os.kill(self._child, signal.SIGKILL)
                except PermissionError:  # it is being made ready and still root's, which this process is not any more
                    select.select([], [], [], STRIKE_S)
                else:
                    break
            self._note(os.waitpid(self._child, 0)[1])

    def _reap(self, how: int) -> bool:
        """Take note of children that ended; False: there is none any more."""
        while True:
            try:
                pid, found = os.waitpid(-1, how)
            except ChildProcessError:
                return False
            if pid == 0:
                return True
            if pid == self._child:
                self._note(found)

    def _note(self, found: int) -> None:
        self._code = os.waitstatus_to_exitcode(found)

    def _end_all(self) -> None:
        """End whatever the job left; return when nothing of it runs."""
        if self._child and self._code is None:
            self._strike()
        if self._tree is not None:
            self._tree.hunt(self._reap)
        elif not self._said_its_end() and self._reap(os.WNOHANG):
            # A first process that was not yet tied to bubblewrap outlives it, and is ours now.
            for pid in bare_tree.descendants(os.getpid()):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        while self._reap(0):
            pass

    def _said_its_end(self) -> bool:
        """Whether the first process of the job is known to have ended, and all of the job with it."""
        self._status.read()
        return self._order.backend == "landlock" or bubblewrap.ended(self._status.content)

    def _result(self, work: int) -> Result:
        """What to say, when all of it has ended."""
        self._end_all()
        for capture in (self._stdout, self._stderr, self._status):
            capture.read_rest()
        assert self._code is not None
        verdict = self._verdict(self._status.content, self._code)
        if verdict.refused and self._why == "exit":
            return Result(refused=verdict.refused)
        if self._why != "exit":
            verdict = Verdict(128 + signal.SIGKILL)
        collection = Collection(self._order.job.bounds)
        for path in self._order.job.collect:
            if work >= 0:
                collection.take(work, path)
        return Result(
            status=verdict.status,
            why=self._why if self._why != "exit" else "signal" if verdict.signal else "exit",
            stdout=self._stdout.content,
            stderr=self._stderr.content + verdict.note.encode(),
            cut=self._stdout.cut or self._stderr.cut,
            files=collection.files,
            left_out=collection.left_out,
        )

    def _verdict(self, status: bytes, code: int) -> Verdict:
        if self._order.backend == "bubblewrap":
            return bubblewrap.verdict(status, code, self._stderr.content)
        return confined.verdict(status, code, self._order.job.command[0])


_STATUS: Final = 3


def _only_streams(stdin: int, stdout: int, stderr: int, status: int) -> None:
    """Have these at 0 to 3, the last one not inherited, and no other descriptor."""
    # Out of the way first, so that none is overwritten before it was copied.
    high = [
        os.dup2(descriptor, 200 + at, inheritable=False)
        for at, descriptor in enumerate((stdin, stdout, stderr, status))
    ]
    for at, descriptor in enumerate(high):
        os.dup2(descriptor, at, inheritable=at != _STATUS)
    os.closerange(_STATUS + 1, os.sysconf("SC_OPEN_MAX"))


def _noted(number: int, frame: object) -> None:
    """Seen through the wake-up descriptor."""
    del number, frame
