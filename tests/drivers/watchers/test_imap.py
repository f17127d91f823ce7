"""Conversations with an IMAP server, over TLS and without, honest and not."""

from __future__ import annotations

import datetime
import ssl
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from ergos.base.errors import SettingsError, WorldError
from ergos.drivers.watchers.imap import LETTER_BYTES_MAX, ImapTalk, encoded
from ergos.kernel.trigger_settings import Account
from tests.drivers.watchers.imap_server import PASSWORD, USER, ImapServer, letter, serving


def talk(port: int, password: str = PASSWORD, **more: Any) -> ImapTalk:
    settings = {"host": "127.0.0.1", "security": "none", "user": USER, "secret": "x", **more}
    return ImapTalk(Account(port=port, **settings), password)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, Path]:
    """Of `localhost` alone."""
    folder = tmp_path_factory.mktemp("tls")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    chain, secret = folder / "cert.pem", folder / "key.pem"
    chain.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain, secret)
    return context, chain


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_over_tls_a_server_is_believed_by_its_certificate_and_its_name(
    certificate: tuple[ssl.SSLContext, Path], security: str
) -> None:
    context, chain = certificate
    with serving(tls=context, starttls=security == "starttls") as server:
        how = {"security": security, "ca_file": str(chain)}
        with talk(server.port, host="localhost", **how) as one:
            assert one.examine("INBOX").validity == 700
        with pytest.raises(WorldError, match="cannot be reached"), talk(server.port, **how):
            pass  # 127.0.0.1 is not the name it has
        with (
            pytest.raises(WorldError, match="cannot be reached"),
            talk(server.port, host="localhost", security=security),
        ):
            pass  # this machine does not know who signed it
        assert server.logins == 1


def test_without_tls_only_this_machine_is_talked_to() -> None:
    with pytest.raises(SettingsError), talk(143, host="imap.example.org"):
        pass


def test_whoever_is_not_let_in_learns_it_and_no_line_stays_open() -> None:
    with serving() as server:
        with pytest.raises(WorldError, match="did not let us in"), talk(server.port, "wrong"):
            pass
        with pytest.raises(WorldError), talk(server.port, "a\r\nb"):
            pass
        deadline = time.monotonic() + 10
        while server.open_lines and time.monotonic() < deadline:
            time.sleep(0.01)
        assert server.open_lines == 0
    with serving(plain_auth=False) as server:
        with talk(server.port, "plain") as one:
            assert one.examine("INBOX").upcoming == 1
        with pytest.raises(WorldError), talk(server.port):
            pass  # this way of signing in takes no ü


def test_letters_are_numbered_and_stay_unread() -> None:
    with serving() as server:
        for number in range(3):
            server.arrives(letter(key=str(number)))
        with talk(server.port) as one:
            folder = one.examine("INBOX")
            assert (folder.validity, folder.upcoming) == (700, 4)
            assert one.from_uid(2) == [2, 3]
            assert one.from_uid(4) == []  # '4:*' alone would answer 3
            fetched = one.letter(2)
            assert fetched is not None
            assert (fetched.uid, fetched.raw) == (2, letter(key="1"))
            assert fetched.size == len(fetched.raw)
            assert fetched.arrived_s == int(datetime.datetime(2026, 11, 26, 8, tzinfo=datetime.UTC).timestamp())
            assert one.letter(9) is None
            last = one.last()
            assert last is not None
            assert last.uid == 3
        assert not any(mail.seen for mail in server.boxes["INBOX"].mails)
        assert not any(command.startswith(("SELECT", "STORE")) for command in server.commands)


def test_of_a_long_letter_the_beginning_is_fetched() -> None:
    with serving() as server:
        server.arrives(letter(text="x" * 3 * LETTER_BYTES_MAX))
        with talk(server.port) as one:
            one.examine("INBOX")
            fetched = one.letter(1)
    assert fetched is not None
    assert len(fetched.raw) == LETTER_BYTES_MAX
    assert fetched.size > LETTER_BYTES_MAX


