"""Spans count code points of what can be cited."""

from __future__ import annotations

import datetime

from ergos.base.documents import Document, citable, day_of


def test_a_documents_citable_text_is_title_blank_line_text() -> None:
    document = Document(id="0", url="u", title="标题 😀", text="body", source="s", published_ns=None, language="zh")
    assert citable(document) == "标题 😀\n\nbody"
    assert citable(document)[6:] == "body"


def test_the_day_of_an_instant_is_utc() -> None:
    assert day_of(86_399 * 10**9) == datetime.date(1970, 1, 1)
    assert day_of(86_400 * 10**9) == datetime.date(1970, 1, 2)
