"""What stands at each path of the namespace, read from a store beside its kernel.

Rules: reads only; every answer is bounded; values are shown unpacked, records with their time in UTC.
"""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from typing import Final, cast

import msgspec

from ergos.app.home import Home
from ergos.app.team import INBOX_SHOWN, team_of
from ergos.app.views.calls import Assembly
from ergos.app.views.own import CallRow
from ergos.base.canonical import Plain
from ergos.base.clock import SECOND
from ergos.base.errors import UnknownPathError, UnknownProcessError
from ergos.base.ids import Digest, Pid
from ergos.base.money import Amount, format_money
from ergos.drivers.sqlite_reads import SqliteReads
from ergos.kernel.events import decode_body
from ergos.kernel.history import Past, history
from ergos.kernel.journal import Sealed
from ergos.kernel.ledger import Meter
from ergos.kernel.namespace import Place
from ergos.kernel.packages import Definition
from ergos.kernel.permission.grants import Grant
from ergos.kernel.permission.policy import Ask
from ergos.kernel.permission.sentences import explained, sentence
from ergos.kernel.permission.wording import named, quoted
from ergos.kernel.ports import Store
from ergos.kernel.rows import Item, Loaded, Watch
from ergos.kernel.values import Packed
from ergos.runtime.vault import Vault

RECORDS_SHOWN: Final = 1_000  # records of a process's journal shown under /proc; `ergos journal` shows all
NOTES_SHOWN: Final = 1_000  # entries of a persistent memory shown
AGENTS_SCANNED: Final = 10_000  # processes looked at for the names of agents


