"""Has a model read an owner's words, as an ordinary process, and compiles what of its reading counts.

Rules: System 1 reads first, and alone decides what restricts; a model that fails, refuses or costs too much is a note,
never an error. A second reading of the same words is a second process.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import msgspec

from ergos.app.catalogue import Catalogue
from ergos.app.client import ask
from ergos.app.follow import attended, follow
from ergos.app.home import Home, reading
from ergos.base.errors import ErgosError
from ergos.compile.circumstances import Circumstances
from ergos.compile.diagnostics import Diagnostic
from ergos.compile.intent import Intent
from ergos.compile.model.asking import ModelCame, Reading
from ergos.compile.model.grounding import grounded
from ergos.compile.pipeline import Compiled, compile_intent
from ergos.compile.preview.times import local
from ergos.compile.words.grammar import read_intent
from ergos.runtime.control import Fine, Spawn

PROGRAM: Final = Path(__file__).with_name("composing_agent.py")
"""Where the agent is that asks."""


class _Outcome(msgspec.Struct, frozen=True):
    reading: Reading | None
    why: str
    tries: int


async def compile_with_model(
    home: Home, prose: str, circumstances: Circumstances, own: Compiled, *, name: str = ""
) -> Compiled:
    """The program that a model's reading gives; what System 1 found (`own`) where there is none."""
    try:
        came = await _asked(home, prose, circumstances)
    except ErgosError as error:
        came = ModelCame(reading=None, why=error.what)
    if came.reading is None:
        note = Diagnostic(code="C352", values={"why": came.why or "?"})
        return compile_intent(own.intent, circumstances, name=name, more=(note,))

    def grammar(text: str) -> Intent:
        return read_intent(text, circumstances)

    intent, said = grounded(came.reading, prose, circumstances, own.intent, grammar)
    return compile_intent(intent, circumstances, name=name, more=said)


async def _asked(home: Home, prose: str, circumstances: Circumstances) -> ModelCame:
    """What the process gave. Raises: ErgosErrors."""
    now = local(circumstances.now_ns, circumstances.timezone)
    settings = {"prose": prose, "now": now, "zone": circumstances.timezone}
    async with attended(home) as leaving:
        reply = await ask(home, Spawn(path=str(PROGRAM), owner=home.settings.owner, settings=dict(settings)))
        assert isinstance(reply, Fine)
        parting = await follow(home, reply.pid, leaving, lambda _: None, None)
    member = parting.view.members[0]
    if member.failure is not None:
        return ModelCame(reading=None, why=member.failure.what)
    if parting.why != "ended":
        return ModelCame(reading=None, why="the process waits" if parting.why == "waits" else "interrupted")
    async with reading(home) as reads:
        outcome = await Catalogue(home, reads).outcome(reply.pid)
    try:
        found = msgspec.convert(outcome, _Outcome)
    except msgspec.ValidationError as error:
        return ModelCame(reading=None, why=str(error))
    return ModelCame(reading=found.reading, why=found.why, tries=found.tries)
