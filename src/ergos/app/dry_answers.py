"""What tools answer in a dry run: what was recorded, else something of the right form that is plainly made up.

    checks/recorded/feeds.json    {"tool": "feeds.read", "args": {"url": "…"}, "value": {"items": […]}}

A recording answers calls of its tool whose arguments hold all of its own; of several that do, the one with most.

Rules: the same for the same call; a sample says that it is one, and holds the fields that the agent's steps look for,
so that what depends on them can be seen.
"""

from __future__ import annotations

import base64
import datetime
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, cast

import msgspec

from ergos.base.canonical import Plain
from ergos.base.clock import SECOND
from ergos.base.errors import SettingsError
from ergos.drivers.sources.prose import make_document
from ergos.drivers.system1.field_names import kind_of
from ergos.kernel.packages import ToolSpec
from ergos.kernel.triggers import AnyTrigger, Condition, Feed, Files, Mailbox, Outcome, Page, Schedule
from ergos.lib.work import Work

RECORDINGS_MAX: Final = 200  # files of recorded answers that are read
RECORDING_BYTES_MAX: Final = 4 * 1024 * 1024  # bytes of one of them
FOLDER: Final = "checks/recorded"


class Recording(msgspec.Struct, frozen=True, kw_only=True):
    """An answer of a tool."""

    tool: str
    value: Any
    args: dict[str, Any] = {}


def recordings(agent: Path) -> tuple[Recording, ...]:
    """What was recorded for an agent. Raises: SettingsError for a file that is none."""
    folder = (agent.parent if agent.suffix == ".py" else agent) / FOLDER
    found: list[Recording] = []
    for path in sorted(folder.glob("*.json"))[:RECORDINGS_MAX] if folder.is_dir() else []:
        try:
            if path.stat().st_size > RECORDING_BYTES_MAX:
                raise SettingsError(f"{path} is larger than {RECORDING_BYTES_MAX:,} bytes")
            came = msgspec.json.decode(path.read_bytes(), type=list[Recording] | Recording, strict=True)
        except (OSError, msgspec.DecodeError) as error:
            raise SettingsError(
                f"{path} is no recording: {error}", remedy='write {"tool": NAME, "args": {…}, "value": …}, or a list'
            ) from error
        found += came if isinstance(came, list) else [came]
    return tuple(found)


def recorded(found: Sequence[Recording], tool: str, args: Mapping[str, Plain]) -> Recording | None:
    """The recording that answers a call, or None."""
    fits = [
        one for one in found if one.tool == tool and all(args.get(name) == value for name, value in one.args.items())
    ]
    return max(fits, key=lambda one: len(one.args), default=None)


def simulated(spec: ToolSpec, args: Mapping[str, Plain], work: Work, now_ns: int) -> Plain:
    """An answer of the right form."""
    made = _SAMPLES.get(spec.name)
    if made is not None:
        return made(args, work, now_ns)
    return {"simulated": True, **{name: value for name, value in args.items() if not isinstance(value, dict | list)}}


