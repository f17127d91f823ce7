from __future__ import annotations

import msgspec
import pytest

from ergos.base.errors import ValueShapeError
from ergos.drivers.press.wording import (
    count_words,
    made_at,
    moment_words,
    published_day,
    published_words,
    solver_words,
    wording,
)

from .briefs import brief, document


def test_every_label_exists_in_every_language_and_undetermined_reads_english() -> None:
    english, chinese = wording("en"), wording("zh")
    assert wording("und") == english
    for name in english.__struct_fields__:
        assert getattr(english, name)
        assert getattr(chinese, name)
    assert "{n}" in chinese.source_n


def test_system_1_says_in_both_languages_that_it_has_no_language_model() -> None:
    assert "no language model" in solver_words("system1", "en")
    assert "未使用语言模型" in solver_words("system1", "zh")
    assert solver_words("qwen", "en") == "Written by qwen"
    assert "no language model" not in solver_words("qwen", "en")


def test_times_are_written_out_in_utc() -> None:
    moment = made_at(brief())
    assert moment_words(moment, "en") == "24 November 2026, 20:15 UTC"
    assert moment_words(moment, "zh") == "2026年11月24日 20:15（UTC）"


def test_a_day_no_calendar_holds_is_undated_in_a_source_and_an_error_in_a_brief() -> None:
    assert published_day(document(1, published_ns=10**30)) is None
    assert published_words(document(1, published_ns=10**30), "en") == "undated"
    assert published_day(document(1, published_ns=-(10**9))) == "1969-12-31"
    with pytest.raises(ValueShapeError):
        made_at(msgspec.structs.replace(brief(), made_at_ns=10**30))


def test_documents_and_sources_are_told_apart() -> None:
    assert count_words(brief()) == "62 documents from 7 sources read, 3 cited"
    one = msgspec.structs.replace(brief(), source_count=1, document_count=1)
    assert count_words(one) == "1 document from 1 source read, 3 cited"
    assert count_words(msgspec.structs.replace(one, document_count=None)) == "1 source read, 3 cited"
    assert count_words(msgspec.structs.replace(brief(), language="zh")) == "阅读 7 个来源的 62 篇文档，引用 3 篇"
