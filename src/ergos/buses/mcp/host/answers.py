"""What a server asks in the middle of a call: answered through the door, or declined.

A server may ask for the fields of a form, send its owner to a URL, ask for a model call or for the folders it may
use. Each is a stranger's request. It is tied to the one call in whose course it comes; what cannot be tied to a call,
because none or several are under way, is declined.

Rules: the default is to decline; model calls are refused unless the settings allow them; the answer to a form is
checked against the form; the folders are those the settings give it, nothing else. Bounded in number and size.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, Literal, cast
from urllib.parse import quote

import msgspec

from ergos.base.canonical import Plain
from ergos.base.errors import ErgosError
from ergos.base.ids import Pid
from ergos.buses.mcp.host.schemas import Schema
from ergos.kernel.mounts import Declined, Given, Question, Questions, ServerSettings, harmless

if TYPE_CHECKING:
    import mcp_types as wire
    from mcp.client.session import ClientRequestContext

QUESTIONS_MAX: Final = 20  # questions in the course of one call; more is an interrogation
MESSAGE_CHARS_MAX: Final = 4_000  # characters of a question that are shown
SAMPLING_MESSAGES_MAX: Final = 100  # messages of a model call that is asked for
SAMPLING_TOKENS_MAX: Final = 8_192  # tokens a server may ask a model to write


class Asker(msgspec.Struct, frozen=True):
    """The call in whose course something is asked."""

    tool: str
    pid: Pid
    owner: str


class Answers:
    """Answers one server."""

    def __init__(self, settings: ServerSettings, questions: Questions | None) -> None:
        self._settings: Final = settings
        self._questions: Final = questions
        self._asked = 0
        self.under_way: Final[list[Asker]] = []
        """Calls that wait for this server."""

    def begin(self, asker: Asker) -> None:
        """A call is made."""
        if not self.under_way:
            self._asked = 0
        self.under_way.append(asker)

    def end(self, asker: Asker) -> None:
        """A call came back."""
        self.under_way.remove(asker)

    def callbacks(self) -> dict[str, Any]:
        """For the SDK's client. What is not answered at all is not offered to the server as something it may ask."""
        offered: dict[str, Any] = {}
        if folders(self._settings):
            offered["list_roots_callback"] = self._roots
        if self._questions is not None:
            offered["elicitation_callback"] = self._elicited
            if self._settings.sampling:
                offered["sampling_callback"] = self._sampled
        return offered

    async def _roots(self, context: ClientRequestContext) -> wire.ListRootsResult:
        del context
        import mcp_types as wire
        from pydantic import FileUrl

        return wire.ListRootsResult(
            roots=[wire.Root(uri=FileUrl(f"file://{quote(path)}"), name=path[:200]) for path in folders(self._settings)]
        )

    async def _elicited(
        self, context: ClientRequestContext, params: wire.ElicitRequestParams
    ) -> wire.ElicitResult | wire.ErrorData:
        del context
        import mcp_types as wire

        if isinstance(params, wire.ElicitRequestURLParams):
            answer = await self._ask("url", params.message, url=params.url[:MESSAGE_CHARS_MAX])
            return wire.ElicitResult(action="accept" if isinstance(answer, Given) else "decline")
        form = cast("dict[str, object]", params.requested_schema)
        try:
            schema = Schema(form, "a form")
        except ErgosError:
            return wire.ElicitResult(action="decline")
        answer = await self._ask("form", params.message, schema=form)
        if isinstance(answer, Declined):
            return wire.ElicitResult(action="decline")
        content = _preset(form) | dict(answer.content)
        if schema.misfit(cast("Plain", content)):
            return wire.ElicitResult(action="cancel")
        return wire.ElicitResult(action="accept", content=cast("Any", content))

    async def _sampled(
        self, context: ClientRequestContext, params: wire.CreateMessageRequestParams
    ) -> wire.CreateMessageResult | wire.ErrorData:
        del context
        import mcp_types as wire

        refused = wire.ErrorData(code=wire.INVALID_REQUEST, message="the owner declined")
        if len(params.messages) > SAMPLING_MESSAGES_MAX or params.tools:
            return refused
        said: list[Plain] = [{"role": one.role, "text": _text_of(one.content)} for one in params.messages]
        if params.system_prompt:
            said.insert(0, {"role": "system", "text": params.system_prompt[:MESSAGE_CHARS_MAX]})
        last = cast("dict[str, Plain]", said[-1])["text"] if said else ""
        answer = await self._ask(
            "sampling", str(last), messages=tuple(said), tokens_max=min(params.max_tokens, SAMPLING_TOKENS_MAX)
        )
        if isinstance(answer, Declined):
            return refused
        text, model = str(answer.content.get("text", "")), str(answer.content.get("model", "model"))
        return wire.CreateMessageResult(role="assistant", content=wire.TextContent(type="text", text=text), model=model)

    async def _ask(
        self,
        kind: Literal["form", "url", "sampling"],
        message: str,
        *,
        schema: Mapping[str, object] | None = None,
        url: str = "",
        messages: tuple[Plain, ...] = (),
        tokens_max: int = 0,
    ) -> Given | Declined:
        """Tied to the one call that is under way, or declined."""
        self._asked += 1
        if self._questions is None or len(self.under_way) != 1 or self._asked > QUESTIONS_MAX:
            return Declined("nobody is there to answer it")
        asker = self.under_way[0]
        question = Question(
            server=self._settings.name,
            tool=asker.tool,
            pid=asker.pid,
            owner=asker.owner,
            kind=kind,
            message=harmless(message, MESSAGE_CHARS_MAX),
            schema=dict(schema or {}),
            url=url,
            messages=messages,
            tokens_max=tokens_max,
        )
        try:
            return await self._questions.ask(question)
        except ErgosError as error:
            return Declined(error.what)


def folders(settings: ServerSettings) -> tuple[str, ...]:
    """What a server works on: the folders it was given, less those that its own program lies in."""
    program = (settings.command, *settings.args)
    kept = [path for path in settings.reads if not any(part.startswith(f"{path}/") for part in program)]
    return (*kept, *settings.writes)


def _preset(form: dict[str, object]) -> dict[str, Plain]:
    """The defaults a form states (MCP 2025-11-25, "Elicitation")."""
    properties = form.get("properties")
    found = cast("dict[str, dict[str, Plain]]", properties) if isinstance(properties, dict) else {}
    return {name: part["default"] for name, part in found.items() if "default" in part}


def _text_of(content: object) -> str:
    parts = cast("list[object]", content) if isinstance(content, list) else [content]
    return "\n".join(str(getattr(part, "text", "")) for part in parts)[:MESSAGE_CHARS_MAX]
