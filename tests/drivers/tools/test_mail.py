"""Mail against a real SMTP server on this machine, over TLS and without, and a small IMAP server."""

from __future__ import annotations

import contextlib
import datetime
import email
import socket
import ssl
import threading
from collections.abc import Iterator
from email import policy
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from ergos.base.errors import PortMissingError, SettingsError, ToolFailedError
from ergos.base.world_errors import InDoubtError, SecretError
from ergos.drivers.tools import mail as module
from ergos.drivers.tools.letter import message_id
from ergos.drivers.tools.mail import MailTool
from ergos.drivers.tools.workspaces import Workspaces
from ergos.kernel.packages import Absent, Performed
from ergos.kernel.tool_settings import Mail
from tests.drivers.tools.errands import Bench, errand

LETTER = {"to": ["bob@example.org"], "subject": "Hi", "text": "Hello"}


class Server:
    """A real conversation in SMTP, line by line, with the moment at which it breaks."""

    def __init__(
        self, *, refuse: str = "", dies: str = "", tls: ssl.SSLContext | None = None, implicit: bool = True
    ) -> None:
        self.letters: list[tuple[list[str], bytes]] = []
        self.logins: list[str] = []
        self._refuse, self._dies, self._tls, self._implicit = refuse, dies, tls, implicit
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()

    def _serve(self) -> None:
        while True:
            try:
                line, _ = self._listener.accept()
            except OSError:
                return
            with contextlib.suppress(OSError, ssl.SSLError), line:
                line.settimeout(10)
                if self._tls is not None and self._implicit:
                    with self._tls.wrap_socket(line, server_side=True) as secured:
                        self._talk(secured)
                else:
                    self._talk(line)

    def _talk(self, line: socket.socket, *, greets: bool = True) -> None:
        file = line.makefile("rwb")
        with file:
            self._converse(line, file, greets=greets)

    def _converse(self, line: socket.socket, file: Any, *, greets: bool) -> None:

        def say(text: str) -> None:
            file.write(text.encode() + b"\r\n")
            file.flush()

        if greets:
            say("220 test ESMTP")
        recipients: list[str] = []
        while words := file.readline():
            command = words.decode().strip()
            verb = command.upper()
            if self._dies and verb.startswith(self._dies):
                break
            if verb.startswith("EHLO"):
                more = ["250-test", "250-8BITMIME", "250 AUTH PLAIN"]
                if self._tls is not None and not self._implicit and not isinstance(line, ssl.SSLSocket):
                    more = ["250-test", "250 STARTTLS"]
                say("\r\n".join(more))
            elif verb == "STARTTLS":
                say("220 go")
                assert self._tls is not None
                with self._tls.wrap_socket(line, server_side=True) as secured:
                    self._talk(secured, greets=False)
                return
            elif verb.startswith("AUTH"):
                self.logins.append(command.split()[-1])
                say("235 in")
            elif verb.startswith("RCPT"):
                if self._refuse and self._refuse in command:
                    say("550 no such user")
                else:
                    recipients.append(command.partition("<")[2].partition(">")[0])
                    say("250 ok")
            elif verb == "DATA":
                say("354 go")
                body = b""
                while (piece := file.readline()) not in (b".\r\n", b""):
                    body += piece
                self.letters.append((recipients, body))
                if self._dies == "AFTER":
                    break
                say("250 taken")
                recipients = []
            elif verb == "QUIT":
                say("221 bye")
                break
            else:
                say("250 ok")


@contextlib.contextmanager
def serving(**how: Any) -> Iterator[Server]:
    server = Server(**how)
    try:
        yield server
    finally:
        server.close()


class Drawer:
    def get(self, name: str) -> str:
        if name != "pw":
            raise SecretError(f"there is no secret {name}")
        return "s3cret"


def bench(tmp_path: Path, port: int, **more: Any) -> Bench:
    settings = {"host": "127.0.0.1", "port": port, "security": "none", "sender": "ada@example.org", **more}
    return Bench(MailTool(Workspaces(tmp_path, "alice"), Mail(**settings), Drawer()).tools())


