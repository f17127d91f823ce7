from __future__ import annotations

import email
from email import policy
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ergos.base.errors import ValueShapeError
from ergos.drivers.tools.letter import SendMail, address, checked, letter, message_id
from tests.drivers.tools.errands import errand


def asked(**more: Any) -> SendMail:
    return msgspec.convert({"to": ["bob@example.org"], "subject": "Hi", "text": "Hello", **more}, SendMail)


def read(body: bytes) -> Any:
    return email.message_from_bytes(body, policy=policy.default)


def test_a_letter_says_what_it_was_given() -> None:
    found = read(
        letter(
            "ada@example.org",
            asked(cc=["eve@x.org"], bcc=["hid@x.org"], subject="Grüße 你好", text="Zeile\nzwei ✓"),
            {},
            errand(),
        )
    )
    assert (found["From"], found["To"], found["Cc"], found["Bcc"]) == (
        "ada@example.org",
        "bob@example.org",
        "eve@x.org",
        None,
    )
    assert found["Subject"] == "Grüße 你好"
    assert found.get_content().splitlines() == ["Zeile", "zwei ✓"]
    assert found["Auto-Submitted"] == "auto-generated"


def test_a_repetition_is_the_same_letter_and_another_call_is_another() -> None:
    files = {"a.pdf": b"%PDF", "b.eml": b"From: x"}
    one = letter("ada@example.org", asked(attachments=["a.pdf"]), files, errand("k"))
    assert one == letter("ada@example.org", asked(attachments=["a.pdf"]), files, errand("k"))
    assert message_id("ada@example.org", errand("k")) != message_id("ada@example.org", errand("l"))
    assert [part.get_filename() for part in read(one).iter_attachments()] == ["a.pdf", "b.eml"]


BAD = [
    "bob", "bob@", "@x.org", "bob@x.org\nBcc: eve@x.org", "bob@x.org\r\nX: y", "Bob <bob@x.org>", "bob@x.org, eve@x.org", "bob@x.org;eve@x.org",
    "bob@@x.org", "bob@x.org ", " bob@x.org", '"b b"@x.org', "bob@x.org\0", "bób@x.org", "bob@xn\u2024org", "a@" + "x" * 300, "<bob@x.org>", "bob@[127.0.0.1]",
    "bob(x)@x.org", ".bob@x.org", "bob..b@x.org", "",
]  # fmt: skip


@pytest.mark.parametrize("text", BAD)
def test_what_is_not_one_plain_address_is_refused(text: str) -> None:
    with pytest.raises(ValueShapeError):
        address(text)
    for field in ("to", "cc", "bcc"):
        with pytest.raises(ValueShapeError):
            checked(asked(**{field: [text]}))


@pytest.mark.parametrize(
    "more",
    [
        {"subject": "x\r\nBcc: eve@x.org"}, {"subject": "x\nBcc: eve@x.org"}, {"subject": "x\u2028y"}, {"subject": "x\x00"}, {"text": "a\0b"},
        {"reply_to_id": "<a@b>\r\nBcc: x@y"}, {"reply_to_id": "a@b"}, {"attachments": ["../x"]}, {"text": "\udcff"}, {"subject": "\udcff"},
    ],
)  # fmt: skip
def test_nothing_an_agent_writes_becomes_a_header(more: dict[str, Any]) -> None:
    with pytest.raises(ValueShapeError):
        checked(asked(**more))


@given(st.text(max_size=60), st.text(max_size=200))
def test_whatever_is_taken_gives_no_recipient_of_its_own(subject: str, text: str) -> None:
    given_ = asked(subject=subject, text=text)
    try:
        checked(given_)
    except ValueShapeError:
        return
    found = read(letter("ada@example.org", given_, {}, errand()))
    assert found.keys().count("To") == 1
    assert not {"Bcc", "Cc", "Reply-To"} & set(found.keys())
