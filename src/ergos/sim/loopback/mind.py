"""A scripted mind: what a model would answer, without a model. A pure function of what it is asked.

It calls the tools it is offered for some rounds, with arguments made from their schemas and the words of the user;
then it answers: through the tool that ends a task where there is one, with data where a schema is set, else in words.

Rules: the same request gets the same reply, ids included, in whatever process. Whoever wants anything else says so in a
directive. No network, no clock, no chance.
"""

from __future__ import annotations

import hashlib
from typing import Final

import msgspec

from ergos.kernel.models import (
    Message,
    ModelRequest,
    Part,
    Reasoning,
    Reply,
    StopReason,
    Text,
    ToolCall,
    ToolDefinition,
    ToolResult,
    Usage,
)
from ergos.sim.loopback import code_agent
from ergos.sim.loopback.directives import PLAIN, Directive, last_in, without
from ergos.sim.loopback.schema_values import Said, said, value_for
from ergos.sim.loopback.tokens import TOKEN_BYTES, cached_before, count, prompt_of

ROUNDS: Final = 3  # rounds of tool calls before an answer, unless a directive says otherwise
ANSWER_TOKENS_MIN: Final = 16  # tokens of an answer in words, at least and
ANSWER_TOKENS_MAX: Final = 64  # at most, unless a directive or the caller says otherwise
QUOTED_CHARS_MAX: Final = 120  # characters of a tool's result that an answer repeats
OBSERVATION_MARKS: Final = ("Observation:", "Error:\n", "Call id:")  # how agents without tool messages report results
FINAL_TOOLS: Final = ("final_answer", "final_result")  # names, or beginnings of names, of tools that end a task

_SOUNDS: Final = tuple(f"{first}{vowel}{last} " for first in "bdfghjklmnprstvz" for vowel in "aeio" for last in "lnrs")
"""256 words of one token each."""
_JSON: Final = msgspec.json.Encoder()


class Turn(msgspec.Struct, frozen=True):
    """Where a conversation stands: what the user last asked, and what was done about it since."""

    asked: str
    results: tuple[str, ...]
    """Of tools, since then."""
    rounds: int
    """Of tool calls, since then."""


def directive_of(request: ModelRequest, own: Directive = PLAIN) -> Directive:
    """What the conversation says the mind shall do, over the server's own. Raises: UsageError."""
    texts = [
        part.text
        for message in request.messages
        if message.role == "user"
        for part in message.parts
        if isinstance(part, Text)
    ]
    return last_in(texts, own)


def think(request: ModelRequest, seed: str, directive: Directive = PLAIN, *, exact_tokens: bool = False) -> Reply:
    """The reply. `seed` names the content of the request; `exact_tokens`: it writes until it is stopped."""
    turn = _turn(request.messages)
    tools = {tool.name: tool for tool in request.tools}
    reasoning = (Reasoning(_babble(seed, directive.reasoning), signature=seed),) if directive.reasoning else ()
    stop: StopReason = "stop"
    if directive.refuse:
        parts: tuple[Part, ...] = (Text("I can't help with that."),)
        stop = "refusal"
    elif calls := _calls(request, tools, turn, directive, seed):
        parts, stop = calls, "tools"
    else:
        text = _answer(request, turn, directive, seed, exact_tokens=exact_tokens)
        if not (directive.overrun or directive.huge):
            text, stop = _limited(text, request)
        parts = (Text(text),)
    return Reply(parts=(*reasoning, *parts), stop=stop, usage=_usage(request, (*reasoning, *parts), directive), id=seed)


def _turn(messages: tuple[Message, ...]) -> Turn:
    asked, results, rounds = "", list[str](), 0
    for message in messages:
        text = "".join(part.text for part in message.parts if isinstance(part, Text))
        answers = [part.text for part in message.parts if isinstance(part, ToolResult)]
        if any(isinstance(part, ToolCall) for part in message.parts):
            rounds += 1
        if message.role == "user" and text.startswith(OBSERVATION_MARKS):
            answers, rounds = [text.partition(":")[2].strip()], rounds + 1
        elif message.role == "user" and text.strip():
            asked, rounds = without(text), 0
            results.clear()
        results.extend(answers)
    return Turn(asked, tuple(results), rounds)


