"""A conversation with an IMAP server in which nothing is changed there. Blocks; one thread, one conversation.

Rules: over TLS with the server's name verified, except to this machine itself; a folder is opened for reading only and
letters are peeked at, so that nothing becomes read. What a server sends is bounded, in each piece and in all.

Source: RFC 3501 (IMAP4rev1), RFC 9051; section 5.1.3 of the former for names of folders.
"""

from __future__ import annotations

import base64
import contextlib
import datetime
import imaplib
import re
import socket
import ssl
from collections.abc import Generator
from typing import Final, Self

import msgspec

from ergos.base.errors import SettingsError, WorldError
from ergos.base.limits import MIB
from ergos.kernel.trigger_settings import Account

CONNECT_S: Final = 20.0  # seconds without a word from the server
LETTER_BYTES_MAX: Final = 1 * MIB  # bytes fetched of one letter: its text comes first, large files after it
ANSWER_BYTES_MAX: Final = 2 * MIB  # bytes of one literal; nothing longer is ever asked for
TALK_BYTES_MAX: Final = 96 * MIB  # bytes of one conversation
UIDS_MAX: Final = 100_000  # numbers taken from one search

LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_UID: Final = re.compile(rb"\bUID (\d{1,10})\b")
_SIZE: Final = re.compile(rb"\bRFC822\.SIZE (\d{1,12})\b")
_DATE: Final = re.compile(
    rb'INTERNALDATE "[ ]?(\d{1,2})-([A-Z][a-z]{2})-(\d{4}) (\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)"'
)
_UNSAFE: Final = re.compile(r"[^\x20-\x7e]")


class Folder(msgspec.Struct, frozen=True):
    """A folder as it is now."""

    validity: int
    """Numbers of letters mean something only under the same one."""
    upcoming: int
    """The number the next letter gets, or less."""


class Fetched(msgspec.Struct, frozen=True, kw_only=True):
    """A letter as it lies there."""

    uid: int
    size: int
    arrived_s: int
    """By the server's clock; 0: it did not say."""
    raw: bytes
    """Its first bytes."""


class _Bounded:
    """Counts what comes."""

    _left = TALK_BYTES_MAX

    def read(self, size: int) -> bytes:
        """A literal. Raises: IMAP4.abort for one that is too large."""
        if size > ANSWER_BYTES_MAX:
            raise imaplib.IMAP4.abort(f"the server sends {size:,} bytes where {ANSWER_BYTES_MAX:,} are the most")
        self._count(size)
        return super().read(size)  # type: ignore[misc]

    def readline(self) -> bytes:
        """A line."""
        line: bytes = super().readline()  # type: ignore[misc]
        self._count(len(line))
        return line

    def _count(self, size: int) -> None:
        self._left -= size
        if self._left < 0:
            raise imaplib.IMAP4.abort("the server does not stop talking")


class _Plain(_Bounded, imaplib.IMAP4):
    pass


class _Secured(_Bounded, imaplib.IMAP4_SSL):
    pass


