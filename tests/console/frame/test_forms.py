"""Forms are bounded, of one type, and the first value of a name counts."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

import pytest
from starlette.requests import Request

from ergos.base.errors import UsageError
from ergos.console.frame.forms import FIELDS_MAX, FORM_BYTES_MAX, MEDIA_TYPE, Form, form_of


def sent(body: bytes, media_type: str = MEDIA_TYPE, pieces: int = 1) -> Form:
    size = -(-len(body) // pieces) or 1
    parts: Iterable[bytes] = [body[at : at + size] for at in range(0, len(body), size)] or [b""]
    waiting = list(parts)

    async def receive() -> dict[str, object]:
        piece = waiting.pop(0)
        return {"type": "http.request", "body": piece, "more_body": bool(waiting)}

    scope = {"type": "http", "method": "POST", "headers": [(b"content-type", media_type.encode())]}
    return asyncio.run(form_of(Request(scope, receive)))  # type: ignore[arg-type]


def test_fields_are_read_in_any_pieces() -> None:
    form = sent(b"a=1&b=%E4%BD%A0+x&a=2&c=", pieces=7)
    assert (form.text("a"), form.many("a"), form.text("b"), form.has("c"), form.has("d")) == (
        "1", ["1", "2"], "你 x", True, False,
    )  # fmt: skip
    assert form.text("d", "none") == "none"


@pytest.mark.parametrize(
    ("text", "number"), [("12", 12), (" 3 ", 3), ("-1", None), ("1e3", None), ("", None), ("٣", None), ("9" * 30, None)]
)
def test_a_number_is_digits_and_nothing_else(text: str, number: int | None) -> None:
    assert Form([("n", text)]).number("n") == number


def test_line_ends_are_those_of_unix() -> None:
    assert sent(b"t=a%0D%0Ab").text("t") == "a\nb"


@pytest.mark.parametrize("media_type", ["application/json", "multipart/form-data; boundary=x", "text/plain", ""])
def test_another_type_is_refused(media_type: str) -> None:
    with pytest.raises(UsageError):
        sent(b"a=1", media_type)


@pytest.mark.parametrize("body", [b"a=%ff", b"a=1&" * (FIELDS_MAX + 1), b"a=" + b"x" * FORM_BYTES_MAX])
def test_what_is_no_form_of_ours_is_refused(body: bytes) -> None:
    with pytest.raises(UsageError):
        sent(body, pieces=3)
