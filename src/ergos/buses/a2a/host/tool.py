"""The tools of one peer, as the kernel knows tools: `ask` it something, `look` how a task stands, `cancel` one.

A question to a peer is an effect: it leaves for another reader, and what the peer does with it cannot be seen. After a
crash it is looked for among the peer's tasks by the id of its message, which is the same for every repetition of one
call. That it is found proves that it happened; that it is not found proves nothing, unless the peer has said that it
knows its messages again. Then its owner decides.

Rules: arguments are judged before anything leaves; what comes back is a stranger's.
"""

from __future__ import annotations

from typing import Final, Literal, Protocol, TypeAlias, cast

import msgspec

from ergos.base.canonical import Plain, digest_of, encode
from ergos.base.errors import ErgosError, ToolFailedError
from ergos.base.ids import Digest
from ergos.base.limits import MIB
from ergos.base.money import FREE, Price
from ergos.buses.a2a.host.handles import HANDLE_CHARS_MAX
from ergos.buses.a2a.host.terms import Terms
from ergos.kernel.labels import TRUSTED, UNTRUSTED
from ergos.kernel.mounts import ToolDefinition
from ergos.kernel.packages import Absent, Errand, Performed, ToolSpec
from ergos.kernel.peers import FAMILY, PeerSettings

Verb: TypeAlias = Literal["ask", "look", "cancel"]
VERBS: Final[tuple[Verb, ...]] = ("ask", "look", "cancel")

MESSAGE_BYTES_MAX: Final = 1 * MIB  # bytes of one message; larger things are files at an address
GRACE_S: Final = 30.0  # seconds besides a peer's deadline, in which it is told that it was given up
LOOK_S: Final = 30.0  # seconds for a look at a task, or to cancel one

_TASK: Final = {"type": "string", "description": "`task` of an earlier answer", "maxLength": HANDLE_CHARS_MAX}
_PARAMETERS: Final[dict[Verb, dict[str, object]]] = {
    "ask": {
        "type": "object",
        "properties": {
            "message": {"type": "string", "description": "What is asked, in words"},
            "data": {"description": "What is handed over besides, as JSON"},
            "task": {**_TASK, "description": "`task` of an earlier answer that this one goes on with"},
            "wait_s": {"type": "number", "description": "Seconds after which the task is left to itself; `look` later"},
        },
        "required": ["message"],
        "additionalProperties": False,
    },
    "look": {"type": "object", "properties": {"task": _TASK}, "required": ["task"], "additionalProperties": False},
    "cancel": {"type": "object", "properties": {"task": _TASK}, "required": ["task"], "additionalProperties": False},
}


class Asked(Protocol):
    """The peer a tool belongs to."""

    async def ask(self, tool: PeerTool, args: dict[str, Plain], errand: Errand) -> dict[str, Plain]:
        """Send a message; what came of it. Raises: ErgosErrors."""
        ...

    async def adopt(self, tool: PeerTool, args: dict[str, Plain], errand: Errand) -> dict[str, Plain] | Absent:
        """What came of a message that may have been sent. Raises: ErgosErrors."""
        ...

    async def look(self, tool: PeerTool, args: dict[str, Plain], errand: Errand) -> dict[str, Plain]:
        """How a task stands. Raises: ErgosErrors."""
        ...

    async def cancel(self, tool: PeerTool, args: dict[str, Plain], errand: Errand) -> dict[str, Plain]:
        """Stop a task. Raises: ErgosErrors."""
        ...


