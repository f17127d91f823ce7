"""What an owner decided again and again, from the journal: approvals given and denied, questions answered alike, agents
started.

Rules: reads beside the kernel and changes nothing; only the owner's own decisions count, not those of time; arguments
are taken as the owner saw them.
"""

from __future__ import annotations

from typing import Final

import msgspec

from ergos.app.catalogue import Catalogue
from ergos.app.home import Home
from ergos.base.canonical import Plain
from ergos.base.ids import Pid
from ergos.drivers.sqlite_reads import SqliteReads
from ergos.kernel.calls import Call
from ergos.kernel.events import Answered, Asked, Spawned, decode_body

RECORDS_MAX: Final = 2_000_000  # records that are looked through, the newest; more takes minutes
DECISIONS_MAX: Final = 50_000  # decisions that are kept


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """An answer of the owner's to a request."""

    agent: str
    tool: str
    args: dict[str, Plain]
    approved: bool
    at_ns: int


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """An answer of the owner's to a question."""

    agent: str
    question: str
    answer: str
    at_ns: int


class Started(msgspec.Struct, frozen=True, kw_only=True):
    """A process that the owner started."""

    agent: str
    pid: Pid
    at_ns: int


class Decided(msgspec.Struct, frozen=True, kw_only=True):
    """All of it."""

    decisions: tuple[Decision, ...] = ()
    replies: tuple[Reply, ...] = ()
    started: tuple[Started, ...] = ()


class _Waiting(msgspec.Struct, frozen=True):
    """A request whose answer has not been read yet."""

    what: str
    call: Call


async def decided(home: Home, reads: SqliteReads, since_ns: int = 0) -> Decided:
    """What the home's owner decided since then."""
    catalogue = Catalogue(home, reads)
    owner = home.settings.owner
    agents: dict[Pid, str] = {}
    waiting: dict[int, _Waiting] = {}
    decisions: list[Decision] = []
    replies: list[Reply] = []
    started: list[Started] = []
    head = await reads.head()
    async for record in reads.records(after=max(0, head.seq - RECORDS_MAX)):
        body = decode_body(record.body)
        if isinstance(body, Spawned) and body.owner == owner:
            agents[record.pid] = body.agent
            if not body.parent and record.at_ns >= since_ns:
                started.append(Started(agent=body.agent, pid=record.pid, at_ns=record.at_ns))
        elif isinstance(body, Asked) and record.pid in agents:
            waiting[body.item] = _Waiting(body.what, body.call)
        elif isinstance(body, Answered) and body.item in waiting:
            asked = waiting.pop(body.item)
            if record.at_ns < since_ns or body.verdict == "expired" or len(decisions) >= DECISIONS_MAX:
                continue
            agent = agents[record.pid]
            args = {name: await catalogue.unpacked(value) for name, value in asked.call.args.items()}
            if asked.what == "approval" and asked.call.kind == "act" and body.verdict in ("approve", "deny"):
                approved = body.verdict == "approve"
                tool = asked.call.name
                decisions.append(Decision(agent=agent, tool=tool, args=args, approved=approved, at_ns=record.at_ns))
            elif asked.what == "question" and body.verdict == "answer":
                answer = await catalogue.unpacked(body.value)
                question = args.get("question")
                if isinstance(answer, str) and isinstance(question, str):
                    replies.append(Reply(agent=agent, question=question, answer=answer, at_ns=record.at_ns))
    return Decided(decisions=tuple(decisions), replies=tuple(replies), started=tuple(started))
