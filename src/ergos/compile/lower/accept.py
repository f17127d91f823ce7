"""The checks that what was made must pass, from what the owner said of it: pages, language, sources, fields.

Rules: each check is about one step and has its words; where nothing was said, a result must at least not be empty,
which is noted and is no check of its content.
"""

from __future__ import annotations

from typing import Final

from ergos.base.canonical import Plain
from ergos.compile.lower.flow import Flow
from ergos.lib.work import Acceptance, Step

MADE: Final = frozenset({"brief", "summarise", "translate", "extract", "classify", "filter", "compare", "compute"})
"""Tasks whose result is checked."""
WRITTEN: Final = frozenset({"brief", "summarise", "translate"})
"""Tasks whose result is a text for a reader."""


def accepted(flow: Flow) -> tuple[Acceptance, ...]:
    """All of them, in the order of the steps."""
    found: list[Acceptance] = []
    written = [step for step in flow.steps if step.verb == "think" and step.name in WRITTEN]
    for step in flow.steps:
        if step.verb != "think" or step.name not in MADE:
            continue
        about = _of_text(flow, step) if written and step is written[-1] else []
        if step.name == "extract":
            fields: Plain = step.given["fields"]
            about += [_check("fields", step, fields, step.words), _check("found_in_source", step, None, step.words)]
        found += about
        if not about and step is _last_made(flow) and step.name != "filter":  # that nothing is left is no failure
            flow.say("C326", flow.spans[step.id])
            found.append(_check("not_empty", step, None, step.words))
    return tuple(found)


def _of_text(flow: Flow, step: Step) -> list[Acceptance]:
    """What the output clause asks of a written result."""
    said = flow.output
    words = flow.words(flow.intent.output.span) if flow.intent.output is not None else step.words
    found: list[Acceptance] = []
    if said.pages is not None:
        found.append(_check("pages_max", step, said.pages, words))
    if said.words is not None:
        found.append(_check("words_max", step, said.words, words))
    if said.items is not None and step.name != "translate":
        found.append(_check("items_max", step, said.items, words))
    if said.language and (said.language in ("en", "zh")):
        found.append(_check("language", step, said.language, words))
    if said.cited:
        found.append(_check("cited", step, None, words))
    return found


def _last_made(flow: Flow) -> Step | None:
    return next((step for step in reversed(flow.steps) if step.verb == "think" and step.name in MADE), None)


def _check(name: str, step: Step, value: Plain, words: str) -> Acceptance:
    return Acceptance(check=name, of=step.id, value=value, words=words)
