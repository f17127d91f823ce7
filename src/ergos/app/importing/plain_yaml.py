"""YAML of others as plain data, read event by event so that no document can blow up.

Anchors, aliases and merge keys are read, because files of others use them; what they would grow to is counted before
anything walks over it. A tag never makes an object: its value is plain data, and the tag is reported.

Rules: iterative, so nesting cannot exhaust a stack; the last of two equal keys counts and is reported; only `true`,
`false`, `null` and numbers are anything else than text (YAML 1.2, core schema, section 10.3).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from ergos.app.importing.remarks import Findings
from ergos.base.canonical import Plain
from ergos.base.errors import DefinitionError

if TYPE_CHECKING:
    from yaml.events import Event

YAML_BYTES_MAX: Final = 4 * 1024 * 1024  # bytes of a YAML document; the parser takes seconds for more
DEPTH_MAX: Final = 64  # levels of nesting; deeper ones are attacks
NODES_MAX: Final = 400_000  # values of a document with its aliases written out; more is a bomb

_INTEGER: Final = re.compile(r"[-+]?[0-9]{1,18}")
_FLOAT: Final = re.compile(
    r"[-+]?(?:[0-9]{1,30}\.[0-9]{0,30}|\.[0-9]{1,30}|[0-9]{1,30}(?=[eE]))(?:[eE][-+]?[0-9]{1,3})?"
)
_WORDS: Final[dict[str, Plain]] = {
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys(("null", "Null", "NULL", "~", ""), None),
}
_KNOWN_TAGS: Final = ("tag:yaml.org,2002:str", "tag:yaml.org,2002:int", "tag:yaml.org,2002:float",
                      "tag:yaml.org,2002:bool", "tag:yaml.org,2002:null", "tag:yaml.org,2002:map",
                      "tag:yaml.org,2002:seq", "!")  # fmt: skip


def read_yaml(text: str, where: str, findings: Findings) -> Plain:
    """The first document. Raises: DefinitionError for what is no YAML, nested too deeply or too large."""
    import yaml

    if len(text.encode("utf-8", "surrogatepass")) > YAML_BYTES_MAX:
        raise DefinitionError(f"{where} has more than {YAML_BYTES_MAX:,} bytes of YAML", remedy="import a smaller file")
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    builder = _Builder(where, findings)
    try:
        for event in yaml.parse(text, Loader=loader):
            if builder.take(event):
                break
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f", line {mark.line + 1}, column {mark.column + 1}" if mark is not None else ""
        problem = getattr(error, "problem", None) or "a character that is not allowed"
        raise DefinitionError(f"{where}{place}: {problem}", remedy="correct the YAML") from error
    return builder.value


class _Open:
    """A mapping or list that is not finished."""

    def __init__(self, holder: dict[str, Plain] | list[Plain], anchor: str | None) -> None:
        self.holder: Final = holder
        self.anchor: Final = anchor
        self.key: str | None = None
        self.merged: dict[str, Plain] = {}
        self.size = 1


class _Builder:
    """Makes values of events."""

    def __init__(self, where: str, findings: Findings) -> None:
        self._where: Final = where
        self._findings: Final = findings
        self._stack: list[_Open] = []
        self._anchors: dict[str, tuple[Plain, int]] = {}
        self.value: Plain = None

    def take(self, event: Event) -> bool:
        """One more event; whether the document has ended."""
        import yaml

        tag = getattr(event, "tag", None)
        if isinstance(tag, str) and tag not in _KNOWN_TAGS:
            self._findings.add("I112", self._at(event), tag)
        if isinstance(event, yaml.ScalarEvent):
            plain = not event.style and tag is None
            self._put(scalar(event.value) if plain else event.value, 1, event.anchor, event)
        elif isinstance(event, yaml.AliasEvent):
            if event.anchor not in self._anchors:
                raise self._wrong(event, f"the alias *{event.anchor} leads to itself or nowhere")
            value, size = self._anchors[event.anchor]
            self._put(value, size, None, event)
        elif isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent)):
            if len(self._stack) >= DEPTH_MAX:
                raise self._wrong(event, f"it is nested more than {DEPTH_MAX} levels deep")
            self._stack.append(_Open({} if isinstance(event, yaml.MappingStartEvent) else [], event.anchor))
        elif isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
            done = self._stack.pop()
            if isinstance(done.holder, dict):
                for key, value in done.merged.items():
                    done.holder.setdefault(key, value)
            self._put(done.holder, done.size, done.anchor, event)
        return isinstance(event, yaml.DocumentEndEvent)

    def _put(self, value: Plain, size: int, anchor: str | None, event: Event) -> None:
        if anchor is not None:
            self._anchors[anchor] = (value, size)
        if not self._stack:
            self.value = value
            return
        above = self._stack[-1]
        above.size += size
        if above.size > NODES_MAX:
            raise self._wrong(event, f"it grows to more than {NODES_MAX:,} values; that is a bomb, or no agent")
        if isinstance(above.holder, list):
            above.holder.append(value)
        elif above.key is None:
            above.key = value if isinstance(value, str) else _key(value)
        else:
            self._pair(above, above.key, value, event)
            above.key = None

    def _pair(self, above: _Open, key: str, value: Plain, event: Event) -> None:
        assert isinstance(above.holder, dict)
        if key == "<<":
            for one in value if isinstance(value, list) else [value]:
                if isinstance(one, dict):
                    for name, inherited in one.items():
                        above.merged.setdefault(name, inherited)
            return
        if key in above.holder:
            self._findings.add("I102", self._at(event), f"a second {key!r}")
        above.holder[key] = value

    def _at(self, event: Event) -> str:
        mark = event.start_mark
        return self._where if mark is None else f"{self._where}, line {mark.line + 1}"

    def _wrong(self, event: Event, what: str) -> DefinitionError:
        return DefinitionError(f"{self._at(event)}: {what}", remedy="correct the YAML; nothing was imported")


def scalar(text: str) -> Plain:
    """A value that is written without quotes."""
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    return text


def _key(value: Plain) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else "?"