def moment(at_ns: int) -> str:
    """UTC, ISO 8601 to the millisecond."""
    return (
        datetime.fromtimestamp(at_ns // SECOND, UTC).strftime("%Y-%m-%dT%H:%M:%S")
        + f".{at_ns % SECOND // 1_000_000:03d}Z"
    )


def plain(value: object) -> Plain:
    """A record as plain data."""
    return cast("Plain", msgspec.json.decode(msgspec.json.encode(value)))  # packed values are JSON already


def record_plain(record: Sealed) -> dict[str, Plain]:
    """A record with its place and time; values stay packed as they were written."""
    body = cast("dict[str, Plain]", msgspec.json.decode(record.body))
    place: dict[str, Plain] = {
        "seq": record.seq,
        "pid": int(record.pid),
        "turn": record.turn,
        "at": moment(record.at_ns),
    }
    return {**place, **body}


class Catalogue:
    """`namespace.Reads` on a home."""

    def __init__(self, home: Home, reads: SqliteReads) -> None:
        self._home: Final = home
        self._reads: Final = reads
        # A vault reads blobs and nothing else of a store.
        self._vault: Final = Vault(cast("Store", reads))

    async def names(self, place: Place, limit: int) -> tuple[str, ...]:
        """Names below a folder."""
        match place.route.pattern:
            case "/proc":
                return tuple(str(found.pid) for found in await self._reads.processes(live_only=False, limit=limit))
            case "/ledger":
                _, meters = await self._reads.books(("owner/*",))
                return tuple(sorted(key.removeprefix("owner/") for key in meters))[:limit]
            case "/agents":
                return tuple(sorted(await self._agents()))[:limit]
            case _:
                return ()

    async def value(self, place: Place) -> Plain:
        """What stands at a place."""
        match place.route.pattern:
            case "/inbox":
                return [await self.item(item) for item in await self._reads.items(None, INBOX_SHOWN)]
            case "/ledger/{owner}":
                return await self.account(place.name)
            case "/agents/{agent}":
                digest = (await self._agents()).get(place.name)
                if digest is None:
                    raise UnknownPathError(f"no agent named {place.name!r} was started here")
                return await self.shown(digest)
            case pattern:
                return await self._of_process(place.pid, pattern.rpartition("/")[2])

    async def _of_process(self, pid: Pid, what: str) -> Plain:
        found = await self._loaded(pid)
        process = found.process
        match what:
            case "state":
                view = await team_of(self._home, self._reads, pid)
                shown = cast("dict[str, Plain]", plain(view.members[0]))
                return {**shown, "outcome": await self.unpacked(process.outcome), "waiting": [i.id for i in view.items]}
            case "journal":
                newest: deque[dict[str, Plain]] = deque(maxlen=RECORDS_SHOWN)
                async for record in self.records(pid):
                    newest.append(record)
                return list(newest)
            case "calls":
                return await self._calls(found)
            case "mail":
                return [
                    {"id": mail.id, "sender": int(mail.sender), "body": await self.unpacked(mail.body)}
                    for mail in found.mail
                ]
            case "triggers":
                return [_trigger(watch) for watch in await self._reads.watches(pid)]
            case "memory":
                notes = await self._reads.notes(process.owner, process.agent, "", NOTES_SHOWN)
                kept: dict[str, Plain] = {
                    note.key: await self.unpacked(note.value) for note in notes if note.value is not None
                }
                return {"turn": await self.unpacked(process.memory), "kept": kept}
            case "definition":
                return await self.shown(process.definition)
            case _:
                definition = await self.definition(process.definition)
                return [sentence(grant, self._home.settings.language) for grant in definition.grants]

    async def unpacked(self, packed: Packed) -> Plain:
        """The value itself."""
        return await self._vault.value(packed)

    async def outcome(self, pid: Pid) -> Plain:
        """What a process returned. Raises: UnknownProcessError."""
        return await self.unpacked((await self._loaded(pid)).process.outcome)

    async def item(self, item: Item) -> dict[str, Plain]:
        """An inbox item with its exact call; its text in the language of the settings."""
        call = await self.unpacked(item.call)
        return {
            "number": item.id,
            "kind": item.kind,
            "pid": int(item.pid),
            "owner": item.owner,
            "text": await self._text(item, call),
            "call": call,
            "asked": moment(item.asked_ns),
            "expires": moment(item.expires_ns) if item.expires_ns is not None else None,
        }

    async def _text(self, item: Item, call: Plain) -> str:
        """What an item asks. It was written down in English; what it was made of is in the call."""
        if self._home.settings.language != "zh" or not isinstance(call, dict) or "tool" not in call:
            return item.text
        found = await self._reads.load((item.pid,))
        return chinese(item, call, found[0].process.agent if found else "")

    async def records(self, pid: Pid | None, after: int = 0) -> AsyncIterator[dict[str, Plain]]:
        """Records of a process, or all of them, in order."""
        async for record in self._reads.records(after=after, pid=pid):
            yield record_plain(record)

    async def account(self, owner: str) -> dict[str, Plain]:
        """What an owner spent and holds: in all, by day and by agent. Raises: UnknownPathError."""
        keys = (f"owner/{owner}", f"day/{owner}/*", f"agent/{owner}/*")
        _, meters = await self._reads.books(keys)
        if f"owner/{owner}" not in meters:
            raise UnknownPathError(f"{owner!r} has no account: nothing of theirs has cost anything yet")
        days = {key: meter for key, meter in meters.items() if key.startswith(f"day/{owner}/")}
        agents = {key: meter for key, meter in meters.items() if key.startswith(f"agent/{owner}/")}
        return {
            "owner": owner,
            "total": _meter(meters[f"owner/{owner}"]),
            "days": {
                moment(int(key.rpartition("/")[2]) * 86_400 * SECOND)[:10]: _meter(meter) for key, meter in days.items()
            },
            "agents": {key.removeprefix(f"agent/{owner}/"): _meter(meter) for key, meter in agents.items()},
        }

    async def definition(self, digest: Digest) -> Definition:
        """A version of an agent. Raises: UnknownPathError."""
        body = (await self._reads.blobs((digest,))).get(digest)
        if body is None:
            raise UnknownPathError(f"the definition {digest[:16]}… is not in the store")
        return msgspec.json.decode(body, type=Definition)

    async def grants_of(self, owner: str) -> dict[str, tuple[Grant, ...]]:
        """What the definitions of an owner's processes bring along, by agent."""
        found: dict[str, tuple[Grant, ...]] = {}
        known: set[Digest] = set()
        after, scanned = Pid(0), 0
        while scanned < AGENTS_SCANNED and (
            rows := await self._reads.processes(owner=owner, live_only=False, after=after)
        ):
            for row in rows:
                if row.definition not in known:
                    known.add(row.definition)
                    definition = await self.definition(row.definition)
                    found[row.agent] = (*found.get(row.agent, ()), *definition.grants)
            after, scanned = rows[-1].pid, scanned + len(rows)
        return found

    async def _loaded(self, pid: Pid) -> Loaded:
        found = await self._reads.load((pid,))
        if not found:
            raise UnknownProcessError(f"there is no process {pid}")
        return found[0]

    async def _calls(self, found: Loaded) -> Plain:
        process = found.process
        if not process.turn_open:
            return []
        records = await self._reads.turn(process.pid, process.turn)
        past = history((record.at_ns, decode_body(record.body)) for record in records)
        assembly = Assembly()
        for record in records:
            assembly.take(record)
        return [_call(key, past[key], made.row()) for (_, key), made in assembly.made.items() if key in past]

    async def _agents(self) -> dict[str, Digest]:
        """Newest definition by agent."""
        found: dict[str, Digest] = {}
        after, scanned = Pid(0), 0
        while scanned < AGENTS_SCANNED and (rows := await self._reads.processes(live_only=False, after=after)):
            for row in rows:
                found[row.agent] = row.definition
            after, scanned = rows[-1].pid, scanned + len(rows)
        return found

    async def shown(self, digest: Digest) -> Plain:
        """A version of an agent as data, its grants in sentences. Raises: UnknownPathError."""
        definition = await self.definition(digest)
        shown = cast("dict[str, Plain]", plain(definition))
        shown["grants"] = [sentence(grant, self._home.settings.language) for grant in definition.grants]
        return shown


def chinese(item: Item, call: Mapping[str, Plain], agent: str) -> str:
    """What an approval or a doubt asks, in Chinese; the kernel's own words of the case stay as a quotation."""
    tool = named(str(call["tool"]), "zh")
    if item.kind == "doubt":
        return f"无法确定 {tool} 是否已经执行（详情：{quoted(item.text, 'zh')}），请您决定。"
    if item.kind != "approval":
        return item.text
    rule, why = str(call.get("rule", "grant")), str(call.get("why", ""))
    effect = _EFFECTS_ZH.get(str(call.get("effect")), str(call.get("effect")))
    reason = explained(Ask(str(call.get("grant", "")), "" if rule == "grant" else why, rule), "zh")
    most = str(call.get("costs_at_most", ""))
    cost = f"，最多花费 {most}" if most not in ("", format_money(0)) else ""
    return f"{named(agent, 'zh')} 请求执行 {tool}（{effect}{cost}）。{reason}"


_EFFECTS_ZH: Final = {
    "pure": "不改变任何东西",
    "idempotent": "重复执行与执行一次相同",
    "reconcilable": "可以查明是否已经发生",
    "irreversible": "无法撤回",
}


def _call(key: str, past: Past, row: CallRow) -> dict[str, Plain]:
    """A call of the open turn; how long it waited for its owner, was in a queue, and was performed; null: not known."""
    return {
        "key": key,
        "call": f"{past.call.kind} {past.call.name}",
        "effect": past.call.effect,
        "stands": _stands(past),
        "waited_ns": row.waited_ns,
        "queued_ns": row.queued_ns if row.ended_ns is not None else None,
        "ran_ns": row.ran_ns if row.ended_ns is not None else None,
    }


def _stands(past: Past) -> str:
    if past.result is not None:
        return "answered" if getattr(past.result, "failure", None) is None else "failed"
    if past.doubt is not None:
        return "in doubt"
    if past.asked is not None and past.verdict is None:
        return "waits for its owner"
    return "under way"


def _meter(meter: Meter) -> dict[str, Plain]:
    return {"spent": _amount(meter.spent), "held": _amount(meter.held)}


def _amount(amount: Amount) -> dict[str, Plain]:
    return {"money": format_money(amount.microusd), "microusd": amount.microusd, "tokens": amount.tokens}


def _trigger(watch: Watch) -> Plain:
    return {
        "name": watch.trigger.name,
        "trigger": cast("Plain", msgspec.to_builtins(watch.trigger)),
        "timezone": watch.timezone,
        "next": moment(watch.due_ns) if watch.due_ns is not None else None,
        "told": watch.fired,
        "fault": watch.fault or None,
        "faulty_since": moment(watch.faulty_ns) if watch.faulty_ns else None,
    }
