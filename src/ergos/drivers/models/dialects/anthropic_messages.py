"""Anthropic's messages as a caller writes them: body to `ModelRequest`.

Rules: pure. What a `ModelRequest` cannot say (tools that the vendor runs, its containers and stored files, top_k) is
refused with its field named. Dropped without a word is only what changes neither what the model reads nor what it
may answer: `HARMLESS`. A `redacted_thinking` block is reasoning without words, its data sealed. Source: Anthropic's API
reference of messages.
"""

from __future__ import annotations

from typing import Final, cast

from ergos.drivers.models.dialects.content import Level, effort, json_text, media, schema, stored, thinking
from ergos.drivers.models.dialects.fields import (
    Fields,
    flag,
    integer,
    is_absent,
    listing,
    number,
    record,
    records,
    refuse_others,
    refuse_unless,
    shown,
    words,
    words_or,
    wrong,
)
from ergos.drivers.models.dialects.marks import placed
from ergos.drivers.models.vendors.seals import close
from ergos.kernel.models import (
    Media,
    MediaKind,
    Message,
    ModelRequest,
    Part,
    Reasoning,
    Role,
    Text,
    ToolCall,
    ToolDefinition,
    ToolResult,
)

HARMLESS: Final = frozenset("betas cache_control metadata service_tier stream".split())
"""Fields of a body about billing, caching, and how the answer is transported."""
HARMLESS_OF_BLOCKS: Final = frozenset("cache_control caller citations type".split())
"""`citations` and `caller` of an earlier answer echo where its words came from; asked for anew they are refused."""
HARMLESS_OF_TOOLS: Final = frozenset("cache_control eager_input_streaming strict type".split())
"""`strict` promises a form of arguments that whoever runs a tool has to check anyway."""

_CARRIED: Final = frozenset(
    "max_tokens messages model output_config output_format stop_sequences system temperature thinking tool_choice "
    "tools top_p".split()
)
_AS_IT_IS: Final[dict[str, tuple[object, ...]]] = {"speed": ("standard",)}
_ROLES: Final[dict[str, Role]] = {"user": "user", "assistant": "assistant", "system": "system"}


def parse(body: Fields) -> ModelRequest:
    """What is asked. Raises: ValueShapeError with the field named."""
    refuse_unless(body, "", _AS_IT_IS)
    refuse_others(body, _CARRIED | HARMLESS | _AS_IT_IS.keys(), "")
    limit = integer(body.get("max_tokens"), "max_tokens", least=1)
    if limit is None:
        raise wrong("max_tokens", "missing: the most tokens the answer may have")
    messages = list(_system(body.get("system")))
    for index, item in enumerate(records(body.get("messages"), "messages")):
        messages += _messages(item, f"messages[{index}]")
    if not any(message.role != "system" for message in messages):
        raise wrong("messages", "empty: what the model is asked")
    config = record(body.get("output_config") or {}, "output_config")
    refuse_others(config, {"effort", "format"}, "output_config")
    form = config.get("format") if config.get("format") is not None else body.get("output_format")
    return ModelRequest(
        messages=tuple(messages),
        tools=tuple(_tool(item, f"tools[{n}]") for n, item in enumerate(records(body.get("tools") or [], "tools"))),
        tool_choice=_choice(body.get("tool_choice")),
        output_schema=_output_schema(form),
        output_tokens_max=limit,
        temperature=number(body.get("temperature"), "temperature"),
        top_p=number(body.get("top_p"), "top_p"),
        stop=tuple(
            words(item, f"stop_sequences[{n}]")
            for n, item in enumerate(listing(body.get("stop_sequences") or [], "stop_sequences"))
        ),
        reasoning=_level(body.get("thinking"), config.get("effort")),
    )


def is_single(body: Fields) -> bool:
    """Whether the caller takes at most one tool call at a time."""
    choice = body.get("tool_choice")
    return type(choice) is dict and cast("Fields", choice).get("disable_parallel_tool_use") is True


