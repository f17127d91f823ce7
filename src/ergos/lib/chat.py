"""Talking to a model: one call, with tools and typed output if an author likes.

    said = await ctx.chat("Which city is this about? ...", output=City)
    said.value

A chat is a `think` call of the name `model.MODEL`, so it needs the grant `may("think", "model.*")`, and is held,
scheduled, journaled and billed like every call.

Rules: nothing is asked that is not in the arguments, apart from the agent's own instructions before a bare text. Tools
are named as the agent knows them; vendors see names they take. What a model says is read when it is looked at.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any, Final, Generic, TypeVar, cast, overload

import msgspec

from ergos.base.canonical import Plain, decode, encode
from ergos.kernel.models import (
    Message,
    ModelRequest,
    Part,
    Reply,
    Role,
    StopReason,
    Text,
    ToolCall,
    ToolDefinition,
    ToolResult,
    Usage,
)
from ergos.kernel.packages import Tool, ToolSpec
from ergos.lib.model_solver import Effort
from ergos.lib.surroundings import Deferred, Surroundings
from ergos.lib.typed_reply import Typed

O = TypeVar("O")  # noqa: E741 - output

TOOL_NAME_CHARS_MAX: Final = 64  # characters of a tool's name that every vendor takes
_UNTAKEN: Final = re.compile(r"[^A-Za-z0-9_-]")


def system(text: str) -> Message:
    """What a model is told before anything else."""
    return Message("system", (Text(text),))


def user(*parts: str | Part) -> Message:
    """What is said to a model: words, images, files."""
    return _message("user", parts)


def assistant(*parts: str | Part) -> Message:
    """What a model said before."""
    return _message("assistant", parts)


class Said(Generic[O]):
    """What a model answered."""

    def __init__(self, reply: Reply, typed: Typed[O] | None) -> None:
        self.reply: Final = reply
        self._typed: Final = typed

    @property
    def text(self) -> str:
        """Its words, without reasoning."""
        return self.reply.text

    @property
    def value(self) -> O:
        """The typed output that was asked for; without one, the text.

        Raises: ModelReplyError when the text has another shape, or the model asked for tools instead.
        """
        return cast("O", self.reply.text) if self._typed is None else self._typed.value(self.reply)

    @property
    def calls(self) -> tuple[ToolCall, ...]:
        """The tools it wants called."""
        return self.reply.calls

    @property
    def stop(self) -> StopReason:
        """Why it stopped."""
        return self.reply.stop

    @property
    def usage(self) -> Usage:
        """Tokens, as its vendor counted them."""
        return self.reply.usage

    @property
    def model(self) -> str:
        """Which model it was, as its vendor names it."""
        return self.reply.model

    @property
    def message(self) -> Message:
        """The answer as a message, to go on with."""
        return Message("assistant", self.reply.parts)


class Chatting(Surroundings):
    """The system call `think`, for one model call; and the tools that a model may be offered."""

    def tools(self) -> tuple[ToolSpec, ...]:
        """Every tool this agent's grants name, by name: what it may call, with arguments that its grants allow."""
        return self.beginning.tools

    def call_tool(self, name: str, args: dict[str, Plain], /, *, key: str | None = None) -> Deferred[Any]:
        """`act` with the arguments as a dict: for a name that a model chose, and for parameters of any name."""
        return self._call("act", name, args, lambda value: value, key=key)

    @overload
    def chat(
        self,
        messages: str | Message | Sequence[Message],
        /,
        *,
        model: str = ...,
        tools: Iterable[Tool | ToolSpec | ToolDefinition] = ...,
        tool_choice: str = ...,
        output: None = ...,
        output_tokens_max: int | None = ...,
        temperature: float | None = ...,
        reasoning: Effort = ...,
        key: str | None = ...,
    ) -> Deferred[Said[str]]: ...

    @overload
    def chat(
        self,
        messages: str | Message | Sequence[Message],
        /,
        *,
        output: type[O],
        model: str = ...,
        tools: Iterable[Tool | ToolSpec | ToolDefinition] = ...,
        tool_choice: str = ...,
        output_tokens_max: int | None = ...,
        temperature: float | None = ...,
        reasoning: Effort = ...,
        key: str | None = ...,
    ) -> Deferred[Said[O]]: ...

    def chat(
        self,
        messages: str | Message | Sequence[Message],
        /,
        *,
        model: str = "auto",
        tools: Iterable[Tool | ToolSpec | ToolDefinition] = (),
        tool_choice: str = "auto",
        output: type[Any] | None = None,
        output_tokens_max: int | None = None,
        temperature: float | None = None,
        reasoning: Effort = "",
        key: str | None = None,
    ) -> Deferred[Said[Any]]:
        """One model call. A bare text is said by the user, after the agent's instructions.

        `model`: 'auto', an endpoint's name or its model's. `tool_choice`: auto, none, required, or a tool's name.
        Raises, when awaited: ModelError and its children, NoModelError, OverloadedError, BudgetError, DeniedError.
        """
        offered = definitions(tools)
        names = _names(offered)
        typed = None if output is None else Typed[Any](output)
        request = ModelRequest(
            messages=tuple(_renamed(message, names) for message in self.conversation(messages)),
            tools=tuple(msgspec.structs.replace(tool, name=names[tool.name]) for tool in offered),
            tool_choice=names.get(tool_choice, tool_choice),
            output_schema=None if typed is None else typed.schema,
            output_tokens_max=output_tokens_max,
            temperature=temperature,
            reasoning=reasoning,
        )
        body = decode(encode({**msgspec.to_builtins(request), "model": model}, what="what is said to a model"))
        back = {taken: own for own, taken in names.items()}
        return self._call(
            "think",
            f"model.{model}",
            {"dialect": "neutral", "body": body},
            lambda value: Said[Any](_reply(value, back), typed),
            key=key,
        )

    def conversation(self, messages: str | Message | Sequence[Message], /) -> tuple[Message, ...]:
        """The messages that `chat` makes of what it is given."""
        if isinstance(messages, str):
            instructions = self.beginning.definition.instructions.strip()
            return (*((system(instructions),) if instructions else ()), user(messages))
        return (messages,) if isinstance(messages, Message) else tuple(messages)


