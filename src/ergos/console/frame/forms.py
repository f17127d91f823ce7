"""What a form sent: fields by name, bounded.

Rules: only `application/x-www-form-urlencoded`, which is what forms of pages send; the first value of a name counts,
`many` gives all of them; more fields or bytes than a form of ours has are refused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl

from ergos.base.errors import UsageError

if TYPE_CHECKING:
    from starlette.requests import Request

FORM_BYTES_MAX: Final = 1024 * 1024  # bytes of a form; a goal in words or an agent's source is the largest
FIELDS_MAX: Final = 1_000  # fields of a form; denying a whole inbox at once is the largest
MEDIA_TYPE: Final = "application/x-www-form-urlencoded"


class Form:
    """Fields of one form."""

    def __init__(self, fields: list[tuple[str, str]]) -> None:
        self._fields: Final = fields

    def text(self, name: str, default: str = "") -> str:
        """The first value of a field, line ends as LF."""
        return next((value for key, value in self._fields if key == name), default)

    def many(self, name: str) -> list[str]:
        """Every value of a field, in order."""
        return [value for key, value in self._fields if key == name]

    def number(self, name: str) -> int | None:
        """A whole number that is not negative; None for anything else."""
        text = self.text(name).strip()
        return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else None

    def has(self, name: str) -> bool:
        """Whether the field was sent."""
        return any(key == name for key, _ in self._fields)


async def form_of(request: Request) -> Form:
    """The form a request carries. Raises: UsageError."""
    sent = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if sent != MEDIA_TYPE:
        raise UsageError(f"a form is {MEDIA_TYPE}, not {sent[:60] or 'nothing'}")
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > FORM_BYTES_MAX:
            raise UsageError(f"this form is larger than {FORM_BYTES_MAX:,} bytes")
    try:
        pairs = parse_qsl(body.decode("utf-8"), keep_blank_values=True, errors="strict", max_num_fields=FIELDS_MAX)
    except (ValueError, UnicodeDecodeError) as error:
        raise UsageError("this form cannot be read: it is not UTF-8, or has too many fields") from error
    return Form([(key, value.replace("\r\n", "\n")) for key, value in pairs])
