"""Mailbox triggers: letters that arrived, seen over IMAP and left as they are.

Rules: one conversation a look; nothing becomes read. A letter is known by its number under the folder's validity; where
a server numbers its letters anew, those count as new that arrived since the last one seen and were not told. Who wrote
a letter is what it says, and nothing vouches for it.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
from collections.abc import Mapping
from typing import Final

import msgspec

from ergos.base.canonical import Plain
from ergos.base.errors import PortMissingError, UsageError, ValueShapeError, WorldError
from ergos.drivers.watchers.imap import Fetched, Folder, ImapTalk
from ergos.drivers.watchers.letters import Letter, letter_of
from ergos.drivers.watchers.page_text import holds
from ergos.drivers.watchers.visits import Visits
from ergos.kernel.egress import Secrets
from ergos.kernel.trigger_settings import Account
from ergos.kernel.triggers import Happening, Looked, Mailbox, Watching

EVERY_S_MIN: Final = 30  # seconds between two looks at a mailbox; servers lock out whoever signs in more often
LETTERS_MAX: Final = 50  # letters of one look; the others are seen by the next
LOOK_S_MAX: Final = 60.0  # seconds of one look
TALKS_AT_ONCE: Final = 2  # conversations at once for one account; servers allow few
RENUMBERED_MAX: Final = 300  # letters looked through where a server numbered anew
RECENT_MAX: Final = 200  # letters remembered for a server that numbers anew

_MARK: Final = 8  # bytes


class Cursor(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What was seen of a folder."""

    validity: int
    uid: int
    """The last number seen."""
    arrived_s: int = 0
    """When the last letter arrived, by the server's clock."""
    recent: str = ""
    """Marks of the last letters."""


class MailboxWatcher:
    """Looks at mailboxes."""

    def __init__(self, accounts: Mapping[str, Account], secrets: Secrets | None, visits: Visits) -> None:
        self._accounts: Final = accounts
        self._secrets: Final = secrets
        self._visits: Final = visits
        self._talking: Final = {name: asyncio.Semaphore(TALKS_AT_ONCE) for name in accounts}

    async def look(self, trigger: Mailbox, cursor: Plain, watching: Watching) -> Looked:
        """What is new. Raises: UsageError, PortMissingError, ValueShapeError: it can never be looked at."""
        account = self._accounts.get(trigger.account)
        if account is None:
            named = ", ".join(sorted(self._accounts)) or "none"
            raise UsageError(
                f"no mailbox is called {trigger.account[:60]!r}",
                remedy=f"mailboxes there are: {named}; others are added in settings.toml under [mailboxes.NAME]",
            )
        if self._secrets is None:
            raise PortMissingError("there are no secrets here", remedy="`ergos secret set NAME` stores one")
        seen = None if cursor is None else _read(cursor)
        key, now_ns = (watching.pid, trigger.name), watching.now_ns
        try:
            talk = ImapTalk(account, self._secrets.get(account.secret))
            async with self._talking[trigger.account], asyncio.timeout(LOOK_S_MAX):
                now, happenings, more = await _apart(talk, trigger, seen)
        except TimeoutError:
            failed = self._visits.failed(f"{account.host} took longer than {LOOK_S_MAX:.0f} seconds", key, now_ns)
            return Looked(cursor=cursor, fault=failed.why, again_ns=failed.again_ns)
        except WorldError as error:
            failed = self._visits.failed(error.what, key, now_ns)
            return Looked(cursor=cursor, fault=failed.why, again_ns=failed.again_ns)
        again_ns = self._visits.again_ns(max(trigger.every_s, EVERY_S_MIN), key, now_ns)
        return Looked(happenings=happenings, cursor=msgspec.to_builtins(now), again_ns=now_ns if more else again_ns)


async def _apart(talk: ImapTalk, trigger: Mailbox, seen: Cursor | None) -> tuple[Cursor, tuple[Happening, ...], bool]:
    """`_looked` in a thread, which is not kept waiting once nobody waits for it."""
    work = asyncio.get_running_loop().run_in_executor(None, _looked, talk, trigger, seen)
    try:
        return await asyncio.shield(work)
    except asyncio.CancelledError:
        work.add_done_callback(lambda ended: ended.cancelled() or ended.exception())
        talk.give_up()
        raise


