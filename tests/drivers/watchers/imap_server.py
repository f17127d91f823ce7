"""A small IMAP4rev1 server: one user, some folders, real numbers, flags that a read letter gets."""

from __future__ import annotations

import base64
import contextlib
import re
import socket
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

USER, PASSWORD = "ada@example.org", "s3cret ü"


@dataclass
class Mail:
    uid: int
    raw: bytes
    arrived: str = "26-Nov-2026 08:00:00 +0000"
    seen: bool = False


@dataclass
class Box:
    validity: int = 700
    upcoming: int = 1
    mails: list[Mail] = field(default_factory=list)


class ImapServer:
    """Threads; one for each line."""

    def __init__(self, *, tls: ssl.SSLContext | None = None, starttls: bool = False, plain_auth: bool = True) -> None:
        self.boxes: dict[str, Box] = {"INBOX": Box()}
        self.commands: list[str] = []
        self.logins = 0
        self.open_lines = 0
        self.says: dict[str, bytes] = {}
        """Raw bytes that answer a verb in place of the honest answer; {tag} is replaced."""
        self.without_next = False
        self._tls, self._starttls, self._plain_auth = tls, starttls, plain_auth
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._lines: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def arrives(self, raw: bytes | str, box: str = "INBOX", **more: Any) -> Mail:
        there = self.boxes[box]
        text = raw if isinstance(raw, bytes) else raw.encode()
        mail = Mail(there.upcoming, text, **more)
        there.mails.append(mail)
        there.upcoming += 1
        return mail

    def numbers_anew(self, box: str = "INBOX", *, first: int = 1) -> None:
        there = self.boxes[box]
        there.validity += 1
        for number, mail in enumerate(there.mails):
            mail.uid = first + number
        there.upcoming = first + len(there.mails)

    def close(self) -> None:
        for line in (self._listener, *self._lines):
            with contextlib.suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()
        for thread in self._threads:
            thread.join()

    def _serve(self) -> None:
        while True:
            try:
                line, _ = self._listener.accept()
            except OSError:
                return
            line.settimeout(20)
            self._lines.add(line)
            thread = threading.Thread(target=self._talk, args=(line,))
            self._threads.append(thread)
            thread.start()

    def _talk(self, line: socket.socket) -> None:
        self.open_lines += 1
        try:
            with contextlib.suppress(OSError, ssl.SSLError):
                if self._tls is not None and not self._starttls:
                    with self._tls.wrap_socket(line, server_side=True) as secured:
                        self._converse(secured)
                else:
                    self._converse(line)
        finally:
            self.open_lines -= 1
            self._lines.discard(line)
            line.close()

    def _converse(self, line: socket.socket, *, greets: bool = True) -> None:
        file = line.makefile("rwb")
        box: Box | None = None
        with file:

            def say(*texts: bytes | str) -> None:
                for text in texts:
                    file.write((text if isinstance(text, bytes) else text.encode()) + b"\r\n")
                file.flush()

            if greets:
                say(self.says.get("GREETING", b"* OK ready"))
            while words := file.readline():
                tag, _, command = words.decode("utf-8", "replace").strip().partition(" ")
                verb, _, rest = command.partition(" ")
                verb = verb.upper()
                if verb == "UID":
                    inner, _, rest = rest.partition(" ")
                    verb = f"UID {inner.upper()}"
                self.commands.append(command if verb != "LOGIN" else "LOGIN")
                if verb in self.says:
                    file.write(self.says[verb].replace(b"{tag}", tag.encode()))
                    file.flush()
                    continue
                match verb:
                    case "CAPABILITY":
                        more = " STARTTLS" if self._starttls and not isinstance(line, ssl.SSLSocket) else ""
                        more += " AUTH=PLAIN" if self._plain_auth else ""
                        say(f"* CAPABILITY IMAP4rev1{more}", f"{tag} OK done")
                    case "STARTTLS":
                        say(f"{tag} OK done")
                        assert self._tls is not None
                        with self._tls.wrap_socket(line, server_side=True) as secured:
                            self._converse(secured, greets=False)
                        return
                    case "AUTHENTICATE":
                        say("+ ")
                        given = base64.b64decode(file.readline()).decode()
                        good = given == f"\0{USER}\0{PASSWORD}"
                        self.logins += good
                        say(f"{tag} OK in" if good else f"{tag} NO [AUTHENTICATIONFAILED] no")
                    case "LOGIN":
                        good = rest == f'"{USER}" "plain"'
                        self.logins += good
                        say(f"{tag} OK in" if good else f"{tag} NO no")
                    case "EXAMINE" | "SELECT":
                        box = self.boxes.get(rest.strip('"'))
                        if box is None:
                            say(f"{tag} NO there is no such folder")
                            continue
                        upcoming = "" if self.without_next else f"* OK [UIDNEXT {box.upcoming}] next"
                        say(
                            "* FLAGS (\\Seen)",
                            f"* {len(box.mails)} EXISTS",
                            "* 0 RECENT",
                            f"* OK [UIDVALIDITY {box.validity}] valid",
                            *([upcoming] if upcoming else []),
                            f"{tag} OK [{'READ-ONLY' if verb == 'EXAMINE' else 'READ-WRITE'}] open",
                        )
                    case "UID SEARCH":
                        assert box is not None
                        say("* SEARCH " + " ".join(map(str, _search(box, rest))), f"{tag} OK done")
                    case "UID FETCH":
                        assert box is not None
                        _fetch(box, rest, file)
                        say(f"{tag} OK done")
                    case "LOGOUT":
                        say("* BYE", f"{tag} OK done")
                        return
                    case _:
                        say(f"{tag} BAD what")


def _search(box: Box, criteria: str) -> list[int]:
    if (found := re.fullmatch(r"UID (\d+):\*", criteria)) is not None:
        last = max((mail.uid for mail in box.mails), default=0)
        low, high = sorted((int(found[1]), last))
        return [mail.uid for mail in box.mails if low <= mail.uid <= high]
    assert criteria.startswith("SINCE "), criteria
    return [mail.uid for mail in box.mails]


def _fetch(box: Box, rest: str, file: Any) -> None:
    which, _, items = rest.partition(" ")
    found = re.search(r"BODY(\.PEEK)?\[(HEADER)?\]<0\.(\d+)>", items)
    assert found is not None, items
    mails = box.mails[-1:] if which == "*" else [mail for mail in box.mails if mail.uid == int(which)]
    for mail in mails:
        raw = mail.raw.partition(b"\r\n\r\n")[0] + b"\r\n\r\n" if found[2] else mail.raw
        raw = raw[: int(found[3])]
        if not found[1]:
            mail.seen = True
        number = box.mails.index(mail) + 1
        about = f'* {number} FETCH (UID {mail.uid} RFC822.SIZE {len(mail.raw)} INTERNALDATE "{mail.arrived}" '
        file.write(f"{about}BODY[{found[2] or ''}]<0> {{{len(raw)}}}\r\n".encode() + raw + b")\r\n")


@contextlib.contextmanager
def serving(**how: Any) -> Iterator[ImapServer]:
    server = ImapServer(**how)
    try:
        yield server
    finally:
        server.close()


def letter(subject: str = "Hello", sender: str = "bob@example.org", text: str = "Words.", *, key: str = "1") -> bytes:
    return (
        f"From: Bob <{sender}>\r\nTo: {USER}\r\nSubject: {subject}\r\nDate: Thu, 26 Nov 2026 08:00:00 +0000\r\n"
        f"Message-ID: <{key}@example.org>\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n"
    ).encode()