def definitions(tools: Iterable[Tool | ToolSpec | ToolDefinition]) -> tuple[ToolDefinition, ...]:
    """Tools as they are described to a model."""
    return tuple(
        tool if isinstance(tool, ToolDefinition) else _definition(tool if isinstance(tool, ToolSpec) else tool.spec)
        for tool in tools
    )


def _definition(spec: ToolSpec) -> ToolDefinition:
    return ToolDefinition(spec.name, spec.summary, spec.parameters)


def _message(role: Role, parts: tuple[str | Part, ...]) -> Message:
    return Message(role, tuple(Text(part) if isinstance(part, str) else part for part in parts))


def _names(tools: tuple[ToolDefinition, ...]) -> dict[str, str]:
    """By tool, a name that vendors take; no two are alike."""
    taken: dict[str, str] = {}
    for tool in tools:
        stem = name = _UNTAKEN.sub("_", tool.name)[:TOOL_NAME_CHARS_MAX] or "tool"
        number = 1
        while name in taken.values():
            number += 1
            name = f"{stem[: TOOL_NAME_CHARS_MAX - 4]}_{number}"
        taken[tool.name] = name
    return taken


def _renamed(message: Message, names: dict[str, str]) -> Message:
    """A message with its tools under other names."""
    if not any(isinstance(part, ToolCall | ToolResult) for part in message.parts):
        return message
    return Message(
        message.role,
        tuple(
            msgspec.structs.replace(part, name=names.get(part.name, part.name))
            if isinstance(part, ToolCall | ToolResult)
            else part
            for part in message.parts
        ),
    )


def _reply(value: Plain, names: dict[str, str]) -> Reply:
    reply = msgspec.convert(value, Reply)
    return msgspec.structs.replace(reply, parts=_renamed(Message("assistant", reply.parts), names).parts)
