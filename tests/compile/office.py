"""Ada's home, in which the tests compile: her folders, her tools as they really are, a calendar, no model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from ergos.compile.circumstances import Circumstances
from ergos.compile.intent import Action, ActionVerb, Found, Intent, Span
from ergos.compile.pipeline import Compiled, compile_prose
from ergos.drivers.schedule.host_calendar import HostCalendar
from ergos.drivers.tools.catalogue import BuiltinParts, builtins
from ergos.drivers.tools.workspaces import Workspaces
from ergos.kernel.triggers import AnyTrigger

NOW_NS = 1_795_600_000 * 1_000_000_000  # 2026-11-25, 09:46 UTC
TOOLS = {
    name: tool.spec for name, tool in builtins(BuiltinParts(workspaces=Workspaces(Path("/nowhere"), "ada"))).items()
}
KNOWN = Circumstances(
    now_ns=NOW_NS,
    timezone="Europe/Berlin",
    calendar=HostCalendar(),
    folder="/srv/ada/accounts",
    user_folder="/srv/ada",
    tools=TOOLS,
)
INVOICES = (
    "watch ./invoices; when a PDF arrives extract supplier, number, date, total; append to ledger.csv; "
    "ask me above 1,000 EUR"
)
BRIEFING = "每天早上八点读这三个源，写一份两页的中文简报，引用出处；发布前问我；每月最多花五美元"


def known(**changes: Any) -> Circumstances:
    """Ada's circumstances, changed."""
    return msgspec.structs.replace(KNOWN, **changes)


def compiled(prose: str, **changes: Any) -> Compiled:
    """What System 1 makes of words."""
    return compile_prose(prose, known(**changes))


def codes(found: Compiled) -> list[str]:
    """The codes of its diagnostics, notes apart."""
    return [one.code for one in found.diagnostics if one.severity != "note"]


def agreed(found: Compiled) -> Circumstances:
    """The home after its owner agreed to the folders."""
    return known(
        roots={one.name: one.path for one in found.folders},
        writable=frozenset(one.name for one in found.folders if one.write),
    )


def intent(prose: str, *actions: Found[Action], **more: Any) -> Intent:
    """An intent written by hand."""
    return Intent(prose=prose, language="en", timezone="Europe/Berlin", actions=actions, **more)


def act(prose: str, words: str, verb: ActionVerb, **more: Any) -> Found[Action]:
    """An action that stands in the prose."""
    return Found(Action(verb=verb, **more), at(prose, words))


def on(prose: str, words: str, trigger: AnyTrigger) -> Found[AnyTrigger]:
    """A trigger that stands in the prose."""
    return Found(trigger, at(prose, words))


def at(prose: str, words: str) -> Span:
    """Where words stand."""
    begin = prose.index(words)
    return (begin, begin + len(words))
