"""A mail as it goes over the wire: built from plain arguments, the same bytes for the same call.

Rules: addresses are bare and ASCII, headers hold no control character, so nothing an agent writes becomes a header of
its own; identity and boundary come from the call's key, so a repetition is the same letter. Pure.
Source: RFC 5322, RFC 5321, section 4.1.2.
"""

from __future__ import annotations

import mimetypes
import re
from email import policy
from email.message import EmailMessage
from email.utils import formatdate
from typing import Annotated, Final

import msgspec

from ergos.base.canonical import digest
from ergos.base.clock import SECOND
from ergos.base.errors import ValueShapeError
from ergos.base.limits import MIB
from ergos.drivers.tools.declaring import Arguments
from ergos.drivers.tools.paths import file_of
from ergos.kernel.packages import Errand

RECIPIENTS_MAX: Final = 100
SUBJECT_CHARS_MAX: Final = 500
TEXT_CHARS_MAX: Final = 1 * MIB
ATTACHMENTS_MAX: Final = 20
LETTER_BYTES_MAX: Final = 20 * MIB  # bytes of a letter; most servers take 25

_ADDRESS: Final = re.compile(
    r"(?=.{3,254}$)[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*@(?:[A-Za-z0-9-]{1,63}\.)*[A-Za-z0-9-]{1,63}"
)

_ADDRESSES: Final = Annotated[list[str], msgspec.Meta(max_length=RECIPIENTS_MAX)]


class SendMail(Arguments, frozen=True):
    """Arguments of mail.send."""

    to: Annotated[list[str], msgspec.Meta(min_length=1, max_length=RECIPIENTS_MAX)]
    subject: Annotated[str, msgspec.Meta(max_length=SUBJECT_CHARS_MAX)]
    text: Annotated[str, msgspec.Meta(max_length=TEXT_CHARS_MAX)]
    cc: _ADDRESSES = []  # type: ignore[valid-type]
    bcc: _ADDRESSES = []  # type: ignore[valid-type]
    reply_to_id: Annotated[str, msgspec.Meta(max_length=250)] = ""
    attachments: Annotated[list[str], msgspec.Meta(max_length=ATTACHMENTS_MAX)] = []


def checked(asked: SendMail) -> None:
    """Nothing, if it can be sent at all. Raises: ValueShapeError."""
    for one in (*asked.to, *asked.cc, *asked.bcc):
        address(one)
    if any(not letter.isprintable() for letter in asked.subject):
        raise ValueShapeError("the subject holds a line break or a control character")
    if asked.reply_to_id and not re.fullmatch(r"<[!-;=?-~]{3,240}>", asked.reply_to_id):
        raise ValueShapeError("`reply_to_id` is the Message-ID of a letter, in angle brackets")
    if "\0" in asked.text:
        raise ValueShapeError("the text holds a NUL")
    for text in (asked.text, asked.subject):
        try:
            text.encode()
        except UnicodeEncodeError as error:
            raise ValueShapeError("the letter holds bytes that are no text") from error
    for path in asked.attachments:
        file_of(path)


def address(text: str) -> str:
    """The address itself. Raises: ValueShapeError."""
    if not _ADDRESS.fullmatch(text):
        raise ValueShapeError(f"{text[:80]!a} is no mail address such as ada@example.org, without a name")
    return text


def message_id(sender: str, errand: Errand) -> str:
    """The letter's identity: the same for every repetition of the call and no other."""
    return f"<{digest(errand.idempotency_key.encode())[:40]}.ergos@{sender.rpartition('@')[2]}>"


def letter(sender: str, asked: SendMail, files: dict[str, bytes], errand: Errand) -> bytes:
    """The letter's bytes. Raises: ValueShapeError for one that is too long."""
    message = EmailMessage(policy=policy.SMTP)
    message["From"] = sender
    message["To"] = ", ".join(asked.to)
    if asked.cc:
        message["Cc"] = ", ".join(asked.cc)
    message["Subject"] = asked.subject
    message["Date"] = formatdate(errand.now_ns // SECOND)
    message["Message-ID"] = message_id(sender, errand)
    if asked.reply_to_id:
        message["In-Reply-To"] = asked.reply_to_id
        message["References"] = asked.reply_to_id
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(asked.text, cte="quoted-printable" if asked.text.isascii() else "base64")
    for name, body in files.items():
        kind, _ = mimetypes.guess_type(name, strict=True)
        main, _, sub = (kind or "application/octet-stream").partition("/")
        if main in {"message", "multipart"}:
            main, sub = "application", "octet-stream"
        message.add_attachment(body, maintype=main, subtype=sub, filename=name.rpartition("/")[2])
    if message.is_multipart():
        message.set_boundary(f"ergos-{digest(errand.idempotency_key.encode())[40:]}")
    body = message.as_bytes()
    if len(body) > LETTER_BYTES_MAX:
        raise ValueShapeError(f"a letter of {len(body):,} bytes; at most {LETTER_BYTES_MAX:,}")
    return body
