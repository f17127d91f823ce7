"""The warden: one long-lived process beside a kernel that forks a keeper for every job.

Rules: small and single-threaded, so that a fork is cheap and safe, and so that what must end with its parent has a
parent that lasts. It is started by the kernel with a connection on descriptor 3 and ends with it. Holds no secret.
"""

from __future__ import annotations

import gc
import os
import signal
import socket
from typing import Final

from ergos.drivers.sandbox import bare_tree
from ergos.drivers.sandbox import linux_calls as linux
from ergos.drivers.sandbox.bubblewrap import first_process
from ergos.drivers.sandbox.confined import filter_bare
from ergos.drivers.sandbox.keeper import Pipes, Room, keep
from ergos.drivers.sandbox.orders import Order, Result, decode_order, encode
from ergos.drivers.sandbox.room import prepare_room
from ergos.drivers.sandbox.seccomp import seccomp_filter
from ergos.kernel.confinement import Job

DESCRIPTORS: Final = 6  # order, control, stdin, result; stdout of a streaming job; stderr of an attached one


def serve(connection: int, backend: str) -> None:
    """Fork a keeper for every order that comes, until the kernel goes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    room, refused = _room(backend)
    # Loaded and made ready before the first fork, for a keeper cannot read our files any more.
    decode_order(encode(Order(job=Job(command=("x",)), backend="bubblewrap", scratch="")))
    encode(Result())
    first_process(b'{"child-pid": 1}')
    if backend == "landlock-bare":
        bare_tree.make_ready()
    gc.collect()
    gc.disable()
    gc.freeze()
    orders = socket.socket(fileno=connection)
    # Children are seen when the next order comes: a zombie in between holds nothing.
    while True:
        said, descriptors, _, _ = socket.recv_fds(orders, 1, DESCRIPTORS)
        if not said:
            return
        for descriptor in descriptors:
            # What comes by a socket is passed to programs unless it is said not to be.
            os.set_inheritable(descriptor, False)
        order, control, stdin, result, *outs = descriptors
        if os.fork() == 0:
            os.close(connection)
            content = os.pread(order, os.fstat(order).st_size, 0)
            keep(decode_order(content), Pipes(control, stdin, result, *outs), room, refused)
        for descriptor in descriptors:
            os.close(descriptor)
        _reap()


def _room(backend: str) -> tuple[Room, str]:
    """What all jobs share; and why there cannot be any, '' if there can."""
    here = linux.machine()
    assert here is not None, "looked at before a warden is started"
    if backend == "landlock-bare":
        return Room("", filter_bare()), ""
    program = seccomp_filter(here)
    try:
        return Room(prepare_room(), program), ""
    except OSError as error:
        return Room("", program), f"no namespaces: {error.strerror}"


def _reap() -> None:
    while True:
        try:
            if os.waitpid(-1, os.WNOHANG)[0] == 0:
                return
        except ChildProcessError:
            return