def _looked(talk: ImapTalk, trigger: Mailbox, seen: Cursor | None) -> tuple[Cursor, tuple[Happening, ...], bool]:
    """The cursor, what is told, and whether there is more."""
    with talk:
        folder = talk.examine(trigger.folder)
        if seen is None:
            return _beginning(talk, folder), (), False
        if folder.validity == seen.validity:
            if folder.upcoming and folder.upcoming <= seen.uid + 1:
                return seen, (), False
            uids = talk.from_uid(seen.uid + 1)
        else:
            uids = talk.since(seen.arrived_s)[-RENUMBERED_MAX:]
        return _letters(talk, trigger, folder, seen, uids)


def _beginning(talk: ImapTalk, folder: Folder) -> Cursor:
    last = talk.last()
    if last is None:
        return Cursor(validity=folder.validity, uid=max(0, folder.upcoming - 1))
    marks = [_mark(letter_of(last.raw, whole=True))]
    uid = max(last.uid, folder.upcoming - 1)
    return Cursor(validity=folder.validity, uid=uid, arrived_s=last.arrived_s, recent=_pack(marks))


def _letters(
    talk: ImapTalk, trigger: Mailbox, folder: Folder, seen: Cursor, uids: list[int]
) -> tuple[Cursor, tuple[Happening, ...], bool]:
    renumbered = folder.validity != seen.validity
    recent = _unpack(seen.recent)
    happenings: list[Happening] = []
    last, arrived_s = 0 if renumbered else seen.uid, seen.arrived_s
    for uid in uids if renumbered else uids[:LETTERS_MAX]:
        fetched = talk.letter(uid)
        last = max(last, uid)
        if fetched is None:
            continue  # deleted since the search
        letter = letter_of(fetched.raw, whole=len(fetched.raw) >= fetched.size)
        mark = _mark(letter)
        if renumbered and (fetched.arrived_s < seen.arrived_s or mark in recent):
            continue
        arrived_s = max(arrived_s, fetched.arrived_s)
        recent.append(mark)
        if _fits(trigger, letter):
            happenings.append(_happening(folder, fetched, letter))
    upcoming = folder.upcoming - 1 if renumbered else 0
    now = Cursor(validity=folder.validity, uid=max(last, upcoming), arrived_s=arrived_s, recent=_pack(recent))
    return now, tuple(happenings), not renumbered and len(uids) > LETTERS_MAX


def _fits(trigger: Mailbox, letter: Letter) -> bool:
    wanted = trigger.sender.strip().lower()
    if wanted.startswith("@"):
        if not letter.sender.endswith(wanted):
            return False
    elif wanted and letter.sender != wanted:
        return False
    return not trigger.subject.strip() or holds(letter.subject, trigger.subject)


def _happening(folder: Folder, fetched: Fetched, letter: Letter) -> Happening:
    value: Plain = {
        "from": letter.shown,
        "sender": letter.sender,
        "subject": letter.subject,
        "date": letter.date,
        "arrived_s": fetched.arrived_s or None,
        "message_id": letter.message_id,
        "uid": fetched.uid,
        "size": fetched.size,
        "text": letter.text,
        "cut": letter.cut,
        "attachments": [{"name": one.name, "size": one.size} for one in letter.attachments],
    }
    return Happening(key=f"{folder.validity}-{fetched.uid}", value=value)


def _mark(letter: Letter) -> bytes:
    said = f"{letter.message_id}\0{letter.date}\0{letter.shown}\0{letter.subject}"
    return hashlib.blake2b(said.encode("utf-8", "replace"), digest_size=_MARK).digest()


def _pack(marks: list[bytes]) -> str:
    return base64.b64encode(b"".join(marks[-RECENT_MAX:])).decode()


def _unpack(text: str) -> list[bytes]:
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueShapeError("the cursor of a mailbox cannot be read") from error
    return [raw[at : at + _MARK] for at in range(0, len(raw), _MARK)]


def _read(cursor: Plain) -> Cursor:
    try:
        return msgspec.convert(cursor, Cursor)
    except msgspec.ValidationError as error:
        raise ValueShapeError(f"the cursor of a mailbox cannot be read: {error}") from error
