"""OpenAI's chat completions as a caller writes them: body to `ModelRequest`, `Reply` to JSON or to a stream.

Rules: pure. What a `ModelRequest` cannot say is refused with its field named. Dropped without a word is only what
changes neither what the model reads nor what it may answer: `HARMLESS`. Source: OpenAI's API reference of chat
completions, and what vendors of the same format add (reasoning_content, enable_thinking, video_url).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ergos.drivers.models.dialects.content import (
    ANY_OBJECT,
    Level,
    arguments,
    effort,
    json_text,
    media,
    schema,
    stored,
    thinking,
)
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
from ergos.drivers.models.dialects.marks import MARK, placed
from ergos.drivers.models.vendors.seals import close
from ergos.kernel.models import (
    Media,
    Message,
    ModelRequest,
    Part,
    Reasoning,
    Text,
    ToolCall,
    ToolDefinition,
    ToolResult,
)

HARMLESS: Final = frozenset(
    "cache_control metadata prediction priority prompt_cache_key prompt_cache_options prompt_cache_retention "
    "reasoning_format safety_identifier service_tier store stream stream_options user".split()
)
"""Fields of a body about billing, storing, caching, and how the answer is transported."""
HARMLESS_OF_MESSAGES: Final = frozenset("annotations cache_control extra_content name provider_specific_fields".split())
"""Fields of a message that models are not shown, or that echo what a vendor added to an earlier answer."""
HARMLESS_OF_PARTS: Final = frozenset("cache_control detail prompt_cache_breakpoint type".split())
HARMLESS_OF_TOOLS: Final = frozenset("cache_control strict type".split())
"""`strict` promises a form of arguments that whoever runs a tool has to check anyway."""

_CARRIED: Final = frozenset(
    "enable_thinking max_completion_tokens max_tokens messages model parallel_tool_calls reasoning reasoning_effort "
    "response_format seed stop temperature thinking tool_choice tools top_p".split()
)
_AS_IT_IS: Final[dict[str, tuple[object, ...]]] = {
    "frequency_penalty": (0,),
    "logprobs": (False,),
    "modalities": (["text"],),
    "n": (1,),
    "presence_penalty": (0,),
    "repetition_penalty": (1,),
    "top_logprobs": (0,),
    "verbosity": ("medium",),
}
"""Fields that may only ask for what happens anyway."""
_AUDIO_TYPES: Final = {"mp3": "audio/mpeg", "wav": "audio/wav"}


def parse(body: Fields) -> ModelRequest:
    """What is asked. Raises: ValueShapeError with the field named."""
    for name in ("functions", "function_call"):
        if not is_absent(body.get(name)):
            raise wrong(name, "this older form cannot be carried over; use `tools` and `tool_choice`")
    refuse_unless(body, "", _AS_IT_IS)
    refuse_others(body, _CARRIED | HARMLESS | _AS_IT_IS.keys(), "")
    messages = tuple(
        _message(item, f"messages[{n}]") for n, item in enumerate(records(body.get("messages"), "messages"))
    )
    if not messages:
        raise wrong("messages", "empty: what the model is asked")
    answer_schema, answer_name = _response_format(body.get("response_format"))
    tools = tuple(_tool(item, f"tools[{n}]") for n, item in enumerate(records(body.get("tools") or [], "tools")))
    choice, tools = _choice(body.get("tool_choice"), tools)
    flag(body.get("parallel_tool_calls"), "parallel_tool_calls")
    limits = [
        limit for name in ("max_completion_tokens", "max_tokens") if (limit := integer(body.get(name), name, least=1))
    ]
    return ModelRequest(
        messages=messages,
        tools=tools,
        tool_choice=choice,
        output_schema=answer_schema,
        output_name=answer_name,
        output_tokens_max=min(limits, default=None),
        temperature=number(body.get("temperature"), "temperature"),
        top_p=number(body.get("top_p"), "top_p"),
        stop=_stop(body.get("stop")),
        seed=integer(body.get("seed"), "seed", least=-(2**63)),
        reasoning=_level(body),
    )


def is_single(body: Fields) -> bool:
    """Whether the caller takes at most one tool call at a time."""
    return body.get("parallel_tool_calls") is False


def _message(found: dict[str, object], path: str) -> Message:
    role = words(found.get("role"), f"{path}.role")
    content = found.get("content")
    if role in {"system", "developer", "user"}:
        refuse_others(found, HARMLESS_OF_MESSAGES | {"role", "content"}, path)
        parts = _parts(content, f"{path}.content")
        if role != "user" and any(isinstance(part, Media) for part in parts):
            raise wrong(f"{path}.content", "instructions are words alone")
        return Message("user" if role == "user" else "system", parts)
    if role == "tool":
        refuse_others(found, HARMLESS_OF_MESSAGES | {"role", "content", "tool_call_id"}, path)
        parts = _parts(content, f"{path}.content") if content is not None else ()
        result = ToolResult(
            id=words(found.get("tool_call_id"), f"{path}.tool_call_id"),
            text="".join(part.text for part in parts if isinstance(part, Text)),
            name=words_or(found.get("name"), f"{path}.name"),
            media=tuple(part for part in parts if isinstance(part, Media)),
        )
        return Message("tool", (result,))
    if role == "assistant":
        return _assistant(found, path)
    raise wrong(f"{path}.role", f"{shown(role)} is none of system, developer, user, assistant, tool")


def _assistant(found: dict[str, object], path: str) -> Message:
    known = {
        "role",
        "content",
        "tool_calls",
        "refusal",
        "reasoning",
        "reasoning_content",
        "reasoning_details",
        "prefix",
    }
    refuse_unless(found, path, {"prefix": (False,)})
    refuse_others(found, HARMLESS_OF_MESSAGES | known, path)
    parts: list[Part] = list(_reasoning(found, path))
    if found.get("content") not in (None, "", []):
        parts += _parts(found["content"], f"{path}.content")
    if refusal := words_or(found.get("refusal"), f"{path}.refusal"):
        parts.append(Text(refusal))
    for index, call in enumerate(records(found.get("tool_calls") or [], f"{path}.tool_calls")):
        where = f"{path}.tool_calls[{index}]"
        if call.get("type") not in (None, "function"):
            raise wrong(f"{where}.type", f"{shown(call.get('type'))} cannot be carried over; only functions can")
        function = record(call.get("function"), f"{where}.function")
        if not is_absent(extra := call.get("extra_content")):
            parts.append(Reasoning("", close("chat", "extra_content", json_text(extra, f"{where}.extra_content"))))
        parts.append(
            ToolCall(
                id=words(call.get("id"), f"{where}.id"),
                name=words(function.get("name"), f"{where}.function.name"),
                arguments=arguments(function.get("arguments"), f"{where}.function.arguments"),
            )
        )
    return Message("assistant", placed(parts) or (Text(""),))


def _reasoning(found: dict[str, object], path: str) -> Iterator[Reasoning]:
    """What the assistant thought, with its seals: ours with their places, or those of a vendor of this format."""
    where = f"{path}.reasoning_details"
    details = [] if is_absent(found.get("reasoning_details")) else records(found["reasoning_details"], where)
    signatures = [words_or(item.get("signature"), f"{where}[{n}].signature") for n, item in enumerate(details)]
    if any(signature.startswith(MARK) for signature in signatures):
        for index, (item, signature) in enumerate(zip(details, signatures, strict=True)):
            yield Reasoning(words_or(item.get("text"), f"{where}[{index}].text"), signature)
        return
    for field in ("reasoning_content", "reasoning"):
        if thought := words_or(found.get(field), f"{path}.{field}"):
            yield Reasoning(thought, close("chat", field, ""))
            break
    if details:
        yield Reasoning("", close("chat", "reasoning_details", json_text(details, where)))


def _parts(content: object, path: str) -> tuple[Part, ...]:
    if type(content) is str:
        return (Text(content),)
    return tuple(_part(item, f"{path}[{index}]") for index, item in enumerate(records(content, path)))


def _part(found: dict[str, object], path: str) -> Part:
    kind = words(found.get("type"), f"{path}.type")
    refuse_others(found, HARMLESS_OF_PARTS | {kind}, path)
    inner = found.get(kind)
    where = f"{path}.{kind}"
    if kind in {"text", "refusal"}:
        return Text(words(inner, where))
    if kind in {"image_url", "video_url", "audio_url", "document_url"}:
        url = inner if type(inner) is str else record(inner, where).get("url")
        medium = {"image_url": "image", "video_url": "video", "audio_url": "audio", "document_url": "file"}
        return media(medium[kind], words(url, f"{where}.url"), f"{where}.url")  # type: ignore[arg-type] - one of the four
    if kind == "input_audio":
        sound = record(inner, where)
        form = words(sound.get("format"), f"{where}.format")
        kind_of = _AUDIO_TYPES.get(form, f"audio/{form}")
        return media("audio", words(sound.get("data"), f"{where}.data"), f"{where}.data", media_type=kind_of)
    if kind == "file":
        file = record(inner, where)
        name = words_or(file.get("filename"), f"{where}.filename")
        if file.get("file_id") is not None:
            raise stored(f"{where}.file_id")
        data = words(file.get("file_data"), f"{where}.file_data")
        return media("file", data, f"{where}.file_data", media_type="application/pdf", name=name)
    raise wrong(f"{path}.type", f"{shown(kind)} cannot be said to the model this call goes to")


def _tool(found: dict[str, object], path: str) -> ToolDefinition:
    if found.get("type") not in (None, "function"):
        raise wrong(
            f"{path}.type", f"{shown(found.get('type'))} is run by its vendor alone; only functions can be carried over"
        )
    refuse_others(found, HARMLESS_OF_TOOLS | {"function"}, path)
    function = record(found.get("function"), f"{path}.function")
    refuse_others(function, HARMLESS_OF_TOOLS | {"name", "description", "parameters"}, f"{path}.function")
    return ToolDefinition(
        name=words(function.get("name"), f"{path}.function.name"),
        summary=words_or(function.get("description"), f"{path}.function.description"),
        parameters=schema(function.get("parameters"), f"{path}.function.parameters"),
    )


def _choice(value: object, tools: tuple[ToolDefinition, ...]) -> tuple[str, tuple[ToolDefinition, ...]]:
    """The choice, and the tools it leaves."""
    if value is None:
        return "auto", tools
    if type(value) is str:
        if value not in {"auto", "none", "required", "any"}:
            raise wrong("tool_choice", f"{shown(value)} is none of auto, none, required")
        return ("required" if value == "any" else value), tools
    found = record(value, "tool_choice")
    if found.get("type") == "allowed_tools":
        allowed = record(found.get("allowed_tools"), "tool_choice.allowed_tools")
        items = records(allowed.get("tools"), "tool_choice.allowed_tools.tools")
        names = {words(record(item.get("function"), "tool_choice").get("name"), "tool_choice") for item in items}
        mode, _ = _choice(allowed.get("mode"), ())
        return mode, tuple(tool for tool in tools if tool.name in names)
    if found.get("type") != "function":
        raise wrong("tool_choice.type", f"{shown(found.get('type'))} cannot be carried over; only functions can")
    function = record(found.get("function"), "tool_choice.function")
    return words(function.get("name"), "tool_choice.function.name"), tools


def _response_format(value: object) -> tuple[dict[str, object] | None, str]:
    """The schema the answer must have, and its name."""
    if value is None:
        return None, "answer"
    found = record(value, "response_format")
    kind = words(found.get("type"), "response_format.type")
    if kind == "text":
        return None, "answer"
    if kind == "json_object":
        return dict(ANY_OBJECT), "answer"
    if kind != "json_schema":
        raise wrong("response_format.type", f"{shown(kind)} is none of text, json_object, json_schema")
    wanted = record(found.get("json_schema"), "response_format.json_schema")
    refuse_others(wanted, {"name", "description", "schema", "strict"}, "response_format.json_schema")
    form = dict(schema(wanted.get("schema"), "response_format.json_schema.schema"))
    if about := words_or(wanted.get("description"), "response_format.json_schema.description"):
        form.setdefault("description", about)
    return form, words_or(wanted.get("name"), "response_format.json_schema.name", "answer")


def _stop(value: object) -> tuple[str, ...]:
    if value is None:
        return ()
    if type(value) is str:
        return (value,)
    return tuple(words(item, f"stop[{index}]") for index, item in enumerate(listing(value, "stop")))


def _level(body: Fields) -> Level:
    """How much to think: OpenAI's word, OpenRouter's object, a budget, or Qwen's switch."""
    if level := effort(body.get("reasoning_effort"), "reasoning_effort"):
        return level
    if not is_absent(body.get("reasoning")):
        found = record(body["reasoning"], "reasoning")
        refuse_others(found, {"effort", "enabled", "exclude", "summary"}, "reasoning")
        if level := effort(found.get("effort"), "reasoning.effort"):
            return level
        if found.get("enabled") is False:
            return "off"
    if level := thinking(body.get("thinking"), "thinking"):
        return level
    if body.get("enable_thinking") is not None:
        return "medium" if flag(body["enable_thinking"], "enable_thinking") else "off"
    return ""