def _system(value: object) -> list[Message]:
    if is_absent(value) or value == "":
        return []
    if type(value) is str:
        return [Message("system", (Text(value),))]
    parts: list[Part] = []
    for index, block in enumerate(records(value, "system")):
        path = f"system[{index}]"
        if block.get("type") != "text":
            raise wrong(f"{path}.type", "instructions are words alone")
        refuse_others(block, HARMLESS_OF_BLOCKS | {"text"}, path)
        parts.append(Text(words(block.get("text"), f"{path}.text")))
    return [Message("system", tuple(parts))]


def _messages(found: dict[str, object], path: str) -> list[Message]:
    """One message of theirs: results of tools and what a person says besides them are two of ours."""
    refuse_others(found, {"role", "content"}, path)
    role = _ROLES.get(words(found.get("role"), f"{path}.role"))
    if role is None:
        raise wrong(f"{path}.role", f"{shown(found['role'])} is none of user, assistant")
    content = found.get("content")
    if type(content) is str:
        return [Message(role, (Text(content),))]
    groups: list[tuple[Role, list[Part]]] = []
    for index, block in enumerate(records(content, f"{path}.content")):
        where = f"{path}.content[{index}]"
        part = _part(block, where)
        _check_place(part, role, where)
        kind: Role = "tool" if isinstance(part, ToolResult) else role
        if not groups or groups[-1][0] != kind:
            groups.append((kind, []))
        groups[-1][1].append(part)
    return [Message(kind, placed(parts)) for kind, parts in groups] or [Message(role, (Text(""),))]


def _check_place(part: Part, role: Role, path: str) -> None:
    if isinstance(part, ToolCall | Reasoning) and role != "assistant":
        raise wrong(f"{path}.type", "only an assistant calls tools and thinks")
    if isinstance(part, ToolResult) and role != "user":
        raise wrong(f"{path}.type", "results of tools stand in a message of the user")
    if isinstance(part, Media) and role == "system":
        raise wrong(f"{path}.type", "instructions are words alone")


def _part(block: dict[str, object], path: str) -> Part:
    kind = words(block.get("type"), f"{path}.type")
    if kind == "text":
        refuse_others(block, HARMLESS_OF_BLOCKS | {"text"}, path)
        return Text(words(block.get("text"), f"{path}.text"))
    if kind == "thinking":
        refuse_others(block, HARMLESS_OF_BLOCKS | {"thinking", "signature"}, path)
        seal = words_or(block.get("signature"), f"{path}.signature")
        return Reasoning(words(block.get("thinking"), f"{path}.thinking"), seal)
    if kind == "redacted_thinking":
        refuse_others(block, HARMLESS_OF_BLOCKS | {"data"}, path)
        return Reasoning("", close("anthropic", "redacted", words(block.get("data"), f"{path}.data")))
    if kind == "tool_use":
        refuse_others(block, HARMLESS_OF_BLOCKS | {"id", "name", "input"}, path)
        asked = json_text(record(block.get("input"), f"{path}.input"), f"{path}.input")
        return ToolCall(words(block.get("id"), f"{path}.id"), words(block.get("name"), f"{path}.name"), asked)
    if kind == "tool_result":
        return _result(block, path)
    if kind in {"image", "document"}:
        return _source(block, kind, path)
    raise wrong(f"{path}.type", f"{shown(kind)} cannot be said to the model this call goes to")


def _result(block: dict[str, object], path: str) -> ToolResult:
    refuse_others(block, HARMLESS_OF_BLOCKS | {"tool_use_id", "content", "is_error"}, path)
    content = block.get("content")
    parts: list[Part] = []
    if type(content) is str:
        parts.append(Text(content))
    elif content is not None:
        for index, item in enumerate(records(content, f"{path}.content")):
            part = _part(item, f"{path}.content[{index}]") if item.get("type") != "tool_result" else None
            if not isinstance(part, Text | Media):
                raise wrong(f"{path}.content[{index}].type", "a tool answers with text, images and documents")
            parts.append(part)
    return ToolResult(
        id=words(block.get("tool_use_id"), f"{path}.tool_use_id"),
        text="\n".join(part.text for part in parts if isinstance(part, Text)),
        failed=flag(block.get("is_error"), f"{path}.is_error"),
        media=tuple(part for part in parts if isinstance(part, Media)),
    )


