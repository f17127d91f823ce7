"""Recorded exchanges with real models, replayed through the drivers: what is promised in `scripts/wire_proof.py`.

Every miss, with its reason: tool calls without a type (Mistral) are skipped by the vendor's library, so that the
expectation has none of them, and are read here; content as a list of parts (Mistral) is printed by that library;
a stream of several choices (DashScope, n=2) is one text there; usage inside `x_groq` is no usage there. Of the
requests, what is compared is the meaning: settings that say a default or a hint (`strict`, VALIDATED, `include`) are no
difference. An item's id of the responses API goes back only to a model that gives encrypted reasoning.
"""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from ergos.base.clock import SECOND
from ergos.base.errors import ErgosError
from ergos.drivers.host import HostClock
from ergos.drivers.models.vendors.adapters import WIRES
from ergos.drivers.models.vendors.seals import mark_of
from scripts import wire_proof
from scripts.wire_proof import Recorder, cases_of, open_case, plain, prove
from tests.drivers.models.vendors import inverse

INVERSES = {
    "openai.chat": inverse.chat,
    "openai.responses": inverse.responses,
    "anthropic.messages": inverse.anthropic,
    "google": inverse.google,
}
SENT_AS_RECORDED_MIN = 0.97


def recorded(shared: Path, name: str) -> Path:
    path = shared / "cassettes" / f"{name}.jsonl"
    if not path.is_file():
        pytest.skip(f"no recording {path.name} in the folder `shared` beside this checkout")
    return path


@pytest.mark.parametrize("name", wire_proof.FILES)
def test_recorded_answers_are_read_as_the_vendors_library_reads_them(shared: Path, name: str) -> None:
    tally = asyncio.run(prove(recorded(shared, name), wire_proof.FILES[name], seeds=2))
    misses = [f"{outcome.case.id}: {outcome.faults}" for outcome in tally.misses]
    assert tally.judged
    assert tally.share >= wire_proof.TARGETS.get(name, 1.0), misses
    assert not misses, "a miss without an explanation"


@pytest.mark.parametrize("name", wire_proof.FILES)
def test_what_is_sent_means_what_was_recorded(shared: Path, name: str) -> None:
    async def compare() -> tuple[int, list[str]]:
        dialect, compared, differences = wire_proof.FILES[name], 0, []
        async with Recorder() as recorder:
            for case in cases_of(recorded(shared, name)):
                model = open_case(dialect, recorder.base_url(case), case)
                place = "google" if dialect == "google" else model.spec.name.partition("/")[0]
                request = INVERSES[dialect](
                    case.request, mark_of(WIRES[dialect], {"dashscope": "alibaba"}.get(place, place))
                )
                if request is not None:
                    compared += 1
                    try:
                        await model.request(
                            request,
                            deadline_ns=HostClock().now_ns() + 60 * SECOND,
                            on_delta=(lambda _: None) if case.stream else None,
                        )
                    except ErgosError:
                        pass
                    found = list(different(meaning(case.request), meaning(recorder.received.get(case.id))))
                    if found:
                        differences.append(f"{case.id}: {found[:3]}")
                await model.close()
        return compared, differences

    compared, differences = asyncio.run(compare())
    assert compared
    assert 1 - len(differences) / compared >= SENT_AS_RECORDED_MIN, differences


def meaning(body: object) -> object:
    """A request without what says only a default or a hint."""
    body = json.loads(json.dumps(inverse.camel(body) if isinstance(body, dict) and "contents" in body else body))
    if not isinstance(body, dict):
        return body
    for key in ("stream", "stream_options", "include"):
        body.pop(key, None)
    if "max_completion_tokens" in body:
        body["max_tokens"] = body.pop("max_completion_tokens")
    if body.get("tool_choice") in ("auto", {"type": "auto"}):
        del body["tool_choice"]
    if body.get("reasoning") == {"context": "all_turns"}:
        del body["reasoning"]
    if (body.get("toolConfig") or {}).get("functionCallingConfig", {}).get("mode") in {"AUTO", "VALIDATED"}:
        del body["toolConfig"]
    config = body.get("generationConfig", {})
    if config.get("responseModalities") == ["TEXT"]:
        del config["responseModalities"]
    if isinstance(body.get("input"), str):
        body["input"] = [{"role": "user", "content": body["input"]}]
    if not body.get("instructions"):
        body.pop("instructions", None)
    else:
        body["input"].insert(0, {"role": "system", "content": body.pop("instructions")})
    for tool in body.get("tools", ()):
        for holder in (tool, tool.get("function") or {}, *tool.get("functionDeclarations", ())):
            holder.pop("strict", None)
            for key in ("parameters", "input_schema", "parametersJsonSchema"):
                if isinstance(holder.get(key), dict):
                    holder[key].pop("title", None)
    for message in [*body.get("messages", ()), *(item for item in body.get("input", ()) if isinstance(item, dict))]:
        message["content"] = words(message.get("content"))
        for call in message.get("tool_calls") or ():
            call["function"]["arguments"] = plain(call["function"]["arguments"])
        if isinstance(message.get("arguments"), str):
            message["arguments"] = plain(message["arguments"])
        for block in message["content"] if isinstance(message["content"], list) else ():
            if block.get("type") == "tool_result":
                block["content"] = words(block["content"])
    return bare(body)


def words(content: object) -> object:
    kinds = {"text", "input_text", "output_text"}
    if (
        isinstance(content, list)
        and content
        and all(isinstance(part, dict) and part.get("type") in kinds for part in content)
    ):
        return "".join(part["text"] for part in content)
    return content


def bare(value: object) -> object:
    """Without what is empty or false by default."""
    if isinstance(value, list):
        return [bare(item) for item in value]
    if not isinstance(value, dict):
        return value
    kept = {key: bare(item) for key, item in value.items() if key != "cache_control"}
    return {
        key: item
        for key, item in kept.items()
        if item not in (None, "", [], {}) and not (item is False and key in {"additionalProperties", "is_error"})
    }


def different(recorded: object, sent: object, path: str = ""):
    if isinstance(recorded, dict) and isinstance(sent, dict):
        for key in sorted(recorded.keys() | sent.keys()):
            yield from different(recorded.get(key), sent.get(key), f"{path}.{key}")
    elif isinstance(recorded, list) and isinstance(sent, list) and len(recorded) == len(sent):
        for number, (one, other) in enumerate(zip(recorded, sent, strict=True)):
            yield from different(one, other, f"{path}[{number}]")
    elif recorded != sent:
        yield f"{path}: {str(recorded)[:80]} != {str(sent)[:80]}"
