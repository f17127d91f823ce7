"""Tries an endpoint with one small real call: what `ergos models test` does.

Rules: the call goes through the port, as a kernel's calls do, but past no ledger: its owner asked for it by name; an
endpoint of unknown price is not tried. What comes back is measured and said, never judged by likeness.
"""

from __future__ import annotations

from typing import Final, cast

import msgspec

from ergos.base.canonical import Plain
from ergos.base.clock import MILLISECOND, SECOND, Clock
from ergos.base.errors import UnknownPriceError
from ergos.drivers.models.catalogue import Catalogue
from ergos.kernel.models import EndpointSpec, Hints, Message, ModelRequest, Reply, Text, ToolDefinition
from ergos.kernel.usage import Usage

TRIAL_S: Final = 120  # seconds for one call; a large model on a small machine has to be loaded first
TRIAL_TOKENS: Final = 512  # tokens it may write; enough for one that thinks first
PROMPT: Final = "Say hello in one short sentence."

_PARAMETERS: Final[dict[str, object]] = {
    "type": "object",
    "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}},
    "required": ["a", "b"],
    "additionalProperties": False,
}
_ADD: Final = ToolDefinition("add", "Adds two whole numbers.", _PARAMETERS)
_SCHEMA: Final[dict[str, object]] = {
    "type": "object",
    "properties": {"capital": {"type": "string"}},
    "required": ["capital"],
    "additionalProperties": False,
}


class Tried(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one call."""

    said: str
    first_token_ms: int | None
    """Milliseconds until its first token; None: it did not stream."""
    total_ms: int
    usage: Usage
    microusd: int
    """What it cost; the worst it can have cost where the endpoint did not say what it used."""


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """One thing an endpoint should be able to do."""

    subject: str
    good: bool
    found: str


class Trial(msgspec.Struct, frozen=True, kw_only=True):
    """A whole trial."""

    endpoint: str
    model: str
    """As the endpoint calls what answered."""
    calls: tuple[Tried, ...]
    checks: tuple[Check, ...] = ()

    @property
    def good(self) -> bool:
        """Whether it did all it should."""
        return bool(self.calls[0].said) and all(check.good for check in self.checks)


async def try_endpoint(
    catalogue: Catalogue, name: str, clock: Clock, *, prompt: str = PROMPT, tools: bool = False
) -> Trial:
    """One small call; with `tools` two more, for a tool call and a typed answer.

    Raises: NoModelError, UnknownPriceError, ModelError and its children, DeadlineError, PortMissingError.
    """
    spec = catalogue.endpoint(name).spec
    if spec.price is None:
        raise UnknownPriceError(f"the price of {name} is unknown, so it was not called", remedy=price_remedy(name))
    await catalogue.prepare(name)
    reply, first = await _call(catalogue, spec, clock, _asking(prompt))
    calls, checks = [first], list[Check]()
    if tools:
        reached, tried = await _call(
            catalogue,
            spec,
            clock,
            _asking("What is 17 plus 25? Use the tool.", tools=(_ADD,), tool_choice="add"),
        )
        calls.append(tried)
        checks.append(_called(reached))
        typed, tried = await _call(
            catalogue, spec, clock, _asking("What is the capital of France?", output_schema=_SCHEMA)
        )
        calls.append(tried)
        checks.append(_typed(typed))
    return Trial(endpoint=name, model=reply.model or spec.model, calls=tuple(calls), checks=tuple(checks))


def price_remedy(name: str) -> str:
    """How an owner sets a price."""
    return f'set it in settings.toml: [models.prices."{name}"] input = …, output = … (US dollars per million tokens)'


def _asking(prompt: str, **wanted: object) -> ModelRequest:
    return ModelRequest(messages=(Message("user", (Text(prompt),)),), output_tokens_max=TRIAL_TOKENS, **wanted)  # type: ignore[arg-type]


async def _call(catalogue: Catalogue, spec: EndpointSpec, clock: Clock, request: ModelRequest) -> tuple[Reply, Tried]:
    began_ns = clock.now_ns()
    first_ns: list[int] = []
    args: dict[str, Plain] = {"dialect": "neutral", "body": msgspec.to_builtins(request)}
    came = await catalogue.perform(
        spec.name,
        args,
        deadline_ns=began_ns + TRIAL_S * SECOND,
        hints=Hints(session="trial"),
        on_first=lambda: first_ns.append(clock.now_ns()),
    )
    ended_ns = clock.now_ns()
    reply = msgspec.convert(came.value, Reply)
    assert spec.price is not None, spec.name
    worst = catalogue.outline(args).worst(spec).microusd
    return reply, Tried(
        said=reply.text,
        first_token_ms=(first_ns[0] - began_ns) // MILLISECOND if first_ns else None,
        total_ms=(ended_ns - began_ns) // MILLISECOND,
        usage=came.usage,
        microusd=spec.price.of(came.usage) if came.usage.known else worst,
    )


def _called(reply: Reply) -> Check:
    call = next(iter(reply.calls), None)
    if call is None:
        return Check(subject="tool call", good=False, found=f"it called no tool and said {reply.text[:100]!r}")
    found = f"{call.name}({call.arguments[:100]})"
    given = _json(call.arguments)
    good = call.name == _ADD.name and isinstance(given, dict) and {"a", "b"} <= given.keys()
    return Check(subject="tool call", good=good, found=found)


def _typed(reply: Reply) -> Check:
    given = _json(reply.text)
    good = isinstance(given, dict) and isinstance(given.get("capital"), str)
    return Check(subject="typed answer", good=good, found=reply.text[:100] or "nothing")


def _json(text: str) -> Plain:
    try:
        return cast("Plain", msgspec.json.decode(text))
    except (msgspec.DecodeError, ValueError, RecursionError):
        return None
