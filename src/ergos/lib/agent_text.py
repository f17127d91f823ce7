"""A definition as the text of AGENT.md: front matter in a fixed order, then the body.

    text_of(file)   ->   ---
                         name: invoices-ledger
                         ...
                         ---

                         watch ./invoices; ...

Rules: what `agent_file.read` makes of the text is the definition again, field by field; the same definition has one
text. What is as it would be anyway is left out. Text of an owner stands in quotes, so that no word of it is taken for
YAML.
"""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Iterable
from typing import Any, Final, cast

import msgspec

from ergos.base.canonical import Plain
from ergos.base.limits import WINDOW_TOKENS_DEFAULT
from ergos.base.money import MICRO, Amount
from ergos.kernel.ledger import UNCAPPED, Caps
from ergos.kernel.permission.grants import Grant, Matcher
from ergos.kernel.supervisor import Supervision
from ergos.kernel.triggers import AnyTrigger
from ergos.lib.agent_file import AgentFile
from ergos.lib.work import Step, Work

WIDTH: Final = 110  # characters of a line up to which a list or mapping stands on one line

_BARE: Final = re.compile(r"[A-Za-z][A-Za-z0-9_./@+\-]*(?: [A-Za-z0-9_./@+\-]+)*|[0-9]+(?:\.[0-9]+)?usd")
_WORDS: Final = frozenset("true false null yes no on off y n".split())
_KEY: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.\-]*")
_ESCAPED: Final = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff]")


def text_of(file: AgentFile) -> str:
    """The text of a definition."""
    lines: list[str] = [f"name: {_scalar(file.name)}"]
    lines += _line("goal", file.goal)
    lines += _line("language", file.language if file.language != "en" else "")
    lines += _line("timezone", file.work.timezone)
    lines += _line("program", file.program)
    lines += _block("team", list[Plain](file.team))
    lines += _work_before(file.work)
    lines += _block("grants", [_grant(one) for one in file.grants if not _of_team(one, file.team)])
    lines += _block("budget", _budget(file.caps))
    lines += _work_after(file.work)
    lines += _block("supervision", _changed(file.supervision, Supervision()))
    lines += _block("solvers", list[Plain](file.solvers))
    if file.window_tokens != WINDOW_TOKENS_DEFAULT:
        lines.append(f"window_tokens: {file.window_tokens}")
    settings: Plain = msgspec.json.decode(file.settings)
    lines += [] if settings is None else _block("settings", settings, empty=True)
    body = file.instructions.strip("\n")
    return "---\n" + "\n".join(lines) + "\n---\n" + (f"\n{body}\n" if body else "")


# The parts of a definition as plain data, in the order in which they are read best


def _work_before(work: Work) -> list[str]:
    """When it works, on what, and how."""
    lines = _block("triggers", [_trigger(one) for one in work.triggers])
    lines += _block("sources", [_record(one, ("at", "name", "words")) for one in work.sources])
    return lines + _block("steps", [_step(one) for one in work.steps])


def _work_after(work: Work) -> list[str]:
    """When it is good, and when its owner hears of it."""
    lines = _block("acceptance", [_record(one, ("check", "of", "value", "words")) for one in work.acceptance])
    if work.escalation is not None:
        lines += _block("escalation", _record(work.escalation, ("after", "then", "words")), empty=True)
    if work.quiet_hours is not None:
        lines += _block("quiet_hours", _record(work.quiet_hours, ("start", "end", "days", "words")))
    lines += _block("milestones", [_record(one, ("name", "due", "accept", "words")) for one in work.milestones])
    lines += _line("report", work.report)
    lines += _block("reserved", list[Plain](work.reserved))
    lines += _line("goal_by", work.goal_by if work.goal_by != "owner" else "")
    return lines + _line("plan_by", work.plan_by if work.plan_by != "owner" else "")


def _trigger(trigger: AnyTrigger) -> Plain:
    fields = cast("dict[str, Plain]", msgspec.to_builtins(trigger))
    first = {name: fields.pop(name) for name in ("on", "name") if name in fields}
    words = fields.pop("words", None)
    made: dict[str, Plain] = {**first, **fields}
    return made if words is None else {**made, "words": words}


def _step(step: Step) -> Plain:
    made: dict[str, Plain] = {"id": step.id}
    given = dict(step.given)
    made[step.verb] = given.pop("question", "") if step.verb == "ask" else step.name
    if step.each:
        made["each"] = step.each
    if given:
        made["with"] = given
    if step.when:
        made["if"] = list(step.when)
    if step.solvers:
        made["solvers"] = list(step.solvers)
    return {**made, "words": step.words} if step.words else made


