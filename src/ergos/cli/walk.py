"""The inbox one by one at a terminal: each item is shown whole and answered with one key.

Rules: a key decides about what stands on the screen and nothing else; what is not one of the keys that are offered does
nothing; leaving loses nothing.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final

from ergos.base.errors import ErgosError, UsageError

if TYPE_CHECKING:
    from ergos.app.home import Home
    from ergos.app.inbox import Inbox, Waiting
    from ergos.base.canonical import Plain
    from ergos.kernel.calls import Verdict

CHOICE_KEYS: Final = "123456789"  # choices of a question that have a key; the others are typed
LINE_BYTES_MAX: Final = 65_536  # bytes of a typed answer
ESCAPE: Final = "\x1b"
_DECIDE: Final[dict[str, dict[str, Verdict]]] = {
    "approval": {"a": "approve", "y": "approve", "d": "deny", "n": "deny"},
    "doubt": {"h": "done", "r": "redo", "f": "fail"},
    "question": {},
}
_PROMPTS: Final = {
    "approval": "[a]pprove  [d]eny  [w]ords  [s]kip  [q]uit",
    "doubt": "it [h]appened  [r]edo  it [f]ailed  [s]kip  [q]uit",
    "question": "[w]rite an answer  [s]kip  [q]uit",
}


def walked(here: Home, found: Inbox, outcomes: list[Plain], by: str | None) -> None:
    """Show everything, the items first, and take an answer for each. Raises: UsageError without a terminal."""
    from ergos.cli.items import delivery_lines, waiting_lines
    from ergos.cli.render import note

    if not sys.stdin.isatty():
        raise UsageError("--walk needs a terminal", remedy="`ergos inbox` lists everything")
    for number, one in enumerate(found.waiting, 1):
        note(f"— {number} of {len(found.waiting)} —")
        for line in waiting_lines(one, here.settings.language):
            note(line)
        if not _answered(here, one, by):
            return
    for one, outcome in zip(found.delivered, outcomes, strict=True):
        for line in delivery_lines(one, outcome, here.settings.language):
            note(line)
    note("that was everything")


def _answered(here: Home, one: Waiting, by: str | None) -> bool:
    """Whether to go on."""
    from ergos.app.answers import shown_choices
    from ergos.cli.items import give, understood_or_raise
    from ergos.cli.render import fail, note, short

    item = one.item
    keys = _DECIDE[item.kind]
    choices = shown_choices(one.shown["call"])[: len(CHOICE_KEYS)] if item.kind == "question" else ()
    for key, choice in zip(CHOICE_KEYS, choices, strict=False):
        note(f"      [{key}] {short(choice)}")
    while True:
        key = _key(f"      {_PROMPTS[item.kind]}").lower()
        if key in ("q", ""):
            return False
        if key in ("s", "\n", "\r"):
            return True
        try:
            if key in keys:
                give(here, item, keys[key], by=by or "")
                return True
            if choices and key in CHOICE_KEYS[: len(choices)]:
                listed = one.shown["call"]
                assert isinstance(listed, list)
                give(here, item, "answer", listed[int(key) - 1], by=by or "")
                return True
            if key == "w" and item.kind != "doubt" and (text := _line()):
                verdict, value = understood_or_raise(here, item, text)
                give(here, item, verdict, value, by=by or "")
                return True
        except ErgosError as error:  # answered by somebody else meanwhile, not theirs to decide, or not understood
            fail(error)
            if not isinstance(error, UsageError):
                return True


def _key(prompt: str) -> str:
    """One key, at once; '' at the end of input. An escape sequence is one key that means nothing.

    What was typed before the prompt stood there is dropped: it was meant for something else.
    """
    import os
    import select
    import termios
    import tty

    from ergos.cli.render import note

    descriptor = sys.stdin.fileno()
    before = termios.tcgetattr(descriptor)
    try:
        tty.setcbreak(descriptor, termios.TCSAFLUSH)
        note(prompt)
        typed = os.read(descriptor, 1)
        while typed and (typed[-1] >= 0x80 or typed[:1] == ESCAPE.encode()):  # the rest of a character or sequence
            if not select.select([descriptor], [], [], 0)[0]:
                break
            typed += os.read(descriptor, 1)
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)
    return typed.decode("utf-8", "replace")


def _line() -> str:
    """A line of text."""
    import os

    print("      > ", end="", file=sys.stderr, flush=True)
    return os.read(sys.stdin.fileno(), LINE_BYTES_MAX).decode("utf-8", "replace").strip()
