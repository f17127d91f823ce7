"""What a model call in a wire format needs, read from its body before it is made.

Rules: on the path of every request, so nothing is parsed that is not needed; whatever is no call of its dialect is a
ValueShapeError that names the field; `limited` makes a body say what its hold covers, so that the hold is a true
bound. This file performs nothing and knows no endpoint.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Literal, cast

import msgspec

from ergos.base.canonical import Plain
from ergos.drivers.models.dialects.fields import flag, integer, listing, record, words, wrong
from ergos.drivers.models.prompt import HOSTED_TOOL_TOKENS, IMAGE_TOKENS, STORED_TOKENS, Prompt
from ergos.kernel.models import Dialect, Media, ModelRequest, Outline, ToolResult

CHOICES_MAX: Final = 128  # answers asked for by one call; what the largest vendor takes
EMBEDDED_TEXTS_MAX: Final = 4_096  # texts of one embeddings call; twice what the largest vendor takes
LimitField = Literal["max_tokens", "max_completion_tokens"]
THINKING_TOKENS_LEAST: Final = 1_024  # tokens; the vendor takes no smaller thinking budget

DEARER: Final[dict[str, frozenset[object] | None]] = {
    "best_of": frozenset({1}),
    "fallbacks": None,
    "models": None,
    "service_tier": frozenset(
        {"auto", "default", "flex", "batch", "standard", "standard_only", "on_demand", "performance"}
    ),
    "speed": frozenset({"standard"}),
}
"""Fields by which a body makes a call cost more than its endpoint's price says, with the values that do not."""

_LIMIT_FIELDS: Final[dict[str, tuple[str, ...]]] = {
    "openai.chat": ("max_completion_tokens", "max_tokens"),
    "openai.responses": ("max_output_tokens",),
    "anthropic.messages": ("max_tokens",),
    "neutral": ("output_tokens_max",),
}
_CHAT_SAID: Final = frozenset(
    "model messages tools stream n max_tokens max_completion_tokens user metadata stop functions store".split()
)
_RESPONSES_SAID: Final = frozenset(
    "model input instructions tools stream max_output_tokens user metadata store".split()
)
_ANTHROPIC_SAID: Final = frozenset("model messages system tools stream max_tokens metadata stop_sequences".split())
_SMALL: Final = frozenset({int, float, bool, type(None)})


def outline_of(args: dict[str, Plain]) -> Outline:
    """What a call needs. Cost: some 20 µs and one pass over its bytes. Raises: ValueShapeError with the field named."""
    dialect = args.get("dialect")
    read = _READERS.get(dialect) if type(dialect) is str else None
    if read is None:
        raise wrong("dialect", f"one of {', '.join(_READERS)} is needed")
    body = record(args.get("body"), "body")
    if not DEARER.keys().isdisjoint(body):
        _refuse_dearer(body)
    return read(body)


