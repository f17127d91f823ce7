"""What is said to a model and what it says, in no vendor's words; and what an endpoint is.

A `ModelRequest` goes in, a `Reply` comes out, and while it comes, `Delta`s. An endpoint is one model at one
place with its price and its limits.

Rules: plain frozen records that become JSON and back without loss; a tool call's arguments stay the text that
the model gave, because a model may be wrong; money is integers; an unknown price is None and is never guessed.
This file performs nothing and knows no vendor's format.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Literal, Protocol, TypeAlias

import msgspec

from ergos.base.money import Amount
from ergos.kernel.usage import UNKNOWN_USAGE, ModelPrice, Usage

AUTO: Final = "auto"
"""The model name by which a caller leaves the choice to the kernel."""

Role = Literal["system", "user", "assistant", "tool"]
MediaKind = Literal["image", "audio", "video", "file"]
StopReason = Literal["stop", "length", "tools", "refusal", "other"]
"""It had said everything; the output limit was reached; it wants tools called; it or a filter refused; else."""
Dialect = Literal["openai.chat", "openai.responses", "openai.embeddings", "anthropic.messages", "google", "neutral"]
"""The wire format of an endpoint or of a caller; `neutral` is this file's own."""

# What is said


class Text(msgspec.Struct, frozen=True, tag="text", omit_defaults=True):
    """Words."""

    text: str


class Media(msgspec.Struct, frozen=True, tag="media", omit_defaults=True):
    """An image, a sound, a film or a file: its bytes or where they are."""

    kind: MediaKind
    media_type: str = ""
    """Such as image/png."""
    data: str = ""
    """Base64 of its bytes, or '' where `url` says where they are."""
    url: str = ""
    name: str = ""


class Reasoning(msgspec.Struct, frozen=True, tag="reasoning", omit_defaults=True):
    """What a model thought before it answered, as far as its vendor shows it."""

    text: str
    signature: str = ""
    """The vendor's seal over it, to be handed back unchanged."""


class ToolCall(msgspec.Struct, frozen=True, tag="tool_call", omit_defaults=True):
    """A model asks for a tool to be called."""

    id: str
    name: str
    arguments: str
    """JSON text as the model wrote it; may be wrong."""


class ToolResult(msgspec.Struct, frozen=True, tag="tool_result", omit_defaults=True):
    """What a tool answered."""

    id: str
    """Of the call it answers."""
    text: str
    name: str = ""
    failed: bool = False
    media: tuple[Media, ...] = ()


Part: TypeAlias = Text | Media | Reasoning | ToolCall | ToolResult


class Message(msgspec.Struct, frozen=True):
    """One message of a conversation."""

    role: Role
    parts: tuple[Part, ...]


class ToolDefinition(msgspec.Struct, frozen=True, omit_defaults=True):
    """A tool as it is described to a model."""

    name: str
    summary: str
    parameters: dict[str, object]
    """JSON schema of its arguments."""


class ModelRequest(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One model call."""

    messages: tuple[Message, ...]
    tools: tuple[ToolDefinition, ...] = ()
    tool_choice: str = "auto"
    """auto, none, required, or the name of a tool."""
    output_schema: dict[str, object] | None = None
    """JSON schema the answer's text must have; None: free text."""
    output_name: str = "answer"
    output_tokens_max: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    stop: tuple[str, ...] = ()
    seed: int | None = None
    reasoning: Literal["", "off", "low", "medium", "high"] = ""
    """How much it may think first; '' leaves it to the model."""


# What comes back


class Reply(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A model's answer."""

    parts: tuple[Part, ...]
    stop: StopReason = "stop"
    usage: Usage = UNKNOWN_USAGE
    model: str = ""
    """As the vendor named it."""
    id: str = ""

    @property
    def text(self) -> str:
        """Its words, without reasoning."""
        return "".join(part.text for part in self.parts if isinstance(part, Text))

    @property
    def calls(self) -> tuple[ToolCall, ...]:
        """The tools it wants called."""
        return tuple(part for part in self.parts if isinstance(part, ToolCall))


class TextDelta(msgspec.Struct, frozen=True, tag="text"):
    """More words."""

    text: str


class ReasoningDelta(msgspec.Struct, frozen=True, tag="reasoning"):
    """More of what it thinks."""

    text: str


class ToolCallDelta(msgspec.Struct, frozen=True, tag="tool_call", omit_defaults=True):
    """More of a tool call."""

    index: int
    """Counts the tool calls of one reply from 0."""
    id: str = ""
    name: str = ""
    arguments: str = ""


Delta: TypeAlias = TextDelta | ReasoningDelta | ToolCallDelta
OnDelta: TypeAlias = Callable[[Delta], None]


# Endpoints


class Limits(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What an endpoint takes; None: unknown, to be found out."""

    slots: int | None = None
    """Calls it works on at once."""
    kv_tokens: int | None = None
    """Tokens its key-value cache holds."""
    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None
    """Input and output together."""
    input_tokens_per_minute: int | None = None
    output_tokens_per_minute: int | None = None
    counts_cached: bool = True
    """Whether cached input counts against the limits."""


class EndpointSpec(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One model at one place."""

    name: str
    """Unique: 'openai/gpt-5-mini', 'ollama/qwen3:8b'."""
    model: str
    """As the place calls it."""
    dialect: Dialect
    local: bool = False
    """On this machine or in this house: its cache is worth being sticky for, and it has slots, not rates."""
    price: ModelPrice | None = None
    """None: unknown; the endpoint is not used until the owner sets one."""
    context_tokens: int = 32_768
    output_tokens_max: int = 4_096
    limits: Limits = Limits()
    takes: tuple[MediaKind, ...] = ()
    """Media it can read besides text."""
    by_name_only: bool = False
    """Only for calls that name it: never chosen for one that leaves the choice to the kernel."""
    replica_of: str = ""
    """Endpoints with the same non-empty value serve the same model; a call may go to any of them."""


class Outline(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a model call needs, known before it is made."""

    dialect: Dialect
    model: str
    """Asked for: 'auto', an endpoint's name, its model's name, or a replica group."""
    input_tokens: int
    """Upper estimate."""
    output_tokens_max: int | None = None
    """The caller's own limit; None: the endpoint's."""
    stream: bool = False
    media: tuple[MediaKind, ...] = ()
    prefix: tuple[tuple[int, int], ...] = ()
    """(hash, tokens up to there) at the ends of blocks of the prompt, ascending: what a prefix cache can share."""

    def worst(self, endpoint: EndpointSpec) -> Amount:
        """The most this call can cost there; its price must be known."""
        assert endpoint.price is not None, endpoint.name
        output = endpoint.output_tokens_max
        if self.output_tokens_max is not None:
            output = min(output, self.output_tokens_max)
        return Amount(endpoint.price.worst(self.input_tokens, output), self.input_tokens + output)


class Hints(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the scheduler tells an engine with a call."""

    session: str
    """The program: calls with the same one share a prefix."""
    priority: int = 0
    """Lower runs first, as vLLM counts."""


class Model(Protocol):
    """One model behind a driver. Cancelling the task that awaits it cancels the call."""

    @property
    def spec(self) -> EndpointSpec:
        """Which one."""
        ...

    async def request(
        self, request: ModelRequest, *, deadline_ns: int, hints: Hints | None = None, on_delta: OnDelta | None = None
    ) -> Reply:
        """One call; with `on_delta` it streams. Raises: ModelError and its children, DeadlineError."""
        ...
