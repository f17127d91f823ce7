"""Replay recorded exchanges with real models through the drivers, over loopback, and compare.

    python scripts/wire_proof.py FOLDER [--seeds N] [--wire NAME]

FOLDER holds `*.jsonl`, one exchange a line: `request`, `response` (the raw body), `ctype`, `status`, `stream`, and
mostly `expect`, the parse that the vendor's own library gave: text, tools, reasoning, finish, usage. Prints by wire how
many replies are exactly what was expected, every miss with its reason, and how often streams were cut anew at random.
The exit code is 1 if a wire falls short of its target.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from random import Random  # noqa: TID251 cuts are drawn from a seed
from typing import Final, Self, cast

import msgspec

from ergos.base.clock import SECOND
from ergos.base.errors import ErgosError
from ergos.base.world_errors import ModelRequestError
from ergos.drivers.host import HostClock
from ergos.drivers.models.vendors.model import VendorModel
from ergos.kernel.models import (
    Delta,
    Dialect,
    EndpointSpec,
    Message,
    ModelRequest,
    Reasoning,
    ReasoningDelta,
    Reply,
    Text,
    TextDelta,
    ToolCallDelta,
)

Json = dict[str, object]

DEADLINE_S: Final = 60
TARGETS: Final = {"openai.chat": 0.99, "openai.responses": 0.99, "dashscope.chat": 0.99, "anthropic.messages": 1.0}
FILES: Final[dict[str, Dialect]] = {
    "openai.chat": "openai.chat",
    "dashscope.chat": "openai.chat",
    "openai.responses": "openai.responses",
    "anthropic.messages": "anthropic.messages",
    "google.generateContent": "google",
}
FINISHES: Final = {
    "stop": "stop",
    "end_turn": "stop",
    "stop_sequence": "stop",
    "completed": "stop",
    "complete": "stop",
    "length": "length",
    "max_tokens": "length",
    "max_output_tokens": "length",
    "incomplete": "length",
    "model_context_window_exceeded": "length",
    "tool_calls": "tools",
    "tool_use": "tools",
    "function_call": "tools",
    "content_filter": "refusal",
    "refusal": "refusal",
}
"""What a vendor's finish is in neutral words; one that is not here is `other`, and none at all may be anything."""


class Case(msgspec.Struct, frozen=True):
    """One recorded exchange."""

    id: str
    status: int
    stream: bool
    response: str
    ctype: str = ""
    host: str = ""
    model: str | None = None
    request: Json | None = None
    expect: Json | None = None


class Outcome(msgspec.Struct, frozen=True):
    """What came of one replay."""

    case: Case
    faults: tuple[str, ...] = ()
    by_design: str = ""
    judged: bool = True


class Tally:
    """Outcomes of one wire."""

    def __init__(self) -> None:
        self.outcomes: list[Outcome] = []
        self.cut_anew = 0

    @property
    def judged(self) -> list[Outcome]:
        """Those with something to compare."""
        return [outcome for outcome in self.outcomes if outcome.judged]

    @property
    def misses(self) -> list[Outcome]:
        """Those that differ."""
        return [outcome for outcome in self.judged if outcome.faults and not outcome.by_design]

    @property
    def share(self) -> float:
        """Of the judged that are as expected."""
        return 1 - len(self.misses) / len(self.judged) if self.judged else 1.0


class Recorder:
    """A server on loopback that answers with the response of the case whose turn it is."""

    def __init__(self) -> None:
        self.received: dict[str, Json] = {}
        """What was sent, by the id of its case."""
        self.url = ""
        self._turn: tuple[Case, Random | None] | None = None
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=1 << 26)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *error: object) -> None:
        assert self._server is not None
        self._server.close()
        await self._server.wait_closed()

    def base_url(self, case: Case, cut: Random | None = None) -> str:
        """Where this case is answered from now on; with `cut` its bytes come in pieces of random sizes."""
        self._turn = (case, cut)
        return f"{self.url}/recorded"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            headers = {
                name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)
            }
            body = await reader.readexactly(int(headers.get("content-length", "0")))
            assert self._turn is not None
            case, cut = self._turn
            self.received[case.id] = cast("Json", json.loads(body))
            await self._answer(writer, case, cut)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _answer(self, writer: asyncio.StreamWriter, case: Case, cut: Random | None) -> None:
        kind = case.ctype or "application/json"
        head = f"HTTP/1.1 {case.status} Recorded\r\ncontent-type: {kind}\r\nconnection: close\r\n"
        head += "transfer-encoding: chunked"
        writer.write(head.encode("latin-1") + b"\r\n\r\n")
        for piece in pieces_of(case.response.encode(), cut):
            writer.write(b"%x\r\n%s\r\n" % (len(piece), piece))
            await writer.drain()
            if cut is not None:
                await asyncio.sleep(0)
        writer.write(b"0\r\n\r\n")
        await writer.drain()