def _source(block: dict[str, object], kind: str, path: str) -> Part:
    """An image or a document: its bytes, its URL, or for a document its words."""
    refuse_others(block, {"cache_control", "citations", "context", "source", "title", "type"}, path)
    if type(asked := block.get("citations")) is dict and cast("Fields", asked).get("enabled"):
        raise wrong(f"{path}.citations", "citations can only be made by the vendor's own models")
    medium: MediaKind = "image" if kind == "image" else "file"
    name = words_or(block.get("title"), f"{path}.title")
    context = words_or(block.get("context"), f"{path}.context")
    source = record(block.get("source"), f"{path}.source")
    form = words(source.get("type"), f"{path}.source.type")
    if form == "text":
        text = words(source.get("data"), f"{path}.source.data")
        return Text("\n\n".join(piece for piece in (name, context, text) if piece))
    if context:
        raise wrong(f"{path}.context", "this cannot be said to the model this call goes to; say it as text")
    if form == "base64":
        media_type = words(source.get("media_type"), f"{path}.source.media_type")
        data = words(source.get("data"), f"{path}.source.data")
        return media(medium, data, f"{path}.source.data", media_type=media_type, name=name)
    if form == "url":
        return media(medium, words(source.get("url"), f"{path}.source.url"), f"{path}.source.url", name=name)
    if form == "file":
        raise stored(f"{path}.source.file_id")
    raise wrong(f"{path}.source.type", f"{shown(form)} cannot be said to the model this call goes to")


def _tool(found: dict[str, object], path: str) -> ToolDefinition:
    if found.get("type") not in (None, "custom"):
        raise wrong(
            f"{path}.type", f"{shown(found['type'])} belongs to its vendor; only tools of your own can be carried over"
        )
    refuse_unless(found, path, {"defer_loading": (False,), "allowed_callers": (["direct"],)})
    known = {"name", "description", "input_schema", "defer_loading", "allowed_callers"}
    refuse_others(found, HARMLESS_OF_TOOLS | known, path)
    return ToolDefinition(
        name=words(found.get("name"), f"{path}.name"),
        summary=words_or(found.get("description"), f"{path}.description"),
        parameters=schema(record(found.get("input_schema"), f"{path}.input_schema"), f"{path}.input_schema"),
    )


def _choice(value: object) -> str:
    if value is None:
        return "auto"
    found = record(value, "tool_choice")
    refuse_others(found, {"type", "name", "disable_parallel_tool_use"}, "tool_choice")
    kind = words(found.get("type"), "tool_choice.type")
    flag(found.get("disable_parallel_tool_use"), "tool_choice.disable_parallel_tool_use")
    if kind == "tool":
        return words(found.get("name"), "tool_choice.name")
    choice = {"auto": "auto", "any": "required", "none": "none"}.get(kind)
    if choice is None:
        raise wrong("tool_choice.type", f"{shown(kind)} is none of auto, any, none, tool")
    return choice


def _output_schema(value: object) -> dict[str, object] | None:
    if value is None:
        return None
    found = record(value, "output_config.format")
    refuse_others(found, {"type", "schema"}, "output_config.format")
    if found.get("type") != "json_schema":
        raise wrong("output_config.format.type", f"{shown(found.get('type'))} is not json_schema")
    return record(found.get("schema"), "output_config.format.schema")


def _level(thought: object, exertion: object) -> Level:
    """A budget and an effort; switched off is off, and an effort is nearer to our words than a budget."""
    by_budget = thinking(thought, "thinking")
    by_effort = effort(exertion, "output_config.effort")
    return by_budget if by_budget == "off" else by_effort or by_budget