def sample_event(trigger: AnyTrigger, work: Work, now_ns: int) -> dict[str, Plain]:
    """What a trigger would tell."""
    moment = datetime.datetime.fromtimestamp(now_ns // SECOND, datetime.UTC).isoformat()
    match trigger:
        case Schedule():
            return {"due": moment}
        case Files():
            ending = trigger.pattern.rpartition(".")[2] if "." in trigger.pattern else "txt"
            name = f"example.{ending if ending.isalnum() else 'txt'}"
            folder = "" if trigger.folder == "." else trigger.folder.rstrip("/") + "/"
            return {"path": f"{folder}{name}", "name": name, "bytes": 1_000, "event": trigger.events[0]}
        case Feed():
            return {
                "title": "Example entry",
                "url": f"{trigger.url}#example",
                "summary": _text(work),
                "text": _text(work),
            }
        case Page():
            return {"url": trigger.url, "text": trigger.contains or _text(work)}
        case Mailbox():
            subject = trigger.subject or "Example subject"
            sender = trigger.sender if "@" in trigger.sender[1:] else f"someone{trigger.sender or '@example.org'}"
            return {"from": sender, "subject": subject, "text": _text(work), "date": moment}
        case Outcome():
            return {"agent": trigger.agent, "state": trigger.states[0], "outcome": None}
        case Condition():
            return {"figure": trigger.figure, "value": trigger.value}
        case _:
            return {"text": _text(work), "example": True}


def fields_of(work: Work) -> tuple[str, ...]:
    """The fields that the steps look for, in order."""
    wanted = (step.given.get("fields") for step in work.steps if step.verb == "think")
    return tuple(dict.fromkeys(str(name) for one in wanted if isinstance(one, list) for name in one))


def _text(work: Work) -> str:
    """A text with a line for every field that the steps look for, and some prose."""
    zh = any(step.given.get("language") == "zh" for step in work.steps)
    first = "这是为试运行编造的示例。" if zh else "This is an example, made up for a dry run."
    lines = [f"{name}: {_value(name)}" for name in fields_of(work)]
    return "\n".join((first, *lines, *_PROSE[zh]))


def _value(name: str) -> str:
    kind = kind_of(name)
    return _VALUES.get(kind.value if kind is not None else "text", "Example")


def _content(path: str, work: Work) -> str:
    """What a file of that name would hold."""
    if not path.lower().endswith((".csv", ".tsv")):
        return _text(work)
    mark = "\t" if path.lower().endswith(".tsv") else ","
    names = tuple(dict.fromkeys((*fields_of(work), "name", "date", "amount", "status")))
    rows = [[f"{_value(name).replace(',', '')}" for name in names] for _ in range(2)]
    return "\n".join(mark.join(row) for row in (names, *rows))


def _document(at: str, work: Work, now_ns: int) -> dict[str, Plain]:
    name = at.rstrip("/").rpartition("/")[2] or at
    made = make_document(
        url=at, title=f"Example of {name}", text=_content(at, work), source="dry run", published_ns=now_ns
    )
    return cast("dict[str, Plain]", msgspec.to_builtins(made))


def _sources(args: Mapping[str, Plain], work: Work, now_ns: int) -> Plain:
    at = args.get("at")
    places = [str(one) for one in at] if isinstance(at, list) else [str(at)]
    return {"documents": [_document(one, work, now_ns) for one in places], "unread": [], "notes": ["made up"]}


def _file(args: Mapping[str, Plain], work: Work, _: int) -> Plain:
    text = _content(str(args.get("path", "")), work)
    if args.get("encoding") == "base64":
        text = base64.b64encode(text.encode()).decode()
    lines = text.count("\n") + 1
    return {
        "path": str(args.get("path", "")),
        "text": text,
        "bytes": len(text.encode()),
        "digest": "0" * 64,
        "lines": lines,
    }


def _feed(args: Mapping[str, Plain], work: Work, now_ns: int) -> Plain:
    item: Plain = {
        "title": "Example entry",
        "url": str(args.get("url", "")),
        "text": _text(work),
        "published_s": now_ns // SECOND,
    }
    return {"url": str(args.get("url", "")), "items": [item], "notes": ["made up"], "left_out": 0}


def _written(args: Mapping[str, Plain], _: Work, __: int) -> Plain:
    return {"path": str(args.get("path") or args.get("folder") or ""), "bytes": 0, "digest": "0" * 64, "added": 1}


def _inside(args: Mapping[str, Plain]) -> str:
    """A file in the folder that is asked about, named as the pattern has it."""
    folder, pattern = str(args.get("path", ".")), str(args.get("names", "*.txt"))
    ending = pattern.rpartition(".")[2] if "." in pattern else "txt"
    name = f"example.{ending if ending.isalnum() else 'txt'}"
    return name if folder == "." else f"{folder.rstrip('/')}/{name}"


def _page(args: Mapping[str, Plain], work: Work, _: int) -> Plain:
    said: dict[str, Plain] = {"status": 200, "url": str(args.get("url", "")), "media_type": "text/plain"}
    return {**said, "text": _text(work), "cut": False}


def _listing(args: Mapping[str, Plain], _: Work, __: int) -> Plain:
    return {"entries": [{"path": _inside(args), "kind": "file"}], "cut": False}


def _matches(args: Mapping[str, Plain], work: Work, _: int) -> Plain:
    match: Plain = {"path": _inside(args), "line": 1, "text": _text(work)}
    return {"matches": [match], "files_searched": 1, "files_left_out": 0, "cut": False}


def _output(_: Mapping[str, Plain], __: Work, ___: int) -> Plain:
    return {"status": 0, "stdout": "Example output", "stderr": "", "files": {}}


_PROSE: Final[Mapping[bool, tuple[str, ...]]] = MappingProxyType(
    {
        False: (
            "The example port handled 3 million containers in October, 12 percent more than a year before.",
            "A new terminal opened last week, the example authority said.",
        ),
        True: ("示例港口十月处理了三百万个集装箱，同比增长百分之十二。", "示例港务局表示，新码头已于上周投入使用。"),
    }
)
_VALUES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "money": "1,234.50 EUR",
        "date": "2026-01-15",
        "id": "EX-1",
        "party": "Example Ltd",
        "number": "42",
        "percent": "19 %",
        "currency": "EUR",
        "iban": "DE89 3704 0044 0532 0130 00",
        "bic": "COBADEFFXXX",
        "email": "someone@example.org",
        "phone": "+49 30 1234567",
        "url": "https://example.org/",
        "vat_id": "DE123456789",
        "address": "1 Example Street, Exampletown",
        "text": "Example",
    }
)
_SAMPLES: Final[Mapping[str, Callable[[Mapping[str, Plain], Work, int], Plain]]] = MappingProxyType(
    {
        "sources.read": _sources,
        "files.read": _file,
        "files.list": _listing,
        "files.search": _matches,
        "feeds.read": _feed,
        "http.fetch": _page,
        "table.append": _written,
        "files.write": _written,
        "files.append": _written,
        "files.edit": _written,
        "press.publish": _written,
        "shell.run": _output,
        "python.run": _output,
    }
)