class ImapTalk:
    """One conversation; `with ImapTalk(account, password) as talk`."""

    def __init__(self, account: Account, password: str) -> None:
        self._account: Final = account
        self._password: Final = password
        self._client: imaplib.IMAP4 | None = None
        self._given_up = False

    def __enter__(self) -> Self:
        """Connect and sign in. Raises: WorldError, SettingsError."""
        account = self._account
        if account.security == "none" and account.host not in LOOPBACK:
            raise SettingsError(f"mail of {account.host} without TLS", remedy="set security = 'tls' in [mailboxes]")
        with self._failing("cannot be reached"):
            context = ssl.create_default_context(cafile=account.ca_file or None)
            if account.security == "tls":
                self._client = _Secured(account.host, account.port, ssl_context=context, timeout=CONNECT_S)
            else:
                self._client = _Plain(account.host, account.port, timeout=CONNECT_S)
            if self._given_up:
                self.give_up()
            if account.security == "starttls":
                self._client.starttls(ssl_context=context)
        with contextlib.ExitStack() as unless_let_in:
            unless_let_in.callback(self.__exit__)
            self._sign_in(self._client)
            unless_let_in.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        """End it."""
        client, self._client = self._client, None
        if client is not None:
            with contextlib.suppress(imaplib.IMAP4.error, OSError, ValueError):
                client.logout()
            with contextlib.suppress(OSError, ValueError):
                client.shutdown()  # where the server did not say goodbye

    def give_up(self) -> None:
        """Cut the line, from another thread."""
        self._given_up = True
        client = self._client
        if client is not None:
            with contextlib.suppress(OSError):
                client.sock.shutdown(socket.SHUT_RDWR)

    def examine(self, folder: str) -> Folder:
        """Open a folder for reading. Raises: WorldError."""
        client = self._open()
        with self._failing(f"does not open the folder {folder[:80]!r}"):
            answer, said = client.select(_quoted(encoded(folder)), readonly=True)
            if answer != "OK":
                raise WorldError(f"{self._account.host} has no folder {folder[:80]!r}: {_shown(said)}")
            validity, upcoming = _number(client, "UIDVALIDITY"), _number(client, "UIDNEXT")
        if not validity:
            raise WorldError(f"{self._account.host} gives letters no lasting numbers (UIDVALIDITY)")
        return Folder(validity, upcoming)

    def from_uid(self, first: int) -> list[int]:
        """Numbers of letters from this one on, ascending. Raises: WorldError."""
        # The last letter answers to '*' even where its number is lower.
        return [uid for uid in self._search(f"UID {first}:*") if uid >= first]

    def since(self, arrived_s: int) -> list[int]:
        """Numbers of letters that arrived on this day (UTC) or the one before it, or later. Raises: WorldError."""
        day = datetime.datetime.fromtimestamp(max(0, arrived_s - 86_400), tz=datetime.UTC).date()
        return self._search(f"SINCE {day.day:02}-{_MONTHS[day.month - 1]}-{day.year}")

    def letter(self, uid: int) -> Fetched | None:
        """A letter; None: it is gone. Raises: WorldError."""
        return self._fetch(str(uid), f"BODY.PEEK[]<0.{LETTER_BYTES_MAX}>")

    def last(self) -> Fetched | None:
        """The head of the last letter; None: there is none. Raises: WorldError."""
        return self._fetch("*", "BODY.PEEK[HEADER]<0.65536>")

    def _search(self, criteria: str) -> list[int]:
        client = self._open()
        with self._failing("cannot search its mail"):
            answer, found = client.uid("SEARCH", criteria)
            if answer != "OK":
                raise WorldError(f"{self._account.host} cannot search its mail: {_shown(found)}")
            words = b" ".join(part for part in found if isinstance(part, bytes)).split()
            return sorted({int(word) for word in words[:UIDS_MAX] if word.isdigit() and len(word) <= 10})

    def _fetch(self, which: str, body: str) -> Fetched | None:
        client = self._open()
        with self._failing("does not give out a letter"):
            answer, found = client.uid("FETCH", which, f"(UID RFC822.SIZE INTERNALDATE {body})")
            if answer != "OK":
                return None
            about, raw = b"", b""
            for part in found:
                if isinstance(part, tuple):
                    about += b" " + part[0]
                    raw = raw or part[1]
                elif isinstance(part, bytes):
                    about += b" " + part
        uid, size = _UID.search(about), _SIZE.search(about)
        if uid is None or (which != "*" and uid[1] != which.encode()):
            return None
        return Fetched(
            uid=int(uid[1]),
            size=int(size[1]) if size else len(raw),
            arrived_s=_arrived_s(about),
            raw=raw[:ANSWER_BYTES_MAX],
        )

    def _sign_in(self, client: imaplib.IMAP4) -> None:
        user, password = self._account.user, self._password
        if any(letter in "\r\n\0" for letter in user + password):
            raise WorldError(
                "a user's name or password holds a line end", remedy="`ergos secret set NAME` stores it anew"
            )
        with self._failing("did not let us in"):
            if "AUTH=PLAIN" in client.capabilities:
                client.authenticate("PLAIN", lambda _: f"\0{user}\0{password}".encode())
            else:
                client.login(_quoted(user), password)

    def _open(self) -> imaplib.IMAP4:
        assert self._client is not None
        return self._client

    @contextlib.contextmanager
    def _failing(self, what: str) -> Generator[None]:
        """What breaks in here is a failure of the world."""
        try:
            yield
        except (imaplib.IMAP4.error, OSError, ValueError, EOFError) as error:
            raise WorldError(f"{self._account.host} {what}: {str(error)[:300]}") from error


def encoded(folder: str) -> str:
    """A folder's name as it goes over the wire: modified UTF-7."""
    out: list[str] = []
    wide = ""
    for letter in [*folder, ""]:
        if letter and _UNSAFE.match(letter):
            wide += letter
            continue
        if wide:
            text = base64.b64encode(wide.encode("utf-16-be", "replace")).decode().rstrip("=").replace("/", ",")
            out.append(f"&{text}-")
            wide = ""
        out.append("&-" if letter == "&" else letter)
    return "".join(out)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _number(client: imaplib.IMAP4, name: str) -> int:
    _, found = client.response(name)
    word = found[0] if found else None
    return int(word) if isinstance(word, bytes) and word.isdigit() and len(word) <= 10 else 0


def _arrived_s(about: bytes) -> int:
    found = _DATE.search(about)
    if found is None or (month := found[2].decode()) not in _MONTHS:
        return 0
    day, year, hour, minute, second = (int(found[number]) for number in (1, 3, 4, 5, 6))
    offset = (int(found[8]) * 60 + int(found[9])) * (1 if found[7] == b"+" else -1)
    try:
        moment = datetime.datetime(
            year, _MONTHS.index(month) + 1, day, hour, minute, min(second, 59), tzinfo=datetime.UTC
        )
    except ValueError:
        return 0
    return int(moment.timestamp()) - offset * 60


def _shown(said: object) -> str:
    return ascii(said)[:200]
