"""Asking at a real terminal: a pseudo terminal, a person who types."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from ergos.app.answers import Said, understood

from .conftest import PAYER, Shell


@pytest.mark.parametrize(
    ("kind", "said", "verdict"),
    [
        ("question", "anything", "answer"),
        ("approval", "y", "approve"),
        ("approval", "no", "deny"),
        ("approval", "perhaps", None),
        ("doubt", "redo", "redo"),
        ("doubt", "yes", None),
    ],
)
def test_only_what_is_clear_is_taken_as_an_answer(kind: str, said: str, verdict: str | None):
    found = understood(kind, said)
    assert (found.verdict if isinstance(found, Said) else None) == verdict


class Terminal:
    """What a person sees, and types."""

    def __init__(self, descriptor: int, child: subprocess.Popen[bytes]) -> None:
        self.child = child
        self.seen = ""
        self._read = 0
        self._descriptor = descriptor

    def until(self, text: str) -> None:
        """Read until this is seen behind what was waited for before; the test's own timeout bounds it."""
        while text not in self.seen[self._read :]:
            try:
                self.seen += os.read(self._descriptor, 65_536).decode("utf-8", "replace")
            except OSError:  # the other side is closed
                break
        assert text in self.seen[self._read :], self.seen
        self._read = self.seen.index(text, self._read) + len(text)

    def types(self, text: str) -> None:
        """Type a line."""
        os.write(self._descriptor, text.encode())


@contextmanager
def terminal(shell: Shell, *arguments: str) -> Iterator[Terminal]:
    person, machine = pty.openpty()
    command = [sys.executable, "-m", "ergos.cli.main", *arguments]
    with subprocess.Popen(
        command, env={**shell.env, "TERM": "xterm", "COLUMNS": "80"}, stdin=machine, stdout=machine, stderr=machine
    ) as child:
        os.close(machine)
        try:
            yield Terminal(person, child)
        finally:
            child.kill()
            os.close(person)


def test_a_person_at_a_terminal_is_asked_and_the_process_goes_on(shell: Shell):
    with terminal(shell, "run", shell.agent("payer", PAYER)) as there:
        there.until("answer (empty: later)")
        there.types("bob\n")
        there.until("approve? [y/n]")
        there.types("perhaps\n")
        there.until("approve? [y/n]")
        there.types("y\n")
        there.until("paid 5 to bob")
        there.until("done: process 1")
        assert there.child.wait(20) == 0


def test_a_person_may_leave_and_nothing_is_lost(shell: Shell):
    with terminal(shell, "run", shell.agent("payer", PAYER)) as there:
        there.until("answer (empty: later)")
        there.child.send_signal(signal.SIGINT)
        there.until("ergos wait 1")
        assert there.child.wait(20) == 130
    assert len(shell.json("inbox")) == 1  # type: ignore[arg-type]