class PeerTool:
    """One tool of a peer, under the card that was approved."""

    def __init__(self, verb: Verb, peer: PeerSettings, terms: Terms, definition: ToolDefinition, asked: Asked) -> None:
        self.verb: Final = verb
        self._asked: Final = asked
        self._spec: Final = spec_of(verb, peer, terms)
        self._digest: Final = digest_of([msgspec.to_builtins(self._spec), definition.digest, peer.identity])

    @property
    def spec(self) -> ToolSpec:
        """Its definition, as the owner lets it be used."""
        return self._spec

    @property
    def digest(self) -> Digest:
        """Over the spec, the peer's card and where it is asked."""
        return self._digest

    def misfit(self, args: dict[str, Plain]) -> str:
        """What is wrong with the arguments, or ''. Total."""
        known = cast("dict[str, object]", _PARAMETERS[self.verb]["properties"])
        unknown = sorted(args.keys() - known.keys())
        if unknown:
            return f"it takes no {unknown[0][:60]!r}; it takes {', '.join(known)}"
        if wrong := _task_misfit(args, needed=self.verb != "ask"):
            return wrong
        return _message_misfit(args) if self.verb == "ask" else ""

    async def run(self, args: dict[str, Plain], errand: Errand) -> Performed:
        """Do it. Raises: ToolFailedError, ToolChangedError, BusError, InDoubtError and others."""
        if wrong := self.misfit(args):
            raise ToolFailedError(f"{self._spec.name} was not called: {wrong}", remedy="change the arguments")
        if self.verb == "ask":
            return self._performed(await self._asked.ask(self, args, errand))
        if self.verb == "look":
            return self._performed(await self._asked.look(self, args, errand))
        return self._performed(await self._asked.cancel(self, args, errand))

    async def probe(self, args: dict[str, Plain], errand: Errand) -> Performed | Absent:
        """Whether a message was sent, by asking the peer for its task. Raises: ToolFailedError and others."""
        found = await self._asked.adopt(self, args, errand)
        return found if isinstance(found, Absent) else self._performed(found)

    def _performed(self, value: dict[str, Plain]) -> Performed:
        return Performed(value=cast("Plain", value), label=TRUSTED if self._spec.trusted else UNTRUSTED)


def spec_of(verb: Verb, peer: PeerSettings, terms: Terms) -> ToolSpec:
    """A tool as its owner lets it be used."""
    said = {
        "ask": f"Ask the peer {peer.name} something and wait for what comes of it. It says of itself: {terms.summary}",
        "look": f"How a task at the peer {peer.name} stands.",
        "cancel": f"Ask the peer {peer.name} to stop a task.",
    }
    asks = verb == "ask"
    price = peer.price if peer.price is not None else terms.price
    return ToolSpec(
        name=f"{FAMILY}.{peer.name}.{verb}",
        summary=said[verb],
        parameters=_PARAMETERS[verb],
        effect=terms.effect if asks else "pure" if verb == "look" else "idempotent",
        # A task there is the owner's own; to stop it tells the peer nothing else.
        reach="others" if asks else "read" if verb == "look" else "own",
        # A task can only be named by what this peer gave for this owner: nothing can be said with it.
        roles={"task": "plain", **({"message": "text", "data": "text", "wait_s": "plain"} if asks else {})},
        trusted=peer.trusted,
        price=Price(microusd_per_call=price) if asks and price else FREE,
        deadline_s=(peer.deadline_s if asks else LOOK_S) + GRACE_S,
        queue=f"a2a.{peer.name}",
    )


def _task_misfit(args: dict[str, Plain], *, needed: bool) -> str:
    task = args.get("task")
    if task is None:
        return "it needs the `task` of an earlier answer" if needed else ""
    if not isinstance(task, str) or not 0 < len(task) <= HANDLE_CHARS_MAX:
        return "`task` is none that was given in an earlier answer"
    return ""


def _message_misfit(args: dict[str, Plain]) -> str:
    message, wait_s = args.get("message"), args.get("wait_s")
    if not isinstance(message, str) or not message.strip():
        return "it needs a `message` of words"
    if wait_s is not None and (isinstance(wait_s, bool) or not isinstance(wait_s, int | float) or not wait_s > 0):
        return "`wait_s` is no number of seconds"
    try:
        size = len(encode(args, what="the message"))
    except ErgosError as error:
        return error.what
    return f"the message has {size:,} bytes; at most {MESSAGE_BYTES_MAX:,} are sent" if size > MESSAGE_BYTES_MAX else ""