def test_a_letter_is_taken_once_with_all_its_recipients(tmp_path: Path) -> None:
    (tmp_path / "work" / "scribe").mkdir(parents=True)
    (tmp_path / "work" / "scribe" / "a.txt").write_text("attached")
    with serving() as server:
        found = bench(tmp_path, server.port, user="ada", secret="pw")
        said = found.do(
            "mail.send", "k", **LETTER, cc=["eve@x.org"], bcc=["hid@x.org", "bob@example.org"], attachments=["a.txt"]
        )
    ((recipients, body),) = server.letters
    assert recipients == ["bob@example.org", "eve@x.org", "hid@x.org"]
    letter = email.message_from_bytes(body, policy=policy.default)
    assert letter["Message-ID"] == said["message_id"] == message_id("ada@example.org", errand("k"))
    assert b"hid@x.org" not in body
    assert server.logins
    assert b"s3cret" not in body
    assert [part.get_content() for part in letter.iter_attachments()] == ["attached"]  # type: ignore[union-attr]


def test_one_refused_recipient_refuses_the_letter(tmp_path: Path) -> None:
    with serving(refuse="eve@") as server, pytest.raises(ToolFailedError, match="nothing was sent"):
        bench(tmp_path, server.port).do("mail.send", to=["bob@example.org", "eve@x.org"], subject="s", text="t")
    assert server.letters == []


@pytest.mark.parametrize("moment", ["EHLO", "AUTH", "MAIL", "RCPT"])
def test_what_breaks_before_the_letter_is_handed_over_has_not_been_sent(tmp_path: Path, moment: str) -> None:
    with serving(dies=moment) as server, pytest.raises(ToolFailedError, match="nothing was sent"):
        bench(tmp_path, server.port, user="ada", secret="pw").do("mail.send", **LETTER)
    assert server.letters == []


def test_a_line_that_breaks_after_the_letter_leaves_a_doubt_and_not_a_failure(tmp_path: Path) -> None:
    with serving(dies="AFTER") as server, pytest.raises(InDoubtError):
        bench(tmp_path, server.port).do("mail.send", **LETTER)
    assert len(server.letters) == 1


def test_no_server_is_a_failure_that_sent_nothing(tmp_path: Path) -> None:
    with serving() as server:
        port = server.port
    with pytest.raises(ToolFailedError, match="nothing was sent"):
        bench(tmp_path, port).do("mail.send", **LETTER)


def test_without_tls_mail_goes_to_this_machine_alone(tmp_path: Path) -> None:
    with pytest.raises(SettingsError):
        bench(tmp_path, 25, host="192.0.2.1").do("mail.send", **LETTER)


def test_what_is_not_set_is_said(tmp_path: Path) -> None:
    with pytest.raises(PortMissingError, match="no mail account"):
        Bench(MailTool(Workspaces(tmp_path, "alice"), None, None).tools()).do("mail.send", **LETTER)
    with pytest.raises(SecretError):
        bench(tmp_path, 25, user="ada", secret="other").do("mail.send", **LETTER)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ssl.SSLContext]:
    """A certificate of our own for this machine."""
    folder = tmp_path_factory.mktemp("tls")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(tz=datetime.UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(7)
        .not_valid_before(now - datetime.timedelta(days=1)).not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    pem = made.public_bytes(serialization.Encoding.PEM)
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "ca.pem").write_bytes(pem)
    (folder / "both.pem").write_bytes(secret + pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "both.pem")
    return folder / "ca.pem", context


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_mail_goes_over_tls_to_a_server_that_proves_who_it_is(
    tmp_path: Path, certificate: tuple[Path, ssl.SSLContext], security: str
) -> None:
    ca_file, context = certificate
    with serving(tls=context, implicit=security == "tls") as server:
        trusting = bench(tmp_path, server.port, host="localhost", security=security, ca_file=str(ca_file))
        trusting.do("mail.send", **LETTER)
        assert len(server.letters) == 1
        with pytest.raises(ToolFailedError, match="certificate"):
            bench(tmp_path, server.port, host="localhost", security=security).do("mail.send", **LETTER)
    assert len(server.letters) == 1


