"""What System 1 reads of documents as readers of PDFs give them; the share of right fields may only rise."""

from __future__ import annotations

from bench.compiler.documents.corpus import BATCHES, counted, documents

RIGHT_MIN = 459  # of 460 fields; may only rise
WRONG_MAX = 0  # may only fall: what is not sure is left out


def test_the_fields_of_documents_are_read_and_none_is_made_up() -> None:
    count, found = counted(BATCHES)
    assert count - len(found) >= RIGHT_MIN, found
    assert sum(not fault.missing for fault in found) <= WRONG_MAX, found


def test_there_are_documents_of_many_kinds_in_several_languages() -> None:
    titles = [one.title for batch in BATCHES for one in documents(batch)]
    assert len(titles) == len(set(titles)) >= 70
    assert {title[:2] for title in titles} >= {"en", "zh", "de", "fr", "es"}
