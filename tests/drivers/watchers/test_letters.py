"""Letters as they come: honest ones, and those built against their reader."""

from __future__ import annotations

import time
from email.message import EmailMessage

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ergos.drivers.watchers.letters import ATTACHMENTS_MAX, TEXT_CHARS_MAX, letter_of


def built(text: str = "Hello.", html: str = "", files: dict[str, bytes] | None = None, **headers: str) -> bytes:
    message = EmailMessage()
    for name, value in {"From": "Bob <bob@example.org>", "Subject": "Hi", **headers}.items():
        message[name] = value
    message.set_content(text)
    if html:
        message.add_alternative(html, subtype="html")
    for name, body in (files or {}).items():
        message.add_attachment(body, maintype="application", subtype="pdf", filename=name)
    return message.as_bytes()


def test_a_letter_with_files_is_read() -> None:
    raw = built("Guten Tag, Grüße", files={"Rechnung é.pdf": b"%PDF" * 1000, "发票.pdf": b"x"})
    letter = letter_of(raw, whole=True)
    assert letter.sender == "bob@example.org"
    assert letter.shown == "Bob <bob@example.org>"
    assert letter.subject == "Hi"
    assert letter.text == "Guten Tag, Grüße"
    assert [(one.name, one.size) for one in letter.attachments] == [("Rechnung é.pdf", 4_000), ("发票.pdf", 1)]
    assert not letter.cut


def test_plain_text_is_preferred_and_html_is_reduced_to_words() -> None:
    assert letter_of(built("plain", "<b>rich</b>"), whole=True).text == "plain"
    only = b"From: a@b.c\r\nContent-Type: text/html\r\n\r\n<style>x{}</style><p>One</p><script>evil()</script><p>Two"
    assert letter_of(only, whole=True).text == "One\n\nTwo"


@pytest.mark.parametrize(
    ("subject", "read"),
    [
        ("=?utf-8?B?5Y+R56Wo?=", "发票"),
        ("=?iso-8859-1?Q?Gr=FC=DFe?=", "Grüße"),
        ("=?gb2312?B?t6LGsQ==?=", "发票"),
        ("=?utf-8?B?!!!?= x", "x"),
        ("=?nonsense?Q?abc?=", "abc"),
        ("=?utf-7?Q?+AGE-?=", "+AGE-"),
        ("plain", "plain"),
        ("=?utf-8?Q?a=0D=0ABcc:_x?=", "a Bcc: x"),
    ],
)
def test_encoded_words_are_read(subject: str, read: str) -> None:
    assert letter_of(f"Subject: {subject}\r\n\r\nx".encode(), whole=True).subject == read


@pytest.mark.parametrize(
    ("sender", "address"),
    [
        ("bob@example.org", "bob@example.org"),
        ("Bob <BOB@Example.org>", "bob@example.org"),
        ('"ada@example.org" <evil@x.example>', "evil@x.example"),
        ("ada@example.org, evil@x.example", ""),
        ("<ada@example.org> <evil@x.example>", ""),
        ("nobody", ""),
        ("", ""),
    ],
)
def test_a_sender_is_the_one_address_a_letter_names(sender: str, address: str) -> None:
    assert letter_of(f"From: {sender}\r\n\r\nx".encode(), whole=True).sender == address


def test_a_letter_that_was_cut_says_so() -> None:
    raw = built("words " * 10_000, files={"a.pdf": bytes(100_000)})
    letter = letter_of(raw[:80_000], whole=False)
    assert letter.cut
    assert len(letter.text) == TEXT_CHARS_MAX


NESTED = b"".join(b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (n, n) for n in range(20_000))


@pytest.mark.parametrize(
    "raw",
    [
        NESTED,
        b"Content-Type: message/rfc822\r\n\r\n" * 20_000,
        b"Subject: " + b"x" * 900_000,
        b"Subject: " + b"=?utf-8?Q?a?= " * 60_000,
        b"From: " + b"(" * 500_000,
        b"From: " + b"<a@b>, " * 100_000,
        b"From: " + b'"' * 100_001,
        b"X: y\r\n" * 150_000,
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\nx\r\n" * 80_000,
        b"Content-Type: text/plain; charset=" + b"x" * 10_000 + b"\r\n\r\nhello",
        b"Content-Type: text/plain; " + b"; ".join(b"a*%d=x" % n for n in range(20_000)) + b"\r\n\r\nhello",
        b"Content-Disposition: attachment; filename*0*=utf-8''%ff; filename*1=\"../../etc/passwd\"\r\n\r\nx",
        b"Content-Transfer-Encoding: base64\r\n\r\n" + b"=" * 500_000,
        b"Content-Transfer-Encoding: uuencode\r\nContent-Type: text/plain\r\n\r\nbegin 644 x\n" + b"M" * 1000,
        b"",
        b"\x00" * 100_000,
        b"\xff\xfe" * 100_000,
        b"\r\n" * 300_000,
    ],
    ids=range(18),
)
def test_a_hostile_letter_gives_what_it_can_in_little_time(raw: bytes) -> None:
    before = time.process_time()
    letter = letter_of(raw, whole=True)
    assert time.process_time() - before < 10  # CPU: what takes the square of its length takes minutes
    assert len(letter.attachments) <= ATTACHMENTS_MAX
    for text in (letter.text, letter.subject, letter.shown, letter.date, letter.message_id, letter.sender):
        text.encode()
        assert "\x00" not in text
        assert len(text) <= TEXT_CHARS_MAX


@settings(max_examples=300, deadline=None)
@given(
    st.binary(max_size=600),
    st.sampled_from([b"", b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n", b"From: "]),
)
def test_whatever_comes_is_read_without_an_error(raw: bytes, before: bytes) -> None:
    letter = letter_of(before + raw, whole=True)
    letter.text.encode()
