from __future__ import annotations

import msgspec
import pytest

from ergos.base.documents import Section, Sentence
from ergos.base.errors import ValueShapeError
from ergos.drivers.press.references import references

from .briefs import brief, cite, document


def test_source_n_is_document_n_and_equal_words_stand_once() -> None:
    numbered = references(brief())
    assert [source.document.id for source in numbered.sources] == [one.id for one in brief().documents]
    assert [passage.quote for passage in numbered.sources[0].passages] == ["All 209 refunds", "A retry"]
    assert numbered.sources[0].passages[0].cited_by == ((1, 1), (2, 1))
    assert [(one.source, one.passage) for one in numbered.sentences[2, 1]] == [(2, 1), (1, 1)]


def test_a_sentence_without_a_source_is_not_published() -> None:
    bare = Section(heading="x", sentences=(Sentence(text="Trust me.", citations=()),))
    with pytest.raises(ValueShapeError, match="sentence 1 of section 1 cites no source"):
        references(msgspec.structs.replace(brief(), sections=(bare,)))


def test_a_citation_of_an_unlisted_document_is_not_published() -> None:
    stray = document(9)
    section = Section(heading="x", sentences=(Sentence(text="Hm.", citations=(cite(stray, "All 209"),)),))
    with pytest.raises(ValueShapeError, match="0000000000000009"):
        references(msgspec.structs.replace(brief(), sections=(section,)))


def test_a_document_listed_twice_is_not_published() -> None:
    twice = msgspec.structs.replace(brief(), documents=(*brief().documents, document(1)))
    with pytest.raises(ValueShapeError, match="twice"):
        _ = references(twice)