def pieces_of(body: bytes, cut: Random | None) -> Iterator[bytes]:
    """The bytes, whole or cut at random places: anywhere, also inside a character or a line's end."""
    if cut is None:
        if body:
            yield body
        return
    most = cut.choice((2, 7, 40, 700) if len(body) < 20_000 else (40, 700))
    place = 0
    while place < len(body):
        size = cut.randint(1, most)
        yield body[place : place + size]
        place += size


def cases_of(path: Path) -> list[Case]:
    """The exchanges of one file."""
    with path.open("rb") as lines:
        return [msgspec.json.decode(line, type=Case) for line in lines if line.strip()]


def open_case(dialect: Dialect, base_url: str, case: Case) -> VendorModel:
    """A driver pointed at where the case is answered."""
    name = "dashscope/model" if "dashscope" in case.host else f"{(case.host or 'recorded').split('.')[-2:][0]}/model"
    spec = EndpointSpec(name=name, model=case.model or "recorded", dialect=dialect)
    return VendorModel(spec, base_url=base_url, api_key="key", clock=HostClock())


async def replay(
    recorder: Recorder, dialect: Dialect, case: Case, cut: Random | None = None, model: VendorModel | None = None
) -> tuple[Reply | ErgosError, list[Delta]]:
    """The driver's answer to a recorded response, and its deltas; `model` is a driver to use again."""
    base_url = recorder.base_url(case, cut)
    asked = model or open_case(dialect, base_url, case)
    deltas: list[Delta] = []
    request = ModelRequest(messages=(Message("user", (Text("hello"),)),))
    deadline_ns = HostClock().now_ns() + DEADLINE_S * SECOND
    on_delta = deltas.append if case.stream else None
    try:
        return await asked.request(request, deadline_ns=deadline_ns, on_delta=on_delta), deltas
    except ErgosError as error:
        return error, deltas
    finally:
        if model is None:
            await asked.close()


def faults_of(dialect: Dialect, case: Case, got: Reply | ErgosError) -> Outcome:
    """How an answer differs from what was expected."""
    expect = case.expect
    if case.status >= 400:
        right = isinstance(got, ModelRequestError if case.status < 429 else ErgosError)
        return Outcome(case, () if right else (f"status {case.status} became {got!r}",))
    if expect is None:
        if isinstance(got, ErgosError):
            return Outcome(case, (str(got),), judged=False)
        return Outcome(
            case, judged=dialect == "google", faults=tuple(google_faults(case, got)) if dialect == "google" else ()
        )
    if isinstance(got, ErgosError):
        return Outcome(case, (f"{type(got).__name__}: {got.what}",))
    faults: list[str] = []
    if got.text != (expect.get("text") or ""):
        faults.append(f"text {got.text[:120]!r} for {str(expect.get('text'))[:120]!r}")
    tools = [(call.name, plain(call.arguments)) for call in got.calls]
    wanted = [(name, plain(arguments)) for name, arguments in cast("list[tuple[str, str]]", expect.get("tools") or [])]
    if tools != wanted:
        faults.append(f"tools {tools} for {wanted}")
    finish = cast("str | None", expect.get("finish"))
    if finish and got.stop != FINISHES.get(finish, "other"):
        faults.append(f"stop {got.stop!r} for {finish!r}")
    faults.extend(usage_faults(dialect, cast("list[int | None] | None", expect.get("usage")), got))
    reasoning = expect.get("reasoning")
    if isinstance(reasoning, str) and reasoning and said(got) != reasoning:
        faults.append(f"reasoning {said(got)[:120]!r} for {reasoning[:120]!r}")
    return Outcome(case, tuple(faults), by_design=by_design(case, got, {fault.split()[0] for fault in faults}))