@pytest.mark.parametrize(
    ("name", "wire"),
    [("INBOX", "INBOX"), ("Entwürfe", "Entw&APw-rfe"), ("已发送", "&XfJT0ZAB-"), ("A&B", "A&-B"), ("日本語/台北", "&ZeVnLIqe-/&U,BTFw-")],
)  # fmt: skip
def test_a_folders_name_goes_over_the_wire_as_the_protocol_has_it(name: str, wire: str) -> None:
    assert encoded(name) == wire


@pytest.mark.parametrize("folder", ["nothing", 'x" LOGOUT "', "a\\b", "x\r\nA1 DELETE INBOX"])
def test_a_folder_that_is_not_there_is_said_and_nothing_else_is_asked(folder: str) -> None:
    with serving() as server:
        with talk(server.port) as one, pytest.raises(WorldError):
            one.examine(folder)
        assert not any(command.startswith("DELETE") for command in server.commands)


@pytest.mark.parametrize(
    ("verb", "said"),
    [
        ("GREETING", b"* BYE go away"),
        ("GREETING", b"\x00\xff" * 100),
        ("EXAMINE", b"* OK [UIDVALIDITY 99999999999999999999] x\r\n{tag} OK x\r\n"),
        ("EXAMINE", b"{tag} OK nothing said\r\n"),
        ("UID SEARCH", b"* SEARCH 1 2 99999999999999999999 -1 x\r\n{tag} NO no\r\n"),
        ("UID SEARCH", b"* SEARCH {9999999999}\r\n"),
        ("UID SEARCH", b"* SEARCH " + b"1 " * 700_000 + b"\r\n{tag} OK x\r\n"),
        ("UID SEARCH", b"+ go on\r\n+ go on\r\n{tag} BAD x\r\n"),
        ("CAPABILITY", b"{tag} OK\r\n"),
        ("AUTHENTICATE", b"+ !!!not base64\r\n"),
    ],
    ids=range(10),
)
def test_a_server_that_talks_nonsense_is_a_failure_of_the_world(verb: str, said: bytes) -> None:
    with serving() as server:
        server.says[verb] = said

        def whole() -> None:
            with talk(server.port) as one:
                one.examine("INBOX")
                one.from_uid(1)

        with pytest.raises(WorldError):
            whole()


@pytest.mark.parametrize(
    "said",
    [
        b"{tag} OK none\r\n",
        b"* 1 FETCH (FLAGS ())\r\n{tag} OK x\r\n",
        b"* 1 FETCH (UID 7 BODY[]<0> {3}\r\nabc)\r\n{tag} OK x\r\n",
        b"* 1 FETCH NIL\r\n{tag} OK x\r\n",
        b"{tag} NO no\r\n",
    ],
)
def test_an_answer_without_the_letter_is_no_letter(said: bytes) -> None:
    with serving() as server:
        server.arrives(letter())
        with talk(server.port) as one:
            one.examine("INBOX")
            server.says["UID FETCH"] = said
            assert one.letter(1) is None


def test_numbers_that_are_none_are_passed_over() -> None:
    with serving() as server:
        server.says["UID SEARCH"] = b"* SEARCH 3 x 99999999999999 -1 2 3\r\n{tag} OK x\r\n"
        with talk(server.port) as one:
            one.examine("INBOX")
            assert one.from_uid(1) == [2, 3]


def test_a_conversation_can_be_cut_from_another_thread() -> None:
    with serving() as server:
        server.says["UID SEARCH"] = b""  # never answers
        with talk(server.port) as one:
            one.examine("INBOX")
            cutter = threading.Timer(0.2, one.give_up)
            cutter.start()
            with pytest.raises(WorldError):
                one.from_uid(1)
            cutter.join()


def test_no_server_is_a_failure_of_the_world() -> None:
    server = ImapServer()
    server.close()
    with pytest.raises(WorldError, match="cannot be reached"), talk(server.port):
        pass
