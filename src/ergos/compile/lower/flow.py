"""The steps of a program while they are being found: what each gives, and what a later one can work on.

Rules: steps stand in the order in which they were said; each has the words that asked for it; what a step takes is the
last thing of its kind that was made, else what the sources or the trigger bring. What is missing becomes a question.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final, Literal

import msgspec

from ergos.base.canonical import Plain
from ergos.compile.circumstances import Circumstances
from ergos.compile.diagnostics import Diagnostic
from ergos.compile.intent import Action, Found, Intent, Output, SourceMention, Span
from ergos.compile.lower.places import Places, Unplaced, is_address
from ergos.kernel.triggers import AnyTrigger, Feed, Files, Mailbox, Outcome, Page, Schedule, Topic, Webhook
from ergos.lib.references import ROOTS
from ergos.lib.work import Source, Step, StepVerb

WORDS_CHARS_MAX: Final = 400  # characters of the owner's words kept with one part of a program

GIVEN: Final = "{sources}"
"""Sources that its owner gives when it is started: `ergos run FOLDER --source ADDRESS`."""

ValueKind = Literal["documents", "text", "texts", "record", "records", "brief", "rows", "answer", "file", "paths"]

_BLANKS: Final = re.compile(r"\s+")
_THESE: Final = re.compile(
    r"(?:these|those|the following) (?:sources|feeds|pages|sites|files|links|urls)"
    r"|(?:这些|这几个|以下|下列)(?:的)?(?:源|来源|订阅源|信息源|网页|网站|文件|链接)",
    re.IGNORECASE,
)
"""Sources that are pointed at and not described."""
_NOT_A_NAME: Final = re.compile(r"[^\w]+")


class Value(msgspec.Struct, frozen=True):
    """What a step gives."""

    kind: ValueKind
    ref: str
    """Reference without braces: 'invoice', 'read.documents'."""
    fields: tuple[str, ...] = ()
    """Of records."""

    @property
    def whole(self) -> str:
        """As an argument that may be of any kind."""
        return f"{{{self.ref}}}"

    @property
    def text(self) -> str:
        """As an argument that must be a text: what is none is written out."""
        return self.whole if self.kind == "text" and self.ref != "event" else f"{self.whole}\n"


class Flow:
    """Collects steps."""

    def __init__(
        self, intent: Intent, circumstances: Circumstances, places: Places, triggers: tuple[AnyTrigger, ...]
    ) -> None:
        self.intent: Final = intent
        self.circumstances: Final = circumstances
        self.places: Final = places
        self.triggers: Final = triggers
        self.steps: Final[list[Step]] = []
        self.spans: Final[dict[str, Span]] = {}
        """Words of each step, by its id."""
        self.verbs: Final[dict[str, str]] = {}
        """The verb each step was made for, by its id."""
        self.values: Final[list[Value]] = []
        self.sources: Final[list[Source]] = []
        self.diagnostics: Final[list[Diagnostic]] = []
        self.conditions: tuple[str, ...] = ()
        """What the steps of the action in hand depend on."""

    # What was said

    def words(self, span: Span) -> str:
        """The owner's words of a span, on one line."""
        return (
            _BLANKS.sub(" ", self.intent.prose[span[0] : span[1]]).strip()[:WORDS_CHARS_MAX]
            or self.intent.prose[:WORDS_CHARS_MAX].strip()
        )

    def say(self, code: str, *spans: Span, choices: Iterable[str] = (), **values: str) -> None:
        """A diagnostic; the same one is not said twice."""
        where = tuple(sorted({span for span in spans if span[1] > span[0]}))
        if any(one.code == code and one.spans == where for one in self.diagnostics):
            return
        found = Diagnostic(
            code=code, spans=where, values=values,
            choices=tuple(choices),
        )  # fmt: skip
        if found not in self.diagnostics:
            self.diagnostics.append(found)

    @property
    def output(self) -> Output:
        """What the result is to look like."""
        return self.intent.output.value if self.intent.output is not None else Output()

    def event(self) -> AnyTrigger | None:
        """The trigger whose message the steps work on: the only kind there is; None where times alone wake it."""
        told = [one for one in self.triggers if not isinstance(one, Schedule)]
        return told[0] if told and len(told) == len(self.triggers) else None

    # Steps

    def add(
        self,
        verb: StepVerb,
        name: str,
        stem: str,
        given: dict[str, Plain],
        span: Span,
        made_for: str,
        *,
        each: str = "",
    ) -> str:
        """A step; its id."""
        taken = {step.id for step in self.steps}
        called, number = stem, 1
        while called in taken or called in ROOTS:
            number += 1
            called = f"{stem}_{number}"
        records = next((one for one in reversed(self.values) if one.kind == "records"), None)
        if records is not None and not each and any(one.startswith("item.") for one in self.conditions):
            each = records.ref
            given = {key: _of_item(value, records.ref) for key, value in given.items()}
        step = Step(
            id=called, verb=verb, name=name, given=given, when=self.conditions,
            each=f"{{{each}}}" if each else "", words=self.words(span),
        )  # fmt: skip
        self.steps.append(step)
        self.spans[called] = span
        self.verbs[called] = made_for
        return called

    def give(self, kind: ValueKind, ref: str, fields: tuple[str, ...] = ()) -> Value:
        """Note what a step gave."""
        made = Value(kind, ref, fields)
        self.values.append(made)
        return made

    def last(self, *kinds: ValueKind) -> Value | None:
        """The last thing of these kinds that was made; no kinds: the last of any, answers apart."""
        fits = (one for one in reversed(self.values) if (one.kind in kinds if kinds else one.kind != "answer"))
        return next(fits, None)

    # What comes in

    def documents(self, action: Found[Action] | None, span: Span) -> Value | None:
        """Documents of what is to be read; the step that reads them is made when they are first needed."""
        before = self.last("documents")
        if before is not None:
            return before
        at = self._addresses(action, span)
        if not at:
            return None
        given: Plain = GIVEN if at == [GIVEN] else list[Plain](one for one in at if one != GIVEN)
        made = self.add("act", "sources.read", "read", {"at": given}, self._reading(span), "read")
        return self.give("documents", f"{made}.documents")

    def text(self, action: Found[Action] | None, span: Span) -> Value | None:
        """One text: what was made last, else what the trigger brought, else what stands in the only source."""
        made = self.last("text", "brief", "record", "file")
        if made is not None:
            return made
        event = self.event()
        told = _TOLD.get(type(event)) if event is not None else None
        if told is not None and not self._said_sources():
            return self.give("text", told)
        documents = self.documents(action, span)
        return None if documents is None else Value("text", f"{documents.ref}.0.text")

    def several(self) -> bool:
        """Whether what is read may be more than one document."""
        if any(step.given.get("at") == GIVEN for step in self.steps):
            return True
        event = self.event()
        watched = event.folder if isinstance(event, Files) else ""
        return len(self.sources) > 1 or any(
            one.at != watched and (is_address(one.at) or _is_folder(one.at)) for one in self.sources
        )

    def _said_sources(self) -> bool:
        return bool(self.intent.sources)

    def _reading(self, span: Span) -> Span:
        """The words that say what is read, else those of the trigger, else of the action."""
        if self.intent.sources:
            return (self.intent.sources[0].span[0], self.intent.sources[-1].span[1])
        if self.event() is not None and self.intent.triggers:
            return self.intent.triggers[0].span
        return span

    def _addresses(self, action: Found[Action] | None, span: Span) -> list[str]:
        at: list[str] = []
        event = self.event()
        if isinstance(event, Files):
            at.append("{event.path}")
            self.sources.append(Source(at=event.folder, words=event.words or self.words(span)))
        elif isinstance(event, Feed):
            at.append("{event.url}")
            self.sources.append(Source(at=event.url, words=event.words or self.words(span)))
        elif isinstance(event, Page):
            at.append(event.url)
            self.sources.append(Source(at=event.url, words=event.words or self.words(span)))
        at.extend(self._said_addresses(event))
        if not at and isinstance(event, Mailbox | Topic | Webhook | Outcome):
            return []
        if not at:
            what = "" if action is None else action.value.object
            self.say("C303", *([span] if not self.intent.sources else [one.span for one in self.intent.sources]),
                     what=what or self.words(span))  # fmt: skip
        return at

    def _said_addresses(self, event: AnyTrigger | None) -> list[str]:
        found: list[str] = []
        for mention in self.intent.sources:
            said = mention.value
            if not said.at:
                if event is None and not found:
                    found.extend(self._unnamed(mention))
                continue
            at = said.at if is_address(said.at) else self.place(said.at, mention.span, whole=not _has_ending(said.at))
            if at is None or (isinstance(event, Files) and at == event.folder):
                continue
            if at not in found and at != getattr(event, "url", ""):
                found.append(at)
                self.sources.append(Source(at=at, words=self.words(mention.span)))
        return found

    def _unnamed(self, mention: Found[SourceMention]) -> tuple[str, ...]:
        """Sources that the words only count are given at the start; those they describe must be named."""
        said = mention.value
        if said.described and not _THESE.fullmatch(said.described.strip()):
            self.say("C303", mention.span, what=said.described)
            return ()
        self.say("C353", mention.span, words=self.words(mention.span))
        return (GIVEN,)

    def place(self, said: str, span: Span, *, write: bool = False, whole: bool = False) -> str | None:
        """A path as tools take it; None where it leads nowhere, which is said."""
        found = self.places.folder(said, write=write) if whole else self.places.file(said, write=write)
        if isinstance(found, Unplaced):
            self.say({"whole": "C313", "unknown": "C318"}.get(found.why, "C319"), span, path=found.path)
            return None
        return found


_TOLD: Final[dict[type, str]] = {
    Mailbox: "event.text",
    Feed: "event.text",
    Webhook: "event",
    Topic: "event",
    Outcome: "event",
}
"""What a trigger's message holds that can be worked on as a text."""


def _of_item(value: Plain, ref: str) -> Plain:
    """An argument about all records as one about each."""
    return value.replace(f"{{{ref}}}", "{item}") if isinstance(value, str) else value


def field_name(said: str) -> str:
    """A field as references take it: 'invoice number' is invoice_number."""
    made = _NOT_A_NAME.sub("_", said.strip()).strip("_")
    return f"field_{made}" if not made or made[0].isdigit() else made


def _has_ending(path: str) -> bool:
    """Whether it looks like a file."""
    last = path.rstrip().rpartition("/")[2]
    return not path.rstrip().endswith("/") and "." in last.strip(".")


def _is_folder(at: str) -> bool:
    return not is_address(at) and not _has_ending(at)
