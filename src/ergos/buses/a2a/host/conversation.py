"""One request to one peer, from sending to what came of it. Whatever the other side does ends in one of our errors.

The library of the protocol runs in a task of its own, and an outcome is read off that task, so that nothing a peer
provokes in it is raised into anything but this call. A task is followed by its stream, and where that breaks or there
is none, by asking how it stands.

Rules: every wait has an end; a request that is given up is cancelled at the peer, too; what was sent and never answered
is said to be so (`InDoubtError`), because it may have happened. No secret is in an error or an outcome.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncGenerator, Coroutine
from contextlib import aclosing, asynccontextmanager
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

import msgspec

from ergos.base.canonical import Plain
from ergos.base.errors import DeadlineError, EgressRefusedError, ErgosError, ToolFailedError
from ergos.base.world_errors import BusError, InDoubtError
from ergos.buses.a2a.host.following import COMPLAINT_CHARS_MAX, Following, id_like
from ergos.buses.a2a.host.terms import Terms
from ergos.buses.a2a.host.web import Meter, Wire, fault, over_http
from ergos.kernel.mounts import harmless
from ergos.kernel.peers import DELEGATION, PeerSettings

if TYPE_CHECKING:
    from a2a.client.client import Client, ClientCallContext
    from a2a.types.a2a_pb2 import SendMessageRequest, Task

POLL_S: Final = 0.25  # seconds before a task is asked about for the first time; doubles each time
POLL_S_MAX: Final = 5.0  # seconds between two looks at a task at most
UNHEARD_S: Final = 10.0  # seconds a task may stand as it stood before a message until that counts as the answer
LOST_MAX: Final = 20  # looks in a row that may fail before a task counts as lost; a peer that restarts takes a minute
GIVE_UP_S: Final = 2.0  # seconds in which a request that is given up lets go
CANCEL_S: Final = 5.0  # seconds a peer has to say that it cancelled a task
PAGES_MAX: Final = 20  # pages of tasks in which one's own is looked for
PAGE_SIZE: Final = 50  # tasks of one page
HISTORY: Final = 20  # messages of each that are looked at

_T = TypeVar("_T")


class Ask(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked."""

    message_id: str
    text: str = ""
    data: Plain = None
    task: str = ""
    """Id of the task it belongs to; '': it begins one."""
    delegation: dict[str, Plain] | None = None
    """What the receiver may call back with."""


