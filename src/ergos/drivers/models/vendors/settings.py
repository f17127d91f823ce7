"""From a `ModelRequest` and the scheduler's hints to the settings and parameters of a vendor's library.

Rules: the library sends each request once; typed output is asked for in the strongest way that the model's profile
says it can do; hints cost nothing where nobody reads them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, cast

import msgspec

from ergos.drivers.models.vendors.seals import Wire
from ergos.kernel.models import Hints, ModelRequest, ToolDefinition

if TYPE_CHECKING:
    from pydantic_ai.models import ModelRequestParameters
    from pydantic_ai.profiles import ModelProfile
    from pydantic_ai.settings import ModelSettings
    from pydantic_ai.tools import ToolDefinition as LibraryTool

SESSION_HEADERS: Final = ("x-session-id", "x-smg-routing-key", "x-dynamo-session-id")
"""Read by the vLLM production stack's router and by proxies; by SGLang's gateway (SMG); by NVIDIA Dynamo."""


class Place(msgspec.Struct, frozen=True):
    """What of an endpoint decides how it is asked."""

    wire: Wire
    local: bool
    dashscope: bool
    openai: bool
    """OpenAI's own endpoint or Azure's, not one that is compatible with it."""
    output_tokens_max: int


class Prepared(msgspec.Struct, frozen=True):
    """A request's settings and parameters."""

    settings: ModelSettings
    parameters: ModelRequestParameters
    answer_tool: str
    """The tool whose arguments are the typed answer, where the model can do it in no other way; ''."""


def prepare(request: ModelRequest, place: Place, profile: ModelProfile, hints: Hints | None) -> Prepared:
    """Settings and parameters of one request."""
    from pydantic_ai.models import ModelRequestParameters
    from pydantic_ai.output import OutputObjectDefinition
    from pydantic_ai.tools import ToolDefinition as LibraryTool

    # OpenAI can hold a model to a schema that allows it; its library then asks for that by itself.
    strict = None if place.openai else False
    tools = [_tool(tool, strict=strict) for tool in request.tools]
    settings = _settings(request, place, profile, hints)
    if request.output_schema is None:
        return Prepared(settings, ModelRequestParameters(function_tools=tools), "")
    mode = _output_mode(place, profile, has_tools=bool(tools))
    shape = OutputObjectDefinition(json_schema=request.output_schema, name=request.output_name)
    if mode == "tool":
        answer = LibraryTool(
            name=request.output_name,
            description="Give the final answer.",
            parameters_json_schema=request.output_schema,
            kind="output",
        )
        parameters = ModelRequestParameters(
            function_tools=tools, output_mode="tool", output_tools=[answer], allow_text_output=False
        )
        return Prepared(settings, parameters, request.output_name)
    parameters = ModelRequestParameters(function_tools=tools, output_mode=mode, output_object=shape)
    return Prepared(settings, parameters, "")


def _tool(tool: ToolDefinition, *, strict: bool | None) -> LibraryTool:
    from pydantic_ai.tools import ToolDefinition as LibraryTool

    schema = tool.parameters or {"type": "object", "properties": {}}
    return LibraryTool(name=tool.name, description=tool.summary, parameters_json_schema=schema, strict=strict)


def _output_mode(place: Place, profile: ModelProfile, *, has_tools: bool) -> Literal["native", "tool", "prompted"]:
    can = cast("dict[str, object]", profile)
    native = bool(can.get("supports_json_schema_output"))
    if place.wire == "google" and has_tools and not can.get("google_supports_tool_combination"):
        native = False
    if native:
        return "native"
    return "tool" if place.wire == "anthropic" else "prompted"


def _settings(request: ModelRequest, place: Place, profile: ModelProfile, hints: Hints | None) -> ModelSettings:
    settings: dict[str, object] = {"max_retries": 0}
    body: dict[str, object] = {}
    if request.output_tokens_max is not None:
        settings["max_tokens"] = request.output_tokens_max
    elif place.wire == "anthropic":
        # This wire demands a number.
        settings["max_tokens"] = place.output_tokens_max
    if request.tools and request.tool_choice != "auto":
        forced = request.tool_choice in {"none", "required"}
        settings["tool_choice"] = request.tool_choice if forced else [request.tool_choice]
    if request.stop and place.wire != "responses":
        settings["stop_sequences"] = list(request.stop)
    if request.seed is not None and place.wire in {"chat", "google"}:
        settings["seed"] = request.seed
    _sampling(request, place, profile, settings)
    _reasoning(request, place, profile, settings, body)
    if hints is not None and place.wire in {"chat", "responses"}:
        settings["extra_headers"] = dict.fromkeys(SESSION_HEADERS, _header_value(hints.session))
        if hints.priority and place.local:
            body["priority"] = hints.priority
    if body:
        settings["extra_body"] = body
    if place.wire == "google":
        # One request is sent once by this wire's library too; it has no such setting.
        del settings["max_retries"]
    return cast("ModelSettings", settings)


def _sampling(request: ModelRequest, place: Place, profile: ModelProfile, settings: dict[str, object]) -> None:
    """Temperature and top_p, where the model takes them: one that thinks refuses them."""
    can = cast("dict[str, object]", profile)
    thinks = request.reasoning not in {"", "off"}
    if place.wire in {"chat", "responses"} and can.get("openai_supports_reasoning"):
        can_pause = bool(can.get("openai_supports_reasoning_effort_none"))
        asleep = request.reasoning == "off" or (not request.reasoning and not can.get("thinking_enabled_by_default"))
        if not (can_pause and asleep):
            return
    if place.wire == "anthropic" and (thinks or can.get("anthropic_disallows_sampling_settings")):
        return
    if request.temperature is not None:
        settings["temperature"] = request.temperature
    if request.top_p is not None:
        settings["top_p"] = request.top_p


def _reasoning(
    request: ModelRequest, place: Place, profile: ModelProfile, settings: dict[str, object], body: dict[str, object]
) -> None:
    """How much it may think first, in the words of the place."""
    if not request.reasoning:
        return
    can = cast("dict[str, object]", profile)
    off = request.reasoning == "off"
    if place.dashscope:
        body["enable_thinking"] = not off
    elif can.get("supports_thinking") or can.get("thinking_always_enabled") or place.wire in {"anthropic", "google"}:
        settings["thinking"] = False if off else request.reasoning
    elif not off:
        settings["openai_reasoning_effort"] = request.reasoning
    elif place.local:
        body["chat_template_kwargs"] = {"enable_thinking": False}


def _header_value(session: str) -> str:
    """A session's name as a header may hold it."""
    return "".join(char if " " < char < "\x7f" else "-" for char in session)[:128] or "-"