def by_design(case: Case, got: Reply, kinds: set[str]) -> str:
    """Why an answer that differs in these kinds is nevertheless what was sent; '' if it is not.

    The vendor's library skips what is bent: it sees no tool call without a type, prints a list of parts as Python
    would, joins the words of several choices into one, and knows no usage outside its place. What was really sent is
    read here a second time, from the raw text.
    """
    chunks = list(raw_objects(case.response))
    choices = [choice for chunk in chunks for choice in objects(chunk.get("choices"))]
    mine = [choice for choice in choices if not choice.get("index")]
    sent = [cast("Json", choice.get("message") or choice.get("delta") or {}) for choice in mine]
    calls = [call for message in sent for call in objects(message.get("tool_calls"))]
    if kinds == {"tools"} and any("type" not in call for call in calls) and not case.stream:
        functions = [cast("Json", call["function"]) for call in calls]
        if [(call.name, plain(call.arguments)) for call in got.calls] == [
            (function["name"], plain(cast("str", function["arguments"]))) for function in functions
        ]:
            return "the vendor sends tool calls without a type, which its library skips"
    several = len({choice.get("index") for choice in choices}) > 1
    words = "".join(said for message in sent if isinstance(said := message.get("content"), str))
    if kinds == {"text"} and several and words == got.text:
        return "several choices, of which the expectation is all at once and a reply the first"
    lists = [
        part for message in sent if isinstance(message.get("content"), list) for part in objects(message["content"])
    ]
    if (
        lists
        and kinds == {"text"}
        and "".join(cast("str", part["text"]) for part in lists if part.get("type") == "text") == got.text
    ):
        return "content as a list of parts, which the library prints"
    if kinds == {"usage"} and any("usage" in cast("Json", chunk.get("x_groq") or {}) for chunk in chunks):
        return "usage in the vendor's own place"
    return ""


def raw_objects(response: str) -> Iterator[Json]:
    """The JSON objects of a response, whole or streamed."""
    lines = [line.removeprefix("data:").strip() for line in response.splitlines() if line.startswith("data:")]
    for text in lines or [response]:
        if text != "[DONE]":
            yield cast("Json", json.loads(text))


def objects(value: object) -> list[Json]:
    """A list of objects, or nothing."""
    return cast("list[Json]", value) if isinstance(value, list) else []


def said(reply: Reply) -> str:
    """Its reasoning."""
    return "".join(part.text for part in reply.parts if isinstance(part, Reasoning))


def usage_faults(dialect: Dialect, wanted: list[int | None] | None, got: Reply) -> Iterator[str]:
    """How the token counts differ: [input, output] as the vendor names them."""
    usage = got.usage
    if wanted is None or wanted[0] is None:
        if usage.known:
            yield f"usage {usage} where the vendor gave none"
        return
    beside = usage.cached_tokens + usage.cache_written_tokens if dialect == "anthropic.messages" else 0
    if [usage.input_tokens - beside, usage.output_tokens] != wanted[:2]:
        yield f"usage {usage} for {wanted}"


def google_faults(case: Case, got: Reply) -> Iterator[str]:
    """The raw JSON is the expectation where the library left none."""
    body = cast("Json", json.loads(case.response))
    candidates = cast("list[Json]", body.get("candidates") or [{}])
    parts = cast("list[Json]", cast("Json", candidates[0].get("content") or {}).get("parts") or [])
    words = "".join(cast("str", part.get("text", "")) for part in parts if not part.get("thought"))
    if words != got.text:
        yield f"text {got.text[:120]!r} for {words[:120]!r}"
    calls = [cast("Json", part["functionCall"]) for part in parts if "functionCall" in part]
    wanted = [(call["name"], call.get("args") or {}) for call in calls]
    if wanted != [(call.name, plain(call.arguments)) for call in got.calls]:
        yield f"tools {got.calls} for {wanted}"
    thoughts = "".join(cast("str", part.get("text", "")) for part in parts if part.get("thought"))
    if thoughts != said(got):
        yield f"reasoning {said(got)[:120]!r} for {thoughts[:120]!r}"
    usage = cast("dict[str, int]", body.get("usageMetadata") or {})
    read = usage.get("promptTokenCount", 0) + usage.get("toolUsePromptTokenCount", 0)
    written = usage.get("candidatesTokenCount", 0) + usage.get("thoughtsTokenCount", 0)
    if (got.usage.input_tokens, got.usage.output_tokens) != (read, written):
        yield f"usage {got.usage} for {usage}"