def _calls(
    request: ModelRequest, tools: dict[str, ToolDefinition], turn: Turn, directive: Directive, seed: str
) -> tuple[Part, ...]:
    """The tools to call now; () for an answer in words or data."""
    if not tools or request.tool_choice == "none":
        return ()
    final = [name for name in tools if name.startswith(FINAL_TOOLS)]
    doing = [name for name in tools if name not in final]
    wanted = ROUNDS if directive.tools is None else directive.tools
    first = turn.rounds * directive.parallel
    if request.tool_choice in tools:
        names = [request.tool_choice]
    elif doing and turn.rounds < wanted:
        names = [doing[(first + at) % len(doing)] for at in range(directive.parallel)]
        if directive.call in tools:
            names = [directive.call] * directive.parallel
    elif final:
        names = final[:1]
    elif request.tool_choice == "required":
        names = [doing[-1]]
    else:
        return ()
    parts: list[Part] = []
    for at, name in enumerate(names):
        source = said(_about(turn, name in final), f"{seed}{at}", (first + at) // max(len(doing), 1))
        arguments = _JSON.encode(_filled(tools[name], source, turn)).decode()
        if directive.badargs:
            arguments = arguments[:-1] + ', "half'
        parts.append(ToolCall(id=_id(seed, at), name=name, arguments=arguments))
    return tuple(parts)


def _about(turn: Turn, final: bool) -> str:  # noqa: FBT001 - read beside its only two callers
    return f"{turn.asked} {turn.results[-1]}" if final and turn.results else turn.asked


def _filled(tool: ToolDefinition, source: Said, turn: Turn) -> object:
    """Arguments of a tool; a task's one answer in words repeats what was found."""
    filled = value_for(tool.parameters, source)
    if isinstance(filled, dict) and tool.name == "final_answer" and isinstance(filled.get("answer"), str):
        return {**filled, "answer": _found(turn) or source.pick("answer")}
    return filled if isinstance(filled, dict) else {}


def _answer(request: ModelRequest, turn: Turn, directive: Directive, seed: str, *, exact_tokens: bool) -> str:
    if directive.say:
        return directive.say
    if directive.huge:
        return _babble(seed, -(-directive.huge // TOKEN_BYTES))
    if request.output_schema is not None:
        source = said(f"{turn.asked} {' '.join(turn.results)}", seed)
        return _JSON.encode(value_for(request.output_schema, source)).decode()
    if tools := code_agent.tools_in(request):
        wanted = ROUNDS if directive.tools is None else directive.tools
        source = said(turn.asked, seed, turn.rounds // max(len(tools.functions), 1))
        return code_agent.step(tools, source, turn.rounds, wanted, _found(turn) or source.pick("answer"))
    tokens = directive.tokens
    if tokens is None and exact_tokens:
        tokens = request.output_tokens_max
    if tokens is None:
        tokens = ANSWER_TOKENS_MIN + int(seed[:4], 16) % (ANSWER_TOKENS_MAX - ANSWER_TOKENS_MIN)
    opening = _found(turn)
    if opening:
        opening = opening.rstrip(".") + ". "
        opening += " " * (-len(opening.encode()) % TOKEN_BYTES)
    if count(opening) >= tokens:
        opening = ""
    return opening + _babble(seed, tokens - count(opening))


def _found(turn: Turn) -> str:
    """What the last tool said, in a line."""
    return " ".join(turn.results[-1].split())[:QUOTED_CHARS_MAX] if turn.results else ""


def _limited(text: str, request: ModelRequest) -> tuple[str, StopReason]:
    """A text up to its caller's stop words and limit, and why it ended: `other` is a stop word."""
    ends = [at for word in request.stop if word and (at := text.find(word)) >= 0]
    if ends:
        text = text[: min(ends)]
    why: StopReason = "other" if ends else "stop"
    most = request.output_tokens_max
    if most is not None and count(text) > most:
        return text.encode()[: most * TOKEN_BYTES].decode(errors="ignore"), "length"
    return text, why


def _usage(request: ModelRequest, parts: tuple[Part, ...], directive: Directive) -> Usage:
    return Usage(
        input_tokens=max(1, len(prompt_of(request)) // TOKEN_BYTES),
        output_tokens=max(1, sum(map(tokens_of, parts))),
        cached_tokens=cached_before(request),
        reasoning_tokens=directive.reasoning,
    )


def tokens_of(part: Part) -> int:
    """Output tokens of a part of a reply."""
    match part:
        case Text(text=text) | Reasoning(text=text):
            return count(text)
        case ToolCall(name=name, arguments=arguments):
            return count(name) + count(arguments)
        case _:
            return 0


def _babble(seed: str, tokens: int) -> str:
    """So many words of one token each."""
    drawn = hashlib.shake_128(seed.encode()).digest(tokens)
    return "".join([_SOUNDS[byte] for byte in drawn])


def _id(seed: str, at: int) -> str:
    return hashlib.blake2b(f"{seed}\0{at}".encode(), digest_size=12).hexdigest()
