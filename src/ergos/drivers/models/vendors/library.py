"""The vendor library's model classes for OpenAI's two wires, with what goes back to a model left as it came.

The library would write reasoning that it cannot place as words between tags, and a tool call's arguments anew: a model
would then read what it never wrote, and a prefix cache would miss.

Rules: only hooks that the library documents for this are overridden; imported when a first request is made.
"""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any, cast

from ergos.drivers.models.vendors.inward import DETAILS
from ergos.drivers.models.vendors.outward import json_object

if TYPE_CHECKING:
    from pydantic_ai.messages import ThinkingPart, ToolCallPart
    from pydantic_ai.models.openai import OpenAIChatModel, OpenAIResponsesModel


def argument_text(part: ToolCallPart) -> str:
    """The model's own text where it is an object; else what the library makes of it, so that it can be sent at all."""
    given = part.args
    return given if isinstance(given, str) and json_object(given) is not None else part.args_as_json_str()


@cache
def chat_model() -> type[OpenAIChatModel]:
    """Chat completions."""
    from pydantic_ai.models.openai import OpenAIChatModel

    class Turn(OpenAIChatModel._MapModelResponseContext):  # noqa: SLF001 the hook is the class itself
        """What a model said in one turn, on its way back."""

        def _map_response_thinking_part(self, item: ThinkingPart) -> None:
            profile = cast("dict[str, Any]", self._model.profile)
            one_field = profile.get("openai_chat_send_back_thinking_parts") == "field"
            field = profile.get("openai_chat_thinking_field") if one_field and item.id != DETAILS else item.id
            if field:
                self.thinkings.setdefault(field, []).append(item.content)

        def _into_message_param(self) -> Any:  # noqa: ANN401 the library's own type is a private union
            message = cast("dict[str, Any] | None", super()._into_message_param())
            if message is not None and DETAILS in message:
                message[DETAILS] = json.loads(message[DETAILS])
            return message

    class Chat(OpenAIChatModel):
        """Chat completions whose history stays as it came."""

        _MapModelResponseContext = Turn

        @staticmethod
        def _map_tool_call(t: ToolCallPart) -> Any:  # noqa: ANN401
            call = OpenAIChatModel._map_tool_call(t)  # noqa: SLF001
            call["function"]["arguments"] = argument_text(t)
            return call

    return Chat


@cache
def responses_model() -> type[OpenAIResponsesModel]:
    """Responses."""
    from pydantic_ai.models.openai import OpenAIResponsesModel

    class Responses(OpenAIResponsesModel):
        """Responses whose history stays as it came."""

        def _map_function_call(self, item: ToolCallPart, *place: Any, **how: Any) -> Any:  # noqa: ANN401
            call = super()._map_function_call(item, *place, **how)
            call["arguments"] = argument_text(item)
            return call

    return Responses