class Conversation:
    """Requests to one peer in the course of one call. Use it once."""

    def __init__(self, peer: PeerSettings, terms: Terms, wire: Wire, secret: str) -> None:
        """`secret`: what is shown to it; '' for nothing."""
        self._peer: Final = peer
        self._terms: Final = terms
        self._wire: Final = wire
        self._secret: Final = secret
        self._meter: Final = Meter(peer.name)
        self._sending = False
        """The message may have left."""
        self._given_up: Final[asyncio.Future[str]] = asyncio.get_running_loop().create_future()

    def give_up(self, why: str) -> None:
        """Nobody wants the outcome any more: the peer is told."""
        if not self._given_up.done():
            self._given_up.set_result(why)

    async def ask(self, asked: Ask, limit_s: float, wait_s: float | None = None) -> Following:
        """Send a message and follow what comes of it, to its end or, after `wait_s`, as far as it got.

        Raises: ToolFailedError, BusError, DeadlineError when it did not happen or is over; InDoubtError when nobody
        knows.
        """
        following = Following(self._peer.name, asked.task)
        return await self._followed(self._send(asked, following, limit_s), following, limit_s, wait_s)

    async def resume(self, task: str, limit_s: float, wait_s: float | None = None, *, more: bool = False) -> Following:
        """Follow a task that is known; `more`: the message was not its first. Raises: as `ask`."""
        following = Following(self._peer.name, task)
        self._sending = True
        return await self._followed(self._resume(following, more=more), following, limit_s, wait_s)

    async def look(self, task: str, limit_s: float) -> Following:
        """How a task stands. Raises: ToolFailedError, BusError, DeadlineError."""
        following = Following(self._peer.name, task)

        async def once() -> None:
            async with self._client() as client:
                following.whole(await self._task(client, task))

        await self._done(once(), limit_s, f"say how a task of it stands within {limit_s:.3g} seconds", sent=False)
        return following

    async def cancel(self, task: str, limit_s: float) -> Following:
        """Ask it to stop a task. Raises: ToolFailedError, BusError, DeadlineError."""
        following = Following(self._peer.name, task)
        await self._done(self._cancel(following), limit_s, f"answer within {limit_s:.3g} seconds", sent=False)
        return following

    async def find(self, message_id: str, task: str, limit_s: float) -> str | None:
        """The id of the task that a message of ours began or belongs to; None if none of those it lists has it.

        Raises: ToolFailedError, BusError, DeadlineError.
        """
        return await self._done(self._find(message_id, task), limit_s, "list its tasks", sent=False)

    # Following

    async def _followed(
        self, work: Coroutine[Any, Any, None], following: Following, limit_s: float, wait_s: float | None
    ) -> Following:
        loop = asyncio.get_running_loop()
        task = loop.create_task(work)
        seconds = limit_s if wait_s is None else min(wait_s, limit_s)
        try:
            await asyncio.wait({task, self._given_up}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
            if task.done() and not task.cancelled():
                error = task.exception()
                if error is not None:
                    raise await self._fault(error, following)
                return following
            if self._given_up.done():
                raise await self._abandoned(following, self._given_up.result())
            if wait_s is not None and wait_s <= limit_s and following.task and self._sending:
                return following
            raise await self._abandoned(following, f"{self._peer.name} did not finish within {seconds:.3g} seconds")
        finally:
            await _ended(task)

    async def _abandoned(self, following: Following, why: str) -> ErgosError:
        """The error of a call that is given up; its task is cancelled at the peer first."""
        if not self._sending:
            return DeadlineError(why)
        if not following.task:
            return InDoubtError(f"{why}, nor say whether it began") if self._meter.connected else fault(why)
        if await self._stopped(following):
            return DeadlineError(f"{why}; its task is {following.state}")
        return InDoubtError(f"{why}, nor cancel its task")

    async def _stopped(self, following: Following) -> bool:
        """Whether its task is over, by our asking to cancel it or by itself."""
        if following.ended:
            return True
        other = Conversation(self._peer, self._terms, self._wire, self._secret)
        try:
            found = await other.cancel(following.task, CANCEL_S)
        except ErgosError:
            return False
        following.state = found.state
        return found.ended

    # What is sent

    async def _send(self, asked: Ask, following: Following, limit_s: float) -> None:
        from a2a.utils.errors import A2AError

        async with self._client() as client:
            if asked.task:
                following.stood(await self._task(client, asked.task))
            self._sending = True
            # Who streams says something now and then; who does not may say nothing until the task is done.
            context = _context(asked, None if self._terms.streaming else limit_s)
            sending = cast("AsyncGenerator[Any]", client.send_message(self._request(asked), context=context))
            try:
                async with aclosing(sending) as events:
                    async for event in events:
                        following.take(event)
                        if following.settled:
                            return
            except A2AError:
                # A stream that breaks is no end of its task.
                if not following.task or self._meter.fault is not None:
                    raise
            if following.state is None:
                raise fault(f"{self._peer.name} sent nothing about the message")
            await self._to_its_end(client, following)

    async def _resume(self, following: Following, *, more: bool) -> None:
        async with self._client() as client:
            found = await self._task(client, following.task)
            if more:
                following.stood(found)
            else:
                following.whole(found)
            await self._to_its_end(client, following)

    async def _to_its_end(self, client: Client, following: Following) -> None:
        from a2a.utils.errors import A2AError

        pause_s, lost, waited_s = POLL_S, 0, 0.0
        while not following.settled:
            if waited_s >= UNHEARD_S:
                following.heard()
            await asyncio.sleep(pause_s)
            waited_s += pause_s
            pause_s = min(2 * pause_s, POLL_S_MAX)
            try:
                task = await self._task(client, following.task)
            except A2AError:
                lost += 1
                if lost >= LOST_MAX or self._meter.fault is not None:
                    raise
                continue
            lost = 0
            following.whole(task)

    async def _task(self, client: Client, task: str) -> Task:
        from a2a.types.a2a_pb2 import GetTaskRequest

        return await client.get_task(GetTaskRequest(id=task, history_length=0))

    async def _cancel(self, following: Following) -> None:
        from a2a.types.a2a_pb2 import CancelTaskRequest
        from a2a.utils.errors import TaskNotCancelableError

        async with self._client() as client:
            try:
                found = await client.cancel_task(CancelTaskRequest(id=following.task))
            except TaskNotCancelableError:
                found = await self._task(client, following.task)
            following.whole(found)

    async def _find(self, message_id: str, task: str) -> str | None:
        from a2a.types.a2a_pb2 import GetTaskRequest, ListTasksRequest

        async with self._client() as client:
            if task:
                found = await client.get_task(GetTaskRequest(id=task, history_length=HISTORY))
                return task if _holds(found, message_id) else None
            token = ""
            for _ in range(PAGES_MAX):
                page = await client.list_tasks(
                    ListTasksRequest(page_size=PAGE_SIZE, history_length=HISTORY, page_token=token)
                )
                for one in page.tasks[: 2 * PAGE_SIZE]:
                    if _holds(one, message_id):
                        if not id_like(one.id):
                            raise fault(f"{self._peer.name} lists a task whose id is none")
                        return one.id
                token = page.next_page_token
                if not token:
                    return None
        raise fault(f"{self._peer.name} lists more than {PAGES_MAX * PAGE_SIZE:,} tasks")

    def _request(self, asked: Ask) -> SendMessageRequest:
        from a2a.types.a2a_pb2 import Message, Part, Role, SendMessageConfiguration, SendMessageRequest
        from google.protobuf.json_format import ParseDict
        from google.protobuf.struct_pb2 import Value

        message = Message(message_id=asked.message_id, role=Role.ROLE_USER, task_id=asked.task)
        if asked.text:
            message.parts.append(Part(text=asked.text, media_type="text/plain"))
        if asked.data is not None:
            message.parts.append(Part(data=ParseDict(cast("Any", asked.data), Value()), media_type="application/json"))
        if asked.delegation is not None:
            message.extensions.append(DELEGATION)
            ParseDict({DELEGATION: asked.delegation}, message.metadata)
        configuration = SendMessageConfiguration(
            accepted_output_modes=["text/plain", "application/json", "*/*"],
            history_length=0,
            return_immediately=not self._terms.streaming,
        )
        return SendMessageRequest(message=message, configuration=configuration)

    @asynccontextmanager
    async def _client(self) -> AsyncGenerator[Client]:
        """The library's client for the one interface that was judged."""
        from a2a.client.client import ClientConfig
        from a2a.client.client_factory import ClientFactory
        from a2a.types.a2a_pb2 import AgentCapabilities, AgentCard, AgentInterface

        chosen = self._terms.interface
        card = AgentCard(
            name=self._peer.name,
            capabilities=AgentCapabilities(streaming=self._terms.streaming),
            supported_interfaces=[
                AgentInterface(
                    url=chosen.url,
                    protocol_binding=chosen.binding,
                    protocol_version=chosen.version,
                    tenant=chosen.tenant,
                )
            ],
        )
        async with over_http(self._peer, self._wire, self._meter) as http:
            if self._secret:
                coded = base64.b64encode(self._secret.encode()).decode()
                shown = self._terms.scheme.replace("{base64}", coded).replace("{}", self._secret)
                http.headers[self._terms.header] = shown
            config = ClientConfig(httpx_client=http, supported_protocol_bindings=[chosen.binding])
            yield ClientFactory(config).create(card)

    # What can go wrong

    async def _done(self, work: Coroutine[Any, Any, _T], limit_s: float, what: str, *, sent: bool) -> _T:
        """What came of a request that is answered at once."""
        task = asyncio.get_running_loop().create_task(work)
        try:
            await asyncio.wait({task}, timeout=limit_s)
            if not task.done():
                raise DeadlineError(f"{self._peer.name} did not {what}")
            error = task.exception()
            if error is not None:
                raise self._named(error, sent=sent)
            return task.result()
        finally:
            await _ended(task)

    async def _fault(self, error: BaseException, following: Following) -> ErgosError:
        """One of our errors for whatever was raised while a message was sent or its task followed."""
        found = self._named(error, sent=self._sending and self._meter.connected)
        if not isinstance(found, InDoubtError) or not following.task:
            return found
        # The task is known: once it is over, nothing about it is in doubt.
        if await self._stopped(following):
            return ToolFailedError(f"{found.what}; its task is {following.state}")
        return found

    def _named(self, error: BaseException, *, sent: bool) -> ErgosError:
        """`sent`: it may have had an effect."""
        from a2a.client.errors import A2AClientError
        from a2a.utils import errors as wire

        if self._meter.fault is not None:
            doubtful = sent and not self._meter.turned_away
            return InDoubtError(self._meter.fault.what) if doubtful else self._meter.fault
        if isinstance(error, BusError):
            return InDoubtError(error.what) if sent else error
        if isinstance(error, ErgosError):
            return error
        refused = _refusal(error)
        if isinstance(refused, EgressRefusedError):
            return refused
        told = harmless(self._masked(str(error)), COMPLAINT_CHARS_MAX)
        if refused is not None:
            return ToolFailedError(f"{self._peer.name} refused: {refused}")
        if isinstance(error, wire.A2AError) and not isinstance(
            error, A2AClientError | wire.InternalError | wire.InvalidAgentResponseError
        ):
            return ToolFailedError(f"{self._peer.name} refused: {told}")
        why = f"{self._peer.name} did not answer as it should ({type(error).__name__}: {told})"
        return InDoubtError(why) if sent else fault(why)

    def _masked(self, text: str) -> str:
        return text.replace(self._secret, "***") if self._secret else text


def _refusal(error: BaseException) -> EgressRefusedError | str | None:
    """What a failure says for certain: it never left, or was turned away at the door; None if it says nothing."""
    import httpx

    seen: BaseException | None = error
    for _ in range(10):
        if seen is None:
            return None
        if isinstance(seen, EgressRefusedError):
            return seen
        if isinstance(seen, httpx.HTTPStatusError):
            status = seen.response.status_code
            return f"it answered with the status {status}" if 400 <= status < 500 and status != 408 else None
        seen = seen.__cause__ or seen.__context__
    return None


def _holds(task: Task, message_id: str) -> bool:
    return any(message.message_id == message_id for message in task.history)


def _context(asked: Ask, silence_s: float | None) -> ClientCallContext:
    """The header that says which extension is used, and how long an answer may take; None: the usual time."""
    from a2a.client.client import ClientCallContext
    from a2a.client.service_parameters import ServiceParametersFactory, with_a2a_extensions

    used = [] if asked.delegation is None else [DELEGATION]
    parameters = ServiceParametersFactory.create([with_a2a_extensions(used)])
    return ClientCallContext(service_parameters=parameters, timeout=silence_s)


async def _ended(task: asyncio.Task[Any]) -> None:
    """It lets go, and whatever it raised by then was looked at."""
    if not task.done():
        task.cancel()
        await asyncio.wait({task}, timeout=GIVE_UP_S)
    if task.done() and not task.cancelled():
        task.exception()