def limited(
    body: dict[str, Plain], dialect: Dialect, output_tokens_max: int, *, field: LimitField = "max_tokens"
) -> dict[str, Plain]:
    """The body with its output limited to this many tokens in all, said explicitly.

    A lower limit of the caller's stays. `field` is where an OpenAI chat body says it that said nothing so far.
    """
    fields = _LIMIT_FIELDS.get(dialect, ())
    if not fields:
        return body
    choices = body.get("n") if dialect == "openai.chat" else 1
    each = max(1, output_tokens_max // (choices if type(choices) is int and choices > 1 else 1))
    stated = [name for name in fields if body.get(name) is not None]
    changed = dict(body)
    for name in stated or [field if dialect == "openai.chat" else fields[0]]:
        own = body.get(name)
        changed[name] = min(each, int(own)) if type(own) is int or type(own) is float else each
    thinking = body.get("thinking")
    if dialect == "anthropic.messages" and type(thinking) is dict:
        changed["thinking"] = _thinking_within(thinking, cast("int", changed["max_tokens"]), body.get("max_tokens"))
    return changed


def renamed(body: dict[str, Plain], model: str) -> dict[str, Plain]:
    """The body asking for another model."""
    return {**body, "model": model}


def _refuse_dearer(body: dict[str, object]) -> None:
    for name, harmless in DEARER.items():
        value = body.get(name)
        if value is None or value in ([], {}):
            continue
        if harmless is None or type(value) not in {str, int} or value not in harmless:
            raise wrong(name, "this would cost more than the price that is known for the model; leave it out")


def _thinking_within(thinking: dict[str, Plain], limit: int, asked: Plain) -> Plain:
    """Thinking shares the output; a lowered output lowers its budget in proportion, because more is refused."""
    budget = thinking.get("budget_tokens")
    if type(budget) is not int or budget < limit or type(asked) is not int or asked <= 0:
        return thinking
    within = max(THINKING_TOKENS_LEAST, budget * limit // asked)
    return {**thinking, "budget_tokens": min(within, budget, max(1, limit - 1))}


def _chat(body: dict[str, object]) -> Outline:
    messages = _messages(body)
    for index, message in enumerate(messages):
        content = message.get("content")
        if type(content) is not str and content is not None and type(content) is not list:
            raise wrong(f"messages[{index}].content", "a text or a list of parts is needed")
        if message.get("tool_calls") is not None:
            listing(message["tool_calls"], f"messages[{index}].tool_calls")
    choices = integer(body.get("n"), "n", least=1) or 1
    if choices > CHOICES_MAX:
        raise wrong("n", f"at most {CHOICES_MAX} answers can be asked for by one call")
    stated = [
        limit
        for name in ("max_completion_tokens", "max_tokens")
        if (limit := integer(body.get(name), name, least=1)) is not None
    ]
    prompt = Prompt()
    _tools(body, prompt)
    if body.get("functions"):
        prompt.add_tools(listing(body["functions"], "functions"), "functions")
    prompt.add(messages, "messages")
    _others(body, _CHAT_SAID, prompt)
    if body.get("web_search_options") is not None:
        prompt.allow(HOSTED_TOOL_TOKENS)
    return _outline("openai.chat", body, prompt, min(stated) * choices if stated else None)


def _responses(body: dict[str, object]) -> Outline:
    limit = integer(body.get("max_output_tokens"), "max_output_tokens", least=1)
    prompt = Prompt()
    _tools(body, prompt)
    if body.get("instructions") is not None:
        instructions = body["instructions"]
        if type(instructions) is not str:
            listing(instructions, "instructions")
        prompt.add(instructions, "instructions")
    asked = body.get("input")
    if type(asked) is list:
        for index, item in enumerate(cast("list[object]", asked)):
            if type(item) is not dict:
                raise wrong(f"input[{index}]", "an object is needed")
    elif asked is None:
        if not any(body.get(name) for name in ("prompt", "previous_response_id", "conversation")):
            raise wrong("input", "missing: what the model is asked")
    else:
        words(asked, "input")
    prompt.add(asked, "input")
    if body.get("previous_response_id") or body.get("conversation") or body.get("prompt"):
        prompt.allow(STORED_TOKENS)
    _others(body, _RESPONSES_SAID, prompt)
    return _outline("openai.responses", body, prompt, limit)


def _anthropic(body: dict[str, object]) -> Outline:
    limit = integer(body.get("max_tokens"), "max_tokens", least=0)
    if limit is None:
        raise wrong("max_tokens", "missing: the most tokens the answer may have")
    messages = _messages(body)
    for index, message in enumerate(messages):
        if type(message.get("content")) is not str:
            for place, part in enumerate(listing(message.get("content"), f"messages[{index}].content")):
                if type(part) is not dict:
                    raise wrong(f"messages[{index}].content[{place}]", "an object is needed")
    prompt = Prompt()
    _tools(body, prompt)
    system = body.get("system")
    if system is not None:
        if type(system) is not str:
            listing(system, "system")
        prompt.add(system, "system")
    prompt.add(messages, "messages")
    if type(servers := body.get("mcp_servers")) is list:
        prompt.allow(HOSTED_TOOL_TOKENS * len(cast("list[object]", servers)))
    _others(body, _ANTHROPIC_SAID, prompt)
    return _outline("anthropic.messages", body, prompt, limit)


def _embeddings(body: dict[str, object]) -> Outline:
    asked = body.get("input")
    if asked is None:
        raise wrong("input", "missing: what is to be embedded")
    if type(asked) is str:
        tokens = Prompt()
        tokens.add(asked, "input")
        return _outline("openai.embeddings", body, tokens, 0)
    items = listing(asked, "input")
    if not items:
        raise wrong("input", "nothing is to be embedded")
    prompt = Prompt()
    if all(type(item) is int for item in items):
        prompt.allow(len(items))
        return _outline("openai.embeddings", body, prompt, 0)
    if len(items) > EMBEDDED_TEXTS_MAX:
        raise wrong("input", f"{len(items):,} texts; at most {EMBEDDED_TEXTS_MAX:,} are embedded by one call")
    for index, item in enumerate(items):
        if type(item) is str:
            prompt.count(item, f"input[{index}]")
        elif type(item) is dict:  # vendors that embed images take parts
            prompt.allow(IMAGE_TOKENS)
            prompt.add(item, f"input[{index}]")
        else:
            prompt.allow(len(listing(item, f"input[{index}]")))
    return _outline("openai.embeddings", body, prompt, 0)


def _neutral(body: dict[str, object]) -> Outline:
    try:
        request = msgspec.convert({name: body[name] for name in body if name != "model"}, ModelRequest)
    except (msgspec.ValidationError, ValueError, RecursionError) as error:
        raise wrong("body", f"this is no model request: {error}") from error
    if not request.messages:
        raise wrong("messages", "empty: what the model is asked")
    if request.output_tokens_max is not None and request.output_tokens_max < 1:
        raise wrong("output_tokens_max", f"{request.output_tokens_max} is less than 1")
    prompt = Prompt()
    if request.tools:
        prompt.add_tools([msgspec.to_builtins(tool) for tool in request.tools], "tools")
    for index, message in enumerate(request.messages):
        parts: list[object] = []
        for part in message.parts:
            media = part.media if isinstance(part, ToolResult) else (part,) if isinstance(part, Media) else ()
            parts += [{"type": item.kind, "it": item.data or item.url} for item in media]
            if isinstance(part, ToolResult):
                parts.append({"type": "text", "id": part.id, "name": part.name, "text": part.text})
            elif not isinstance(part, Media):
                parts.append(msgspec.to_builtins(part))
        prompt.add([{"role": message.role, "content": parts}], f"messages[{index}]")
    if request.output_schema is not None:
        prompt.count(request.output_schema, "output_schema")
    return _outline("neutral", {"model": body.get("model") or "auto"}, prompt, request.output_tokens_max)


_READERS: Final[dict[str, Callable[[dict[str, object]], Outline]]] = {
    "openai.chat": _chat,
    "openai.responses": _responses,
    "openai.embeddings": _embeddings,
    "anthropic.messages": _anthropic,
    "neutral": _neutral,
}


def _outline(dialect: Dialect, body: dict[str, object], prompt: Prompt, limit: int | None) -> Outline:
    model = words(body.get("model"), "model")
    if not model:
        raise wrong("model", "empty; name a model, or 'auto'")
    return Outline(
        dialect=dialect,
        model=model,
        input_tokens=prompt.tokens,
        output_tokens_max=limit,
        stream=flag(body.get("stream"), "stream"),
        media=prompt.media,
        prefix=prompt.blocks(),
    )


def _messages(body: dict[str, object]) -> list[dict[str, object]]:
    messages = listing(body.get("messages"), "messages")
    if not messages:
        raise wrong("messages", "empty: what the model is asked")
    for index, message in enumerate(messages):
        if type(message) is not dict or type(cast("dict[str, object]", message).get("role")) is not str:
            raise wrong(f"messages[{index}]", "an object with a role is needed")
    return cast("list[dict[str, object]]", messages)


def _tools(body: dict[str, object], prompt: Prompt) -> None:
    tools = body.get("tools")
    if tools is None:
        return
    for index, tool in enumerate(listing(tools, "tools")):
        if type(tool) is not dict:
            raise wrong(f"tools[{index}]", "an object is needed")
        definition = cast("dict[str, object]", tool)
        kind = definition.get("type")
        if kind is not None and kind not in ("function", "custom", "namespace"):
            prompt.allow(HOSTED_TOOL_TOKENS)
    prompt.add_tools(cast("list[object]", tools), "tools")


def _others(body: dict[str, object], said: frozenset[str], prompt: Prompt) -> None:
    """Whatever else a body carries may be shown to the model: a schema of the answer, a prediction, documents."""
    for name, value in body.items():
        if type(value) not in _SMALL and name not in said:
            prompt.count(value, name)
