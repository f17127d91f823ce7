"""A model that says what a script says: for tests, examples and demonstrations without a key.

    [[answers]]                       # tried in order: the first that fits and is not used up
    say = "Hello."                    # without a condition it is given once, then the next one's turn has come
    [[answers]]
    when = "weather"                  # these words are in the last message, in upper or lower case
    calls = [{ name = "forecast", arguments = { city = "Oslo" } }]
    [[answers]]
    after = "forecast"                # the last message is what this tool answered
    say = "It will be {last}."        # {last}: the words of the last message
    [[answers]]
    typed = true                      # the request wants a typed answer
    value = { kind = "greeting" }

Rules: nothing is random; a request that no answer fits is an error that says so. Tokens are counted by bytes.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, Literal

import msgspec

from ergos.base.world_errors import ModelError, ModelReplyError, ModelRequestError, RateLimitedError
from ergos.drivers.models.replies import counted, deltas_of
from ergos.kernel.models import (
    Delta,
    EndpointSpec,
    Hints,
    Message,
    ModelRequest,
    OnDelta,
    Part,
    Reasoning,
    Reply,
    Text,
    TextDelta,
    ToolCall,
    ToolResult,
)

SCRIPT_BYTES_MAX: Final = 4 * 1024 * 1024  # bytes of a script; a longer one is a recording

FailureKind = Literal["failed", "limited", "refused", "garbled"]
_FAILURES: Final[dict[FailureKind, tuple[type[ModelError], int]]] = {
    "failed": (ModelError, 500),
    "limited": (RateLimitedError, 429),
    "refused": (ModelRequestError, 400),
    "garbled": (ModelReplyError, 200),
}
_WORDS: Final = re.compile(r"\s*\S+\s*|\s+")


class ScriptedCall(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A tool to call."""

    name: str
    arguments: dict[str, object] = {}


class ScriptedAnswer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One answer and when it is given."""

    when: str = ""
    after: str = ""
    typed: bool | None = None
    """Only where a typed answer is wanted (true) or is not (false)."""
    times: int | None = None
    """How often; None: once where there is no condition, else always."""
    think: str = ""
    say: str = ""
    value: object = None
    calls: tuple[ScriptedCall, ...] = ()
    fail: FailureKind | Literal[""] = ""

    @property
    def most(self) -> float:
        """How often it is given at most."""
        if self.times is not None:
            return self.times
        return float("inf") if self.when or self.after or self.typed is not None else 1

    def fits(self, request: ModelRequest) -> bool:
        """Whether its conditions hold."""
        last = request.messages[-1] if request.messages else Message("user", ())
        result = next((part for part in last.parts if isinstance(part, ToolResult)), None)
        return (
            (not self.when or self.when.casefold() in words_of(last).casefold())
            and (not self.after or (result is not None and _tool_of(result, request) == self.after))
            and (self.typed is None or self.typed == (request.output_schema is not None))
        )


class _Script(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    answers: tuple[ScriptedAnswer, ...]


class ScriptedModel:
    """Answers from a script: a list of answers, or a function that makes a reply out of a request."""

    def __init__(self, spec: EndpointSpec, script: Sequence[ScriptedAnswer] | Callable[[ModelRequest], Reply]) -> None:
        self._spec = spec
        self._script = script
        self._given: dict[int, int] = {}

    @property
    def spec(self) -> EndpointSpec:
        """Which one."""
        return self._spec

    async def request(
        self, request: ModelRequest, *, deadline_ns: int, hints: Hints | None = None, on_delta: OnDelta | None = None
    ) -> Reply:
        """What the script says. Raises: ModelReplyError where it says nothing; the failures it has."""
        del deadline_ns, hints
        reply = self._script(request) if callable(self._script) else self._scripted(self._script, request)
        if on_delta is not None:
            for delta in deltas_of(reply):
                for piece in _in_words(delta):
                    on_delta(piece)
        return reply

    def _scripted(self, script: Sequence[ScriptedAnswer], request: ModelRequest) -> Reply:
        for number, answer in enumerate(script):
            given = self._given.get(number, 0)
            if given < answer.most and answer.fits(request):
                self._given[number] = given + 1
                return self._reply(answer, request, sum(self._given.values()))
        last = words_of(request.messages[-1])[:100] if request.messages else ""
        raise ModelReplyError(
            f"the script of {self._spec.name} has no answer to {last!r}",
            remedy="add an answer whose condition fits, or one without a condition",
        )

    def _reply(self, answer: ScriptedAnswer, request: ModelRequest, turn: int) -> Reply:
        if answer.fail:
            kind, status = _FAILURES[answer.fail]
            raise kind(answer.say or f"{self._spec.name} fails here, as its script says", status=status)
        last = words_of(request.messages[-1]) if request.messages else ""
        parts: list[Part] = [Reasoning(answer.think)] if answer.think else []
        text = answer.say.replace("{last}", last)
        if not text and not answer.calls:
            text = msgspec.json.encode(answer.value).decode()
        if text:
            parts.append(Text(text))
        parts += [
            ToolCall(f"call_{turn}_{number}", call.name, msgspec.json.encode(call.arguments).decode())
            for number, call in enumerate(answer.calls)
        ]
        return Reply(
            parts=tuple(parts),
            stop="tools" if answer.calls else "stop",
            usage=counted(request, tuple(parts)),
            model=self._spec.model,
        )


def script_in(file: Path) -> tuple[ScriptedAnswer, ...]:
    """The answers of a script in TOML. Raises: ModelError that says where it is wrong."""
    try:
        if file.stat().st_size > SCRIPT_BYTES_MAX:
            raise ModelError(f"the script {file} is larger than {SCRIPT_BYTES_MAX:,} bytes", remedy="make it shorter")
        table = tomllib.loads(file.read_text(encoding="utf-8"))
        return msgspec.convert(table, _Script).answers
    except OSError as error:
        raise ModelError(f"the script {file} cannot be read: {error.strerror}", remedy="check its path") from error
    except (msgspec.ValidationError, ValueError, RecursionError) as error:
        raise ModelError(f"the script {file} is wrong: {error}", remedy="edit the file at the place named") from error


def words_of(message: Message) -> str:
    """The text of a message, results of tools included."""
    return "".join(part.text for part in message.parts if isinstance(part, Text | ToolResult))


def _tool_of(result: ToolResult, request: ModelRequest) -> str:
    """The tool a result comes from; vendors' formats name it only in the call."""
    if result.name:
        return result.name
    calls = (part for message in request.messages for part in message.parts if isinstance(part, ToolCall))
    return next((call.name for call in calls if call.id == result.id), "")


def _in_words(delta: Delta) -> list[Delta]:
    """Words one by one, as a model gives them; everything else as it is."""
    return [TextDelta(word) for word in _WORDS.findall(delta.text)] if isinstance(delta, TextDelta) else [delta]
