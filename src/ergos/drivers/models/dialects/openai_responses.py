"""OpenAI's responses as a caller writes them: body to `ModelRequest`.

A conversation comes as a list of items; what one side says in a row (reasoning, words, calls) becomes one message.

Rules: pure. What a `ModelRequest` cannot say (tools that the vendor runs, conversations and files it stores) is refused
with its field named. Dropped without a word is only what changes neither what the model reads nor what it may answer:
`HARMLESS`. Source: OpenAI's API reference of responses.
"""

from __future__ import annotations

from typing import Final, cast

from ergos.drivers.models.dialects.content import ANY_OBJECT, Level, arguments, effort, media, schema, stored
from ergos.drivers.models.dialects.fields import (
    Fields,
    flag,
    integer,
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
from ergos.drivers.models.dialects.marks import MARK, placed
from ergos.drivers.models.vendors.seals import close
from ergos.kernel.models import (
    Media,
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

HARMLESS: Final = frozenset(
    "max_tool_calls metadata prompt_cache_key prompt_cache_options prompt_cache_retention safety_identifier "
    "service_tier store stream stream_options user".split()
)
"""Fields of a body about billing, storing, caching, transport, and limits of tools that are refused anyway."""
HARMLESS_OF_ITEMS: Final = frozenset("id phase status type".split())
HARMLESS_OF_PARTS: Final = frozenset("annotations cache_control detail logprobs prompt_cache_breakpoint type".split())
HARMLESS_OF_TOOLS: Final = frozenset("strict type".split())
"""`strict` promises a form of arguments that whoever runs a tool has to check anyway."""
_CARRIED: Final = frozenset(
    "include input instructions max_output_tokens model parallel_tool_calls reasoning temperature text tool_choice "
    "tools top_p".split()
)
_AS_IT_IS: Final[dict[str, tuple[object, ...]]] = {
    "background": (False,),
    "frequency_penalty": (0,),
    "presence_penalty": (0,),
    "top_logprobs": (0,),
    "truncation": ("disabled",),
}
_INCLUDED: Final = frozenset({"reasoning.encrypted_content"})
_ROLES: Final[dict[str, Role]] = {
    "user": "user",
    "system": "system",
    "developer": "system",
    "assistant": "assistant",
}
_AUDIO_TYPES: Final = {"mp3": "audio/mpeg", "wav": "audio/wav"}


def parse(body: Fields) -> ModelRequest:
    """What is asked. Raises: ValueShapeError with the field named."""
    refuse_unless(body, "", _AS_IT_IS)
    refuse_others(body, _CARRIED | HARMLESS | _AS_IT_IS.keys(), "")
    for index, item in enumerate(listing(body.get("include") or [], "include")):
        if item not in _INCLUDED if type(item) is str else True:
            raise wrong(f"include[{index}]", f"{shown(item)} cannot be had from the model this call goes to")
    messages = _conversation(body)
    tools = tuple(_tool(item, f"tools[{n}]") for n, item in enumerate(records(body.get("tools") or [], "tools")))
    choice, tools = _choice(body.get("tool_choice"), tools)
    flag(body.get("parallel_tool_calls"), "parallel_tool_calls")
    answer_schema, answer_name = _text_format(body.get("text"))
    return ModelRequest(
        messages=messages,
        tools=tools,
        tool_choice=choice,
        output_schema=answer_schema,
        output_name=answer_name,
        output_tokens_max=integer(body.get("max_output_tokens"), "max_output_tokens", least=1),
        temperature=number(body.get("temperature"), "temperature"),
        top_p=number(body.get("top_p"), "top_p"),
        reasoning=_level(body.get("reasoning")),
    )


def is_single(body: Fields) -> bool:
    """Whether the caller takes at most one tool call at a time."""
    return body.get("parallel_tool_calls") is False


def _conversation(body: Fields) -> tuple[Message, ...]:
    grouped: list[tuple[Role, list[Part]]] = []
    instructions = words_or(body.get("instructions"), "instructions")
    if instructions:
        grouped.append(("system", [Text(instructions)]))
    asked = body.get("input")
    if type(asked) is str:
        grouped.append(("user", [Text(asked)]))
    else:
        for index, item in enumerate(records(asked, "input")):
            role, parts = _item(item, f"input[{index}]")
            # Only what an assistant says in pieces is one message; two messages of a user stay two.
            if grouped and grouped[-1][0] == role and role in {"assistant", "tool"}:
                grouped[-1][1].extend(parts)
            else:
                grouped.append((role, list(parts)))
    messages = tuple(Message(role, placed(parts) or (Text(""),)) for role, parts in grouped)
    if not any(message.role != "system" for message in messages) and not asked:
        raise wrong("input", "empty: what the model is asked")
    return messages


def _item(item: dict[str, object], path: str) -> tuple[Role, tuple[Part, ...]]:
    kind = words_or(item.get("type"), f"{path}.type", "message")
    if kind == "message":
        return _said(item, path)
    if kind == "function_call":
        refuse_others(item, HARMLESS_OF_ITEMS | {"call_id", "name", "arguments"}, path)
        asked = arguments(item.get("arguments"), f"{path}.arguments")
        name = words(item.get("name"), f"{path}.name")
        return "assistant", (ToolCall(words(item.get("call_id"), f"{path}.call_id"), name, asked),)
    if kind == "function_call_output":
        refuse_others(item, HARMLESS_OF_ITEMS | {"call_id", "output"}, path)
        parts = _parts(item.get("output"), f"{path}.output")
        result = ToolResult(
            id=words(item.get("call_id"), f"{path}.call_id"),
            text="".join(part.text for part in parts if isinstance(part, Text)),
            media=tuple(part for part in parts if isinstance(part, Media)),
        )
        return "tool", (result,)
    if kind == "reasoning":
        return "assistant", _thought(item, path)
    raise wrong(f"{path}.type", f"{shown(kind)} cannot be said to the model this call goes to")


def _said(item: dict[str, object], path: str) -> tuple[Role, tuple[Part, ...]]:
    refuse_others(item, HARMLESS_OF_ITEMS | {"role", "content"}, path)
    role = _ROLES.get(words(item.get("role"), f"{path}.role"))
    if role is None:
        raise wrong(f"{path}.role", f"{shown(item['role'])} is none of {', '.join(_ROLES)}")
    parts = _parts(item.get("content"), f"{path}.content")
    if role != "user" and any(isinstance(part, Media) for part in parts):
        raise wrong(f"{path}.content", "only a user shows images and files")
    return role, parts


def _thought(item: dict[str, object], path: str) -> tuple[Part, ...]:
    refuse_others(item, HARMLESS_OF_ITEMS | {"summary", "content", "encrypted_content"}, path)
    texts: list[str] = []
    for name in ("content", "summary"):
        for index, part in enumerate(records(item.get(name) or [], f"{path}.{name}")):
            texts.append(words(part.get("text"), f"{path}.{name}[{index}].text"))
        if texts:
            break
    sealed = words_or(item.get("encrypted_content"), f"{path}.encrypted_content")
    if sealed and not sealed.startswith(MARK):
        sealed = close("responses", words_or(item.get("id"), f"{path}.id"), sealed)
    text = "\n\n".join(texts)
    return (Reasoning(text, sealed),) if text or sealed else ()


def _parts(content: object, path: str) -> tuple[Part, ...]:
    if type(content) is str:
        return (Text(content),)
    return tuple(_part(item, f"{path}[{index}]") for index, item in enumerate(records(content, path)))


def _part(found: dict[str, object], path: str) -> Part:
    kind = words(found.get("type"), f"{path}.type")
    if kind in {"input_text", "output_text", "text"}:
        refuse_others(found, HARMLESS_OF_PARTS | {"text"}, path)
        return Text(words(found.get("text"), f"{path}.text"))
    if kind == "refusal":
        refuse_others(found, HARMLESS_OF_PARTS | {"refusal"}, path)
        return Text(words(found.get("refusal"), f"{path}.refusal"))
    if found.get("file_id") is not None:
        raise stored(f"{path}.file_id")
    if kind == "input_image":
        refuse_others(found, HARMLESS_OF_PARTS | {"image_url"}, path)
        return media("image", words(found.get("image_url"), f"{path}.image_url"), f"{path}.image_url")
    if kind == "input_file":
        refuse_others(found, HARMLESS_OF_PARTS | {"file_data", "file_url", "filename"}, path)
        name = words_or(found.get("filename"), f"{path}.filename")
        field = "file_url" if found.get("file_data") is None else "file_data"
        where = words(found.get(field), f"{path}.{field}")
        bare = "application/pdf" if field == "file_data" else ""
        return media("file", where, f"{path}.{field}", media_type=bare, name=name)
    if kind == "input_audio":
        sound = record(found.get("input_audio"), f"{path}.input_audio")
        form = words(sound.get("format"), f"{path}.input_audio.format")
        data = words(sound.get("data"), f"{path}.input_audio.data")
        media_type = _AUDIO_TYPES.get(form, f"audio/{form}")
        return media("audio", data, f"{path}.input_audio.data", media_type=media_type)
    raise wrong(f"{path}.type", f"{shown(kind)} cannot be said to the model this call goes to")


def _tool(found: dict[str, object], path: str) -> ToolDefinition:
    if found.get("type") != "function":
        kind = shown(found.get("type"))
        raise wrong(f"{path}.type", f"{kind} is run by its vendor alone; only functions can be carried over")
    refuse_unless(found, path, {"defer_loading": (False,)})
    refuse_others(found, HARMLESS_OF_TOOLS | {"name", "description", "parameters", "defer_loading"}, path)
    return ToolDefinition(
        name=words(found.get("name"), f"{path}.name"),
        summary=words_or(found.get("description"), f"{path}.description"),
        parameters=schema(found.get("parameters"), f"{path}.parameters"),
    )


def _choice(value: object, tools: tuple[ToolDefinition, ...]) -> tuple[str, tuple[ToolDefinition, ...]]:
    """The choice, and the tools it leaves."""
    if value is None:
        return "auto", tools
    if type(value) is str:
        if value not in {"auto", "none", "required"}:
            raise wrong("tool_choice", f"{shown(value)} is none of auto, none, required")
        return value, tools
    found = record(value, "tool_choice")
    if found.get("type") == "allowed_tools":
        items = records(found.get("tools"), "tool_choice.tools")
        names = {words(item.get("name"), f"tool_choice.tools[{n}].name") for n, item in enumerate(items)}
        mode, _ = _choice(words(found.get("mode"), "tool_choice.mode"), ())
        return mode, tuple(tool for tool in tools if tool.name in names)
    if found.get("type") != "function":
        raise wrong("tool_choice.type", f"{shown(found.get('type'))} cannot be carried over; only functions can")
    return words(found.get("name"), "tool_choice.name"), tools


def _text_format(value: object) -> tuple[dict[str, object] | None, str]:
    """The schema the answer must have, and its name."""
    if value is None:
        return None, "answer"
    text = record(value, "text")
    refuse_unless(text, "text", {"verbosity": ("medium",)})
    refuse_others(text, {"format", "verbosity"}, "text")
    if text.get("format") is None:
        return None, "answer"
    form = record(text["format"], "text.format")
    kind = words(form.get("type"), "text.format.type")
    if kind == "text":
        return None, "answer"
    if kind == "json_object":
        return dict(ANY_OBJECT), "answer"
    if kind != "json_schema":
        raise wrong("text.format.type", f"{shown(kind)} is none of text, json_object, json_schema")
    refuse_others(form, {"type", "name", "schema", "strict", "description"}, "text.format")
    wanted = dict(schema(form.get("schema"), "text.format.schema"))
    if about := words_or(form.get("description"), "text.format.description"):
        wanted.setdefault("description", about)
    return wanted, words_or(form.get("name"), "text.format.name", "answer")


def _level(value: object) -> Level:
    if value is None:
        return ""
    found = record(value, "reasoning")
    # Whether and how reasoning is shown is the vendor's affair; what there is, is shown.
    refuse_unless(found, "reasoning", {"context": ("all_turns", "auto")})
    refuse_others(found, {"context", "effort", "summary", "generate_summary"}, "reasoning")
    return effort(cast("object", found.get("effort")), "reasoning.effort")
