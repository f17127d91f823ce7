"""The Agent Client Protocol for an editor that started us: one agent of a house, as many sessions as it likes.

    initialize   session/new   session/load   session/resume   session/list   session/prompt   session/cancel

Rules: the editor's person is the owner. What waits for the owner is asked as a permission, with the exact call and its
digest; what is answered is what was shown. The editor's files, terminals and servers of tools are not used: an agent
acts through the door and nowhere else. One prompt of a session at a time.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

from ergos.base.errors import ErgosError, RefusedError, UsageError
from ergos.buses.acp.content import fits, permission_of, update_of, words_of
from ergos.buses.acp.ports import Choice, House, Rest, Session, Step, Wish, Words

if TYPE_CHECKING:
    from acp.interfaces import Client
    from acp.schema import (
        InitializeResponse,
        ListSessionsResponse,
        LoadSessionResponse,
        NewSessionResponse,
        PromptResponse,
        ResumeSessionResponse,
    )

STOPS: Final = {
    "idle": "end_turn", "ended": "end_turn", "failed": "end_turn", "asks": "end_turn", "cancelled": "cancelled",
    "stopped": "cancelled",
}  # fmt: skip
STOPPED: Final = "STOP is in force; nothing begins before its owner lifts it."
TOO_LARGE: Final = "It is too large to be shown whole here. See it in `ergos inbox`."


class EditorAgent:
    """The agent's side of one connection."""

    def __init__(self, house: House, name: str, version: str) -> None:
        self._house: Final = house
        self._name: Final = name
        self._version: Final = version
        self._client: Client | None = None
        self._busy: Final[dict[str, asyncio.Event]] = {}
        """Sessions with a prompt under way, and whether it was cancelled."""

    def on_connect(self, conn: Client) -> None:
        """The library hands over the editor's side."""
        self._client = conn

    async def initialize(self, protocol_version: int, **_: Any) -> InitializeResponse:  # noqa: ANN401 - the library's
        """What we can: one version, text, sessions that can be loaded."""
        from acp import PROTOCOL_VERSION
        from acp.schema import (
            AgentCapabilities,
            Implementation,
            InitializeResponse,
            McpCapabilities,
            PromptCapabilities,
            SessionCapabilities,
            SessionListCapabilities,
            SessionResumeCapabilities,
        )

        return InitializeResponse(
            protocol_version=min(protocol_version, PROTOCOL_VERSION) or PROTOCOL_VERSION,
            agent_capabilities=AgentCapabilities(
                load_session=True,
                prompt_capabilities=PromptCapabilities(image=False, audio=False, embedded_context=True),
                mcp_capabilities=McpCapabilities(http=False, sse=False),
                session_capabilities=SessionCapabilities(
                    list=SessionListCapabilities(), resume=SessionResumeCapabilities()
                ),
            ),
            agent_info=Implementation(name="ergos", title=self._name, version=self._version),
            auth_methods=[],
        )

    async def new_session(self, cwd: str, **_: Any) -> NewSessionResponse:  # noqa: ANN401 - the library's
        """A session; its process starts with the first prompt."""
        from acp.schema import NewSessionResponse

        session = await _asked(self._house.begin(cwd))
        return NewSessionResponse(session_id=session.id)

    async def load_session(self, session_id: str, **_: Any) -> LoadSessionResponse:  # noqa: ANN401 - the library's
        """Go on with a session, after all of it was told again."""
        from acp.schema import LoadSessionResponse

        session = await _asked(self._house.find(session_id))
        try:
            async for happening in self._house.past(session):
                if isinstance(happening, Words | Step):
                    await self._tell(session, happening)
        except ErgosError as error:
            raise _refused(error) from error
        return LoadSessionResponse()

    async def resume_session(self, session_id: str, **_: Any) -> ResumeSessionResponse:  # noqa: ANN401 - the library's
        """Go on with a session; nothing is told again."""
        from acp.schema import ResumeSessionResponse

        await _asked(self._house.find(session_id))
        return ResumeSessionResponse()

    async def list_sessions(self, cwd: str | None = None, **_: Any) -> ListSessionsResponse:  # noqa: ANN401 - the library's
        """All sessions, or those of one folder."""
        from acp.schema import ListSessionsResponse, SessionInfo

        found = await _asked(self._house.sessions())
        return ListSessionsResponse(
            sessions=[
                SessionInfo(session_id=one.id, cwd=one.cwd, title=one.title or None)
                for one in found
                if cwd is None or one.cwd == cwd
            ]
        )

    async def prompt(self, session_id: str, prompt: list[Any], **_: Any) -> PromptResponse:  # noqa: ANN401 - the library's
        """Say it, tell what happens, and return when the agent does nothing more by itself."""
        from acp.schema import PromptResponse, Usage

        session = await _asked(self._house.find(session_id))
        if session_id in self._busy:
            raise _refused(RefusedError("a prompt of this session is under way", remedy="wait for it, or cancel it"))
        cancelled = self._busy[session_id] = asyncio.Event()
        try:
            rest = await self._play(session, words_of(prompt), cancelled)
        except ErgosError as error:
            raise _refused(error) from error
        finally:
            del self._busy[session_id]
        why = "cancelled" if cancelled.is_set() else STOPS[rest.why]
        usage = Usage(total_tokens=rest.read + rest.written, input_tokens=rest.read, output_tokens=rest.written)
        return PromptResponse.model_validate(
            {"stop_reason": why, "usage": usage if rest.read or rest.written else None}
        )

    async def cancel(self, session_id: str, **_: Any) -> None:  # noqa: ANN401 - the library's
        """Nothing more begins before the next prompt."""
        cancelled = self._busy.get(session_id)
        if cancelled is None:
            return
        cancelled.set()
        await _asked(self._house.cancel(await _asked(self._house.find(session_id))))

    # A prompt

    async def _play(self, session: Session, text: str, cancelled: asyncio.Event) -> Rest:
        async for happening in self._house.say(session, text):
            match happening:
                case Rest():
                    if happening.why == "stopped":
                        await self._tell(session, Words(who="agent", text=STOPPED))
                    return happening
                case Wish():
                    if not cancelled.is_set():
                        await self._decide(session, happening, cancelled)
                case _:
                    await self._tell(session, happening)
        return Rest(why="ended")

    async def _decide(self, session: Session, wish: Wish, cancelled: asyncio.Event) -> None:
        """Ask the owner, where yes or no answers it; else show it, and the next prompt answers."""
        assert self._client is not None
        if not wish.choices or not fits(wish):
            more = "" if fits(wish) else f"\n\n{TOO_LARGE}"
            await self._tell(session, Words(who="agent", text=f"{wish.text}{more}"))
            return
        asked, options = permission_of(wish)
        asking = asyncio.ensure_future(self._client.request_permission(session.id, asked, options))
        leaving = asyncio.ensure_future(cancelled.wait())
        try:
            await asyncio.wait({asking, leaving}, return_when=asyncio.FIRST_COMPLETED)
            choice = _chosen(wish, asking.result()) if asking.done() else None
        finally:
            leaving.cancel()
            asking.cancel()
        if choice is not None:
            await self._house.answer(session, wish, choice)

    async def _tell(self, session: Session, happening: Words | Step) -> None:
        assert self._client is not None
        await self._client.session_update(session.id, update_of(happening))


def _chosen(wish: Wish, answer: Any) -> Choice | None:  # noqa: ANN401 - the library's
    """What was chosen; None for nothing. Raises: UsageError for what was not offered."""
    outcome = answer.outcome
    if outcome.outcome != "selected":
        return None
    for choice in wish.choices:
        if choice.id == outcome.option_id:
            return choice
    raise UsageError(f"{outcome.option_id!r} was not among the answers", remedy="answer in `ergos inbox`")


async def _asked(work: Any) -> Any:  # noqa: ANN401 - of any answer
    """What the house says; its refusals as the protocol has them."""
    try:
        return await work
    except ErgosError as error:
        raise _refused(error) from error


def _refused(error: ErgosError) -> Exception:
    """An error of ours as one of the protocol."""
    from acp import RequestError

    code = -32002 if error.code in {"E101", "E102"} else -32602 if error.code.startswith("E1") else -32603
    return RequestError(code, error.what, {"code": error.code, "remedy": error.what_to_do})
