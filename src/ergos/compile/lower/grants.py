"""The permissions that steps need, and no others: one grant for each call a step makes, as narrow as its arguments.

    with: {path: "here:/ledger.csv", row: "{invoice}"}   →   path: {equals: "here:/ledger.csv"}, row: any

Rules: what stands in a step is the only value allowed; what comes from a trigger is bounded by what the trigger
watches; what comes from an earlier step is free: who or where it would say is the policy's to ask about, and an unknown
recipient is asked about every time.
Every grant carries the owner's words of its step. Nothing else makes one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

import msgspec

from ergos.base.canonical import Plain
from ergos.compile.lower.flow import GIVEN
from ergos.kernel.packages import ToolSpec
from ergos.kernel.permission.grants import Grant, Matcher
from ergos.kernel.triggers import AnyTrigger, Feed, Files, Page
from ergos.lib.references import paths_of
from ergos.lib.work import Step


def grants_of(
    agent: str,
    steps: tuple[Step, ...],
    tools: Mapping[str, ToolSpec],
    triggers: tuple[AnyTrigger, ...],
    *,
    asked: frozenset[str] = frozenset(),
    expires_ns: int | None = None,
) -> tuple[Grant, ...]:
    """What these steps need. `asked`: ids of steps before which the owner wants to be asked."""
    found: list[Grant] = []
    for step in steps:
        if step.verb == "ask":
            continue
        args = None if step.verb == "think" else _matchers(step, triggers, steps)
        grant = Grant(
            agent=agent,
            verb=step.verb,
            name=step.name,
            args=args,
            ask=step.id in asked or _unknown_reader(args, tools.get(step.name)),
            expires_ns=expires_ns,
            words=step.words,
        )
        if not any(_same(grant, other) for other in found):
            found.append(grant)
    return tuple(found)


def _unknown_reader(args: dict[str, Matcher] | None, spec: ToolSpec | None) -> bool:
    """Whether the owner named nobody who gets it."""
    if args is None or spec is None:
        return False
    return any(
        role == "recipient" and name in args and args[name].kind in ("any", "grounded")
        for name, role in spec.roles.items()
    )


def _same(grant: Grant, other: Grant) -> bool:
    return msgspec.structs.replace(grant, words="") == msgspec.structs.replace(other, words="")


def _matchers(step: Step, triggers: tuple[AnyTrigger, ...], steps: tuple[Step, ...]) -> dict[str, Matcher]:
    searched = _searched(step, steps)
    return {
        name: searched if searched is not None and value == "{item.path}" else _matcher(value, triggers)
        for name, value in step.given.items()
    }


def _searched(step: Step, steps: tuple[Step, ...]) -> Matcher | None:
    """What a search of a folder finds lies in that folder."""
    for path in paths_of(step.each):
        before = next((one for one in steps if one.id == path.partition(".")[0]), None)
        if before is not None and before.name == "files.search":
            return Matcher("under", (str(before.given["path"]),))
    return None


def _matcher(value: Plain, triggers: tuple[AnyTrigger, ...]) -> Matcher:
    values: list[Plain] = [*value] if isinstance(value, list) else [value]
    if not values or any(isinstance(one, dict) or one is None for one in values):
        return Matcher("any")
    if not any(paths_of(one) for one in values):
        texts = tuple(dict.fromkeys(_literal(cast("str | int | float | bool", one)) for one in values))
        return Matcher("equals" if len(texts) == 1 else "one_of", texts)
    if len(values) > 1:
        return _several(values, triggers)
    text = str(values[0])
    if text == GIVEN:
        return Matcher("grounded")  # the owner gives them when it is started
    return _of_trigger(text, triggers) or _of_prefix(text) or Matcher("any")


def _several(values: list[Plain], triggers: tuple[AnyTrigger, ...]) -> Matcher:
    """Of a list every element is matched by one matcher: folders widen, anything else is grounded."""
    told = [_of_trigger(str(one), triggers) for one in values if paths_of(one)]
    said = [str(one) for one in values if not paths_of(one)]
    if all(part is not None and part.kind == "under" for part in told):
        texts = [*(text for part in told if part is not None for text in part.values), *said]
        return Matcher("under", tuple(dict.fromkeys(texts)))
    if all(part is not None and part.kind == "domain" for part in told) and all("://" in one for one in said):
        texts = [*(text for part in told if part is not None for text in part.values), *map(_host, said)]
        return Matcher("domain", tuple(dict.fromkeys(texts)))
    return Matcher("grounded")  # only what the owner, or a source the owner named, says


def _of_trigger(text: str, triggers: tuple[AnyTrigger, ...]) -> Matcher | None:
    """What a trigger's message can name is what the trigger watches."""
    paths = paths_of(text)
    if text != "".join(f"{{{path}}}" for path in paths) or not paths or not paths[0].startswith("event."):
        return None
    folders = tuple(dict.fromkeys(one.folder for one in triggers if isinstance(one, Files)))
    if paths == ("event.path",) and folders:
        return Matcher("under", folders)
    hosts = tuple(dict.fromkeys(_host(one.url) for one in triggers if isinstance(one, Feed | Page)))
    if paths[0] in ("event.url", "event.link") and hosts:
        return Matcher("domain", hosts)
    return None


def _of_prefix(text: str) -> Matcher | None:
    """'archive:/{event.name}' lies below 'archive:/', whatever the name."""
    fixed = text.partition("{")[0]
    if ":/" not in fixed and "/" not in fixed:
        return None
    folder = fixed[: fixed.rindex("/") + 1]
    return Matcher("under", (folder if folder.endswith(":/") else folder.rstrip("/"),)) if folder else None


def _literal(value: str | float) -> str | int | float | bool:
    """A value without references: its doubled braces are single ones when it is called."""
    return value.replace("{{", "{").replace("}}", "}") if isinstance(value, str) else value


def _host(url: str) -> str:
    return url.partition("://")[2].partition("/")[0].rpartition("@")[2].partition(":")[0].lower()
