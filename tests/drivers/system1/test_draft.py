"""A brief in the making."""

from __future__ import annotations

from ergos.base.documents import Document
from ergos.drivers.system1.draft import Draft, whole_of
from ergos.drivers.system1.language import detect
from ergos.drivers.system1.passages import Passage, passages


def _document(at: int, text: str) -> Document:
    return Document(
        id=f"{at:016x}", url="", title="Report", text=text, source=f"Wire {at}", published_ns=0, language=detect(text)
    )


def _passages(document: Document) -> tuple[Passage, ...]:
    return passages(document)


RENAULT = _document(1, "Renault closes a plant near Paris in the spring. It will move 400 jobs to a site near Lille.")


def test_a_sentence_that_leans_is_told_with_the_one_before() -> None:
    draft = Draft([RENAULT], "en", 5)
    told = draft.tell(_passages(RENAULT)[1])
    assert told is not None
    assert told.text == RENAULT.text
    assert told.citations[0].quote == RENAULT.text


def test_a_sentence_that_leans_on_one_that_leans_is_not_told_alone() -> None:
    document = _document(2, "It closes a plant near Paris in the spring. It will move 400 jobs to a site near Lille.")
    second = _passages(document)[-1]
    assert whole_of(second) is None
    draft = Draft([document], "en", 5)
    assert draft.tell(second) is None
    assert draft.tell(second, as_is=True) is not None


def test_what_a_longer_sentence_said_is_not_told_again() -> None:
    draft = Draft([RENAULT], "en", 5)
    first, second = _passages(RENAULT)
    assert draft.tell(second)
    assert draft.tell(first) is None


def test_one_document_does_not_fill_a_brief_of_many() -> None:
    texts = (
        "Rome opened a museum of ships beside the river.",
        "A choir from Oslo won the prize of the jury.",
        "Trains between Bonn and Mainz stood still for hours.",
        "The university of Lyon named its first female dean.",
        "Fishermen in Kiel caught fewer herring than ever.",
    )
    many = _document(3, " ".join(texts))
    others = [_document(at, f"Nothing else of note happened in ward {at} of the city.") for at in range(10, 40)]
    draft = Draft([many, *others], "en", 10)
    assert sum(draft.tell(passage) is not None for passage in _passages(many)) == 2
    alone = Draft([many], "en", 10)
    assert sum(alone.tell(passage) is not None for passage in _passages(many)) == 5


def test_quotations_in_other_languages_stay_a_minority_where_there_is_enough_to_read() -> None:
    foreign = [
        _document(50 + at, f"{place}市政府周五宣布，新的电车线路将于明年春天通车。")
        for at, place in enumerate(("罗马", "奥斯陆", "波恩", "里昂", "基尔", "热那亚"))
    ]
    draft = Draft(foreign, "en", 6)
    draft.reserve(6)
    assert sum(draft.tell(_passages(document)[0]) is not None for document in foreign) <= 2
    assert len(draft.foreign) <= 2
