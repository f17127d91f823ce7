"""The loop of a model with tools: it asks for tools, they are called, it reads the results, until it has its answer.

Without `tools` it may use every tool the agent's grants name; the first prompt holds the few that its words make likely
and `tools.find`, by which it finds the others (`lib.toolbox`).

Rules: every tool call is an `act` of the agent under its own grants, and its key is the id the model gave it, so a
crash in the middle repeats none. A call that is wrong, failed or was denied is a result that says so: the model reads
it and goes on. The rounds are bounded; in the last one no tool may be called. What leaves the agent's window is the
oldest exchange, whole, and the model is told.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final, TypeVar, overload

from ergos.base.canonical import Plain, decode, encode
from ergos.base.errors import BoundError, ErgosError, ValueShapeError
from ergos.base.world_errors import ModelReplyError
from ergos.kernel.models import Message, Text, ToolCall, ToolDefinition, ToolResult
from ergos.kernel.packages import Tool
from ergos.kernel.pager import Page, tokens_of, window
from ergos.lib.agent import Context
from ergos.lib.chat import Said, definitions, user
from ergos.lib.inputs import cut, message_tokens
from ergos.lib.model_solver import ANSWER_SHARE, ANSWER_TOKENS, Effort
from ergos.lib.surroundings import Deferred
from ergos.lib.toolbox import FIND, Toolbox, plain_name

O = TypeVar("O")  # noqa: E741 - output

ROUNDS_MAX: Final = 20  # model calls of one conversation; a model that needs more has lost its way
CALLS_MAX: Final = 32  # tool calls of one reply; more is a model that repeats itself
RESULT_TOKENS_MAX: Final = 8_000  # tokens a model reads of one tool's result


@overload
async def converse(
    ctx: Context,
    messages: str | Message | Sequence[Message],
    /,
    *,
    tools: Sequence[Tool] | Toolbox | None = ...,
    output: None = ...,
    model: str = ...,
    rounds_max: int = ...,
    output_tokens_max: int | None = ...,
    temperature: float | None = ...,
    reasoning: Effort = ...,
) -> Said[str]: ...


@overload
async def converse(
    ctx: Context,
    messages: str | Message | Sequence[Message],
    /,
    *,
    tools: Sequence[Tool] | Toolbox | None = ...,
    output: type[O],
    model: str = ...,
    rounds_max: int = ...,
    output_tokens_max: int | None = ...,
    temperature: float | None = ...,
    reasoning: Effort = ...,
) -> Said[O]: ...


async def converse(
    ctx: Context,
    messages: str | Message | Sequence[Message],
    /,
    *,
    tools: Sequence[Tool] | Toolbox | None = None,
    output: type[Any] | None = None,
    model: str = "auto",
    rounds_max: int = ROUNDS_MAX,
    output_tokens_max: int | None = None,
    temperature: float | None = None,
    reasoning: Effort = "",
) -> Said[Any]:
    """The model's answer once it wants no more tools; an answer of another shape than `output` is asked for again.

    `tools`: these and no others; a Toolbox that goes on from an earlier conversation; None: all that are granted.

    Raises: BoundError when it has not come to an end within the rounds, ModelReplyError when its last answer has not
    the shape asked for, and what `ctx.chat` raises.
    """
    said: Said[Any] | None = None
    conversation = list(ctx.conversation(messages))
    rack: _Listed | _Lazy = _rack(ctx, tools, conversation)
    for number in range(1, rounds_max + 1):
        is_last = number == rounds_max
        offered = rack.offered
        said = await ctx.chat(
            fitting(conversation, _room(ctx, offered, output_tokens_max)),
            model=model,
            tools=offered,
            tool_choice="none" if is_last and offered else "auto",
            output=output,
            output_tokens_max=output_tokens_max,
            temperature=temperature,
            reasoning=reasoning,
        )
        conversation.append(said.message)
        if said.calls:
            conversation.append(Message("tool", await _results(ctx, said.calls, rack)))
            continue
        wrong = _wrong(said)
        if wrong is None:
            return said
        if is_last:
            raise wrong
        conversation.append(user(f"That is no answer: {wrong.what}. Answer again."))
    raise BoundError(
        f"the model still asked for tools after {rounds_max} rounds",
        remedy="raise `rounds_max`, or ask for less at once",
    )


def fitting(conversation: Sequence[Message], room_tokens: int) -> tuple[Message, ...]:
    """The messages that fit, 0: all of them. What opens the conversation stays, the oldest exchanges go.

    An exchange is what a model said with the results it led to; it goes whole. Raises: BoundError if the opening alone
    does not fit.
    """
    if not room_tokens:
        return tuple(conversation)
    opening = next((at for at, message in enumerate(conversation) if message.role == "assistant"), len(conversation))
    exchanges: list[list[Message]] = []
    for message in conversation[opening:]:
        if message.role == "tool" and exchanges:
            exchanges[-1].append(message)
        else:
            exchanges.append([message])
    head = tuple(conversation[:opening])
    pages = [Page(text="", tokens=sum(map(message_tokens, head)), pinned=True)]
    pages += [Page(text="", tokens=sum(map(message_tokens, exchange))) for exchange in exchanges]
    found = window(pages, room_tokens)
    kept = [message for at in found.resident if at for message in exchanges[at - 1]]
    if found.notice and head:
        head = (*head[:-1], Message(head[-1].role, (*head[-1].parts, Text(found.notice))))
    return (*head, *kept)


def _room(ctx: Context, offered: tuple[ToolDefinition, ...], output_tokens_max: int | None) -> int:
    """Tokens of the agent's window that are left for messages; 0: no limit."""
    whole = ctx.beginning.definition.window_tokens
    if not whole:
        return 0
    answer = min(output_tokens_max or ANSWER_TOKENS, whole // ANSWER_SHARE)
    return max(1, whole - answer - sum(tokens_of(encode(tool).decode()) for tool in offered))


class _Listed:
    """Tools that an author listed: these are offered, and no others are called."""

    def __init__(self, tools: Sequence[Tool]) -> None:
        self.offered: Final = definitions(tools)
        self._known: Final = {tool.spec.name: tool for tool in tools}

    def found(self, call: ToolCall) -> Plain:
        """Nothing is found here."""
        del call
        return None

    def wanted(self, call: ToolCall) -> tuple[str, dict[str, Plain]]:
        """The tool and arguments of a call. Raises: ValueShapeError for a tool not offered, or arguments amiss."""
        tool = self._known.get(call.name)
        if tool is None:
            raise _no_tool(call, self._known)
        args = _arguments(call)
        misfit = tool.misfit(args)
        if misfit:
            raise ValueShapeError(f"{call.name}: {misfit}", remedy="compare the arguments with the tool's schema")
        return call.name, args


class _Lazy:
    """All tools of the agent: a few offered, the others found; the door checks the arguments."""

    def __init__(self, box: Toolbox) -> None:
        self._box: Final = box

    @property
    def offered(self) -> tuple[ToolDefinition, ...]:
        """What is offered now."""
        return self._box.offered

    def found(self, call: ToolCall) -> Plain:
        """What a search finds; None for a call that is no search. Raises: ValueShapeError."""
        if call.name != FIND and (call.name != plain_name(FIND) or self._box.name_of(call.name) is not None):
            return None
        query = _arguments(call).get("query")
        if not isinstance(query, str):
            raise ValueShapeError(f"{FIND} takes one text, `query`")
        return self._box.find(query)

    def wanted(self, call: ToolCall) -> tuple[str, dict[str, Plain]]:
        """The tool and arguments of a call; a tool that is named before it was found is offered from now on."""
        name = self._box.name_of(call.name)
        if name is None:
            raise _no_tool(call, [tool.name for tool in self._box.offered])
        self._box.load(name)
        return name, _arguments(call)


def _rack(ctx: Context, tools: Sequence[Tool] | Toolbox | None, conversation: Sequence[Message]) -> _Listed | _Lazy:
    if isinstance(tools, Toolbox):
        return _Lazy(tools)
    if tools is not None:
        return _Listed(tools)
    goal = " ".join(
        part.text
        for message in conversation
        if message.role == "user"
        for part in message.parts
        if isinstance(part, Text)
    )
    return _Lazy(Toolbox(ctx.tools(), goal))


async def _results(ctx: Context, calls: tuple[ToolCall, ...], rack: _Listed | _Lazy) -> tuple[ToolResult, ...]:
    """The result of every call in its order; those that can be made are made at once."""
    acts: dict[int, Deferred[Any]] = {}
    results: dict[int, ToolResult] = {}
    for at, call in enumerate(calls):
        try:
            if at >= CALLS_MAX:
                raise BoundError(f"at most {CALLS_MAX} tools are called at once; ask for the others later")
            found = rack.found(call)
            if found is not None:
                results[at] = _result(call, found)
                continue
            name, args = rack.wanted(call)
        except ErgosError as error:
            results[at] = _result(call, error)
            continue
        acts[at] = ctx.call_tool(name, args, key=ctx.fresh_key(call.id))
    came = await ctx.settled(*acts.values())
    results.update({at: _result(calls[at], value) for at, value in zip(acts, came, strict=True)})
    return tuple(results[at] for at in range(len(calls)))


def _no_tool(call: ToolCall, known: Iterable[str]) -> ValueShapeError:
    return ValueShapeError(f"there is no tool {call.name[:60]!r}", remedy=f"the tools are {', '.join(known) or 'none'}")


def _arguments(call: ToolCall) -> dict[str, Plain]:
    """The arguments of a call. Raises: ValueShapeError."""
    args = decode(call.arguments.encode(errors="replace")) if call.arguments.strip() else {}
    if not isinstance(args, dict):
        raise ValueShapeError("the arguments are no JSON object")
    return args


def _result(call: ToolCall, came: object) -> ToolResult:
    failed = isinstance(came, ErgosError)
    text = came if isinstance(came, str) else str(came) if failed else encode(came, what="the result").decode()
    return ToolResult(id=call.id, text=cut(text, RESULT_TOKENS_MAX), name=call.name, failed=failed)


def _wrong(said: Said[Any]) -> ModelReplyError | None:
    try:
        _ = said.value
    except ModelReplyError as error:
        return error
    return None