def test_a_server_that_offers_no_tls_gets_no_letter(tmp_path: Path) -> None:
    with serving() as server, pytest.raises(ToolFailedError, match="nothing was sent"):
        bench(tmp_path, server.port, security="starttls").do("mail.send", **LETTER)
    assert server.letters == []


class SentFolder:
    """A small IMAP server that knows one folder."""

    def __init__(self, held: str) -> None:
        self._held = held
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()

    def _serve(self) -> None:
        while True:
            try:
                line, _ = self._listener.accept()
            except OSError:
                return
            with contextlib.suppress(OSError), line, line.makefile("rwb") as file:
                line.settimeout(10)
                file.write(b"* OK IMAP4rev1 ready\r\n")
                file.flush()
                while words := file.readline().decode().split():
                    tag, verb = words[0], words[1].upper()
                    if verb == "CAPABILITY":
                        file.write(b"* CAPABILITY IMAP4rev1\r\n")
                    elif verb in {"SELECT", "EXAMINE"}:
                        file.write(b"* 1 EXISTS\r\n")
                    elif verb == "SEARCH":
                        file.write(
                            b"* SEARCH 1\r\n" if self._held and self._held in " ".join(words) else b"* SEARCH\r\n"
                        )
                    file.write(f"{tag} OK {'[READ-ONLY] ' if verb == 'EXAMINE' else ''}done\r\n".encode())
                    file.flush()
                    if verb == "LOGOUT":
                        break


@contextlib.contextmanager
def sent(held: str) -> Iterator[SentFolder]:
    folder = SentFolder(held)
    try:
        yield folder
    finally:
        folder.close()


def test_a_sent_letter_is_found_by_its_identity_and_another_is_not(tmp_path: Path) -> None:
    with sent(message_id("ada@example.org", errand("k"))) as folder:
        found = bench(tmp_path, 25, sent_host="127.0.0.1", sent_port=folder.port, user="ada", secret="pw")
        assert isinstance(found.probe("mail.send", "k", **LETTER), Performed)
        assert isinstance(found.probe("mail.send", "other", **LETTER), Absent)


def test_where_sent_mail_is_looked_for_a_broken_line_is_settled_at_once(tmp_path: Path) -> None:
    with serving(dies="AFTER") as server, sent(message_id("ada@example.org", errand("k"))) as folder:
        found = bench(tmp_path, server.port, sent_host="127.0.0.1", sent_port=folder.port, user="ada", secret="pw")
        assert found.do("mail.send", "k", **LETTER)["message_id"] == message_id("ada@example.org", errand("k"))
    assert len(server.letters) == 1


def test_a_broken_line_and_a_folder_that_cannot_be_seen_leave_a_doubt_and_not_a_failure(tmp_path: Path) -> None:
    with sent("") as folder:
        port = folder.port
    with serving(dies="AFTER") as server, pytest.raises(InDoubtError, match="cannot be seen"):
        bench(tmp_path, server.port, sent_host="127.0.0.1", sent_port=port).do("mail.send", **LETTER)
    assert len(server.letters) == 1


def test_a_folder_that_cannot_be_seen_is_no_proof_of_absence(tmp_path: Path) -> None:
    with sent("") as folder:
        port = folder.port
    with pytest.raises(ToolFailedError, match="cannot be seen"):
        bench(tmp_path, 25, sent_host="127.0.0.1", sent_port=port).probe("mail.send", "k", **LETTER)


def test_who_gets_it_and_what_leaves_is_declared(tmp_path: Path) -> None:
    spec = bench(tmp_path, 25).tools["mail.send"].spec
    assert (spec.effect, spec.goes) == ("irreversible", "others")
    assert {key for key, role in spec.roles.items() if role == "recipient"} == {"to", "cc", "bcc"}
    assert spec.roles["text"] == spec.roles["subject"] == "text"
    assert module.CONNECT_S < module.MAIL_DEADLINE_S