def _grant(grant: Grant) -> Plain:
    made: dict[str, Plain] = {grant.verb: grant.name}
    if grant.args is not None:
        made["args"] = {name: _matcher(one) for name, one in grant.args.items()}
    if grant.ask:
        made["ask"] = True
    if grant.times is not None:
        made["times"] = grant.times
    if grant.expires_ns is not None:
        made["expires"] = _instant(grant.expires_ns)
    return {**made, "words": grant.words} if grant.words else made


def _matcher(matcher: Matcher) -> Plain:
    if matcher.kind in ("any", "grounded"):
        return matcher.kind
    values = list[Plain](matcher.values)
    return {matcher.kind: values[0] if matcher.kind != "range" and len(values) == 1 else values}


def _instant(expires_ns: int) -> str:
    moment = datetime.datetime.fromtimestamp(expires_ns // 1_000_000_000, tz=datetime.UTC)
    return moment.replace(tzinfo=None).isoformat() + "Z"


def _of_team(grant: Grant, team: tuple[str, ...]) -> bool:
    """A grant that the file gives by naming a member."""
    return grant.verb == "spawn" and grant.name in team and grant.words == f"team: {grant.name}"


def _budget(caps: Caps) -> dict[str, Plain]:
    made: dict[str, Plain] = {}
    for scope in Caps.__struct_fields__:
        amount: Amount | None = getattr(caps, scope)
        if amount is None:
            continue
        if amount.microusd != UNCAPPED:
            made[f"per_{scope}"] = _money(amount.microusd)
        if amount.tokens != UNCAPPED or amount.microusd == UNCAPPED:
            made[f"tokens_per_{scope}"] = amount.tokens
    return made


def _money(microusd: int) -> str:
    whole, rest = divmod(microusd, MICRO)
    cents = f"{rest:06d}".rstrip("0")
    return f"{whole}.{cents.ljust(2, '0')}usd" if cents else f"{whole}usd"


def _record(record: msgspec.Struct, order: Iterable[str]) -> Plain:
    fields = cast("dict[str, Plain]", msgspec.to_builtins(record))
    return {name: fields[name] for name in order if name in fields}


def _changed(record: msgspec.Struct, usual: msgspec.Struct) -> dict[str, Plain]:
    return {
        name: cast("Plain", getattr(record, name))
        for name in record.__struct_fields__
        if getattr(record, name) != getattr(usual, name)
    }


# YAML


def _line(name: str, text: str) -> list[str]:
    return [f"{name}: {_scalar(text)}"] if text else []


def _block(name: str, value: Plain, *, empty: bool = False) -> list[str]:
    value = _listed(value)
    if not value and not empty:
        return []
    return [f"{name}:", *_indented(value)] if value else [f"{name}: {_flow(value)}"]


def _indented(value: Plain, depth: int = 0) -> list[str]:
    """A list or mapping over several lines."""
    pad = "  " * depth
    if isinstance(value, list):
        lines: list[str] = []
        for item in value:
            inside = _indented(item, depth + 1) if isinstance(item, dict) and item else []
            lines += [f"{pad}  - {inside[0].lstrip()}", *inside[1:]] if inside else [f"{pad}  - {_flow(item)}"]
        return lines
    assert isinstance(value, dict)
    lines = []
    for key, item in value.items():
        flow = f"{pad}  {_name(key)}: {_flow(item)}"
        if isinstance(item, dict | list) and item and len(flow) > WIDTH:
            lines += [f"{pad}  {_name(key)}:", *_indented(item, depth + 1)]
        else:
            lines.append(flow)
    return lines


def _listed(value: object) -> Any:  # noqa: ANN401 - whatever it was, in lists
    """Tuples as lists, at every depth."""
    if isinstance(value, tuple | list):
        return [_listed(item) for item in cast("list[object]", value)]
    if isinstance(value, dict):
        return {key: _listed(item) for key, item in cast("dict[str, object]", value).items()}
    return value


def _flow(value: Plain) -> str:
    """A value on one line."""
    match value:
        case list():
            return "[" + ", ".join(_flow(item) for item in value) + "]"
        case dict():
            return "{" + ", ".join(f"{_name(key)}: {_flow(item)}" for key, item in value.items()) + "}"
        case _:
            return _scalar(value)


def _name(key: str) -> str:
    return key if _KEY.fullmatch(key) and key not in ("true", "false", "null") else _quoted(key)


def _scalar(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return _number(value)
    text = str(value)
    return text if _BARE.fullmatch(text) and text.lower() not in _WORDS else _quoted(text)


def _number(value: float) -> str:
    """As `frontmatter` reads it: digits on both sides of a point."""
    text = repr(value)
    whole, mark, exponent = text.partition("e")
    if "." not in whole:
        whole += ".0"
    return whole + (f"e{exponent}" if mark else "")


def _quoted(text: str) -> str:
    """In quotes, on one line, with nothing in it that YAML would read or refuse."""
    escaped = json.dumps(text, ensure_ascii=False)
    return _ESCAPED.sub(lambda found: f"\\u{ord(found[0]):04x}", escaped)