def plain(arguments: str) -> object:
    """Arguments as JSON, or as they are."""
    try:
        return cast("object", json.loads(arguments))
    except ValueError:
        return arguments


def joined_faults(reply: Reply, deltas: list[Delta]) -> Iterator[str]:
    """How the deltas, joined, differ from the reply."""
    words = "".join(delta.text for delta in deltas if isinstance(delta, TextDelta))
    if words != reply.text:
        yield f"joined text {words[:80]!r} for {reply.text[:80]!r}"
    thoughts = "".join(delta.text for delta in deltas if isinstance(delta, ReasoningDelta))
    if thoughts != said(reply):
        yield f"joined reasoning {thoughts[:80]!r} for {said(reply)[:80]!r}"
    calls: dict[int, list[str]] = {}
    for delta in deltas:
        if isinstance(delta, ToolCallDelta):
            call = calls.setdefault(delta.index, ["", "", ""])
            for place, piece in enumerate((delta.id, delta.name, delta.arguments)):
                call[place] += piece
    if [tuple(call) for _, call in sorted(calls.items())] != [
        (call.id, call.name, call.arguments) for call in reply.calls
    ]:
        yield f"joined calls {calls} for {reply.calls}"


async def prove(path: Path, dialect: Dialect, seeds: int) -> Tally:
    """Replay one file: each case once, streams again with their bytes cut at random."""
    tally = Tally()
    models: dict[str, VendorModel] = {}
    async with Recorder() as recorder:
        for case in cases_of(path):
            model = models.setdefault(case.host, open_case(dialect, f"{recorder.url}/recorded", case))
            got, deltas = await replay(recorder, dialect, case, None, model)
            outcome = faults_of(dialect, case, got)
            faults = list(outcome.faults)
            if case.stream and isinstance(got, Reply):
                faults.extend(joined_faults(got, deltas))
                for seed in range(seeds):
                    cut = Random(f"{case.id}/{seed}")  # noqa: S311
                    again, deltas = await replay(recorder, dialect, case, cut, model)
                    tally.cut_anew += 1
                    if again != got:
                        faults.append(f"cut anew with seed {seed} it reads {again!r}")
                    else:
                        faults.extend(joined_faults(got, deltas))
            tally.outcomes.append(msgspec.structs.replace(outcome, faults=tuple(faults)))
        for model in models.values():
            await model.close()
    return tally


def report(name: str, tally: Tally) -> bool:
    """Print one wire; whether it reaches its target."""
    judged, misses = tally.judged, tally.misses
    target = TARGETS.get(name, 1.0)
    designed = [outcome for outcome in judged if outcome.by_design]
    exact = len(judged) - len(misses) - len(designed)
    print(
        f"{name}: {len(tally.outcomes)} cases, {len(judged)} judged, {exact} exact, {len(designed)} by design, "
        f"{len(misses)} misses ({tally.share:.2%}, target {target:.0%}), {tally.cut_anew} streams cut anew"
    )
    for outcome in tally.outcomes:
        if outcome.by_design:
            print(f"  by design {outcome.case.id} ({outcome.case.host}): {outcome.by_design}")
        elif outcome.faults and outcome.judged:
            print(f"  miss {outcome.case.id} ({outcome.case.host}): {'; '.join(outcome.faults)[:600]}")
        elif not outcome.judged:
            print(f"  no expectation {outcome.case.id} ({outcome.case.host}): {'; '.join(outcome.faults)[:300]}")
    return tally.share >= target


def main() -> int:
    """Prove every wire of a folder."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seeds", type=int, default=3, help="times that each stream is cut anew")
    parser.add_argument("--wire", choices=sorted(FILES), help="only this one")
    arguments = parser.parse_args()
    reached = True
    for path in sorted(cast("Path", arguments.folder).glob("*.jsonl")):
        dialect = FILES.get(path.stem)
        if dialect is not None and arguments.wire in {None, path.stem}:
            reached &= report(path.stem, asyncio.run(prove(path, dialect, cast("int", arguments.seeds))))
    return 0 if reached else 1


if __name__ == "__main__":
    sys.exit(main())
