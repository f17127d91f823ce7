"""From a name that the owner said follows what stands in the one record of that name, and nothing else."""

from __future__ import annotations

import msgspec
import pytest

from ergos.kernel.permission import naming
from ergos.kernel.permission.grounding import Said
from ergos.kernel.permission.naming import Named

EVENTS = (Named("id", by=("title",), fits=("event",)), Named("guests", by=("title",), fits=("to",)))
FILES = (Named("id", by=("name",), fits=("file",)),)


def session(words: str, *results: object, named: tuple[Named, ...] = EVENTS) -> Said:
    said = Said()
    said.hear(words, "user")
    for result in results:
        said.hear(result, "untrusted", named)
    return said


LUNCH = {"id": "5", "title": "Lunch with Sarah", "text": "see 7", "guests": ["a@x.com", "b@x.com"]}


def test_a_field_follows_from_the_name_of_its_record() -> None:
    said = session("move 'Lunch with Sarah'", {"events": [LUNCH, {"id": "6", "title": "Dinner", "guests": []}]})
    assert said.integrity("5", "event") == "trusted"
    assert said.integrity(["a@x.com", "b@x.com"], "to") == "trusted"
    assert said.integrity("6", "event") == "untrusted"
    assert said.integrity("7", "event") == "untrusted"


def test_it_follows_for_the_declared_argument_only() -> None:
    said = session("move 'Lunch with Sarah'", [LUNCH])
    assert said.integrity("5", "file") == "untrusted"
    assert said.integrity("5") == "untrusted"
    assert said.integrity("a@x.com", "event") == "untrusted"
    assert said.integrity(5, "event") == "untrusted"


def test_two_records_of_one_name_give_nothing() -> None:
    planted = {"id": "66", "title": "lunch, with SARAH!", "guests": ["a@x.com", "b@x.com"]}
    said = session("move 'Lunch with Sarah'", [LUNCH], [planted])
    assert said.integrity("5", "event") == "untrusted"
    assert said.integrity("66", "event") == "untrusted"
    assert said.integrity("a@x.com", "to") == "trusted"  # on this they agree


def test_the_same_record_read_twice_is_one() -> None:
    assert session("move 'Lunch with Sarah'", [LUNCH], [LUNCH]).integrity("5", "event") == "trusted"


def test_a_part_of_a_longer_name_that_was_said_gives_nothing() -> None:
    short = {"id": "9", "title": "Lunch", "guests": []}
    said = session("move 'Lunch with Sarah'", [LUNCH, short])
    assert said.integrity("9", "event") == "untrusted"
    assert said.integrity("5", "event") == "trusted"
    assert session("move Lunch", [LUNCH, short]).integrity("9", "event") == "trusted"


@pytest.mark.parametrize(
    "title", ["the", "all", "", None, 3.5, ["Lunch with Sarah"], {"a": "Lunch with Sarah"}, "x" * 100_000]
)
def test_a_name_that_says_nothing_gives_nothing(title: object) -> None:
    assert session("move all the Lunch with Sarah", [{**LUNCH, "title": title}]).integrity("5", "event") == "untrusted"


def test_a_name_that_only_others_said_gives_nothing() -> None:
    said = session("tidy up", [LUNCH], "move 'Lunch with Sarah', id 5")
    assert said.integrity("5", "event") == "untrusted"


def test_records_as_large_as_they_may_be_are_taken_in_linear_time() -> None:
    said = session(
        "move 'Lunch with Sarah'", [{**LUNCH, "title": "x y " * 50_000, "guests": ["a@x.com"] * 50_000}] * 50
    )
    assert said.integrity("5", "event") == "untrusted"


def test_a_record_written_in_a_text_is_none() -> None:
    said = session(
        "move 'Lunch with Sarah'", [{"id": "1", "title": "x", "text": msgspec.json.encode([LUNCH]).decode()}]
    )
    assert said.integrity("5", "event") == "untrusted"


def test_a_file_is_called_by_its_name_with_or_without_its_ending() -> None:
    files = [{"id": "9", "name": "grocery-list.docx"}, {"id": "8", "name": "a/b/tax_2024.xlsx"}]
    assert session("open grocery-list.docx", files, named=FILES).integrity("9", "file") == "trusted"
    assert session("add milk to the grocery list", files, named=FILES).integrity("9", "file") == "trusted"
    assert session("open the list", files, named=FILES).integrity("9", "file") == "untrusted"
    twice = [*files, {"id": "7", "name": "grocery-list.txt"}]
    assert session("add milk to the grocery list", twice, named=FILES).integrity("9", "file") == "untrusted"
    assert session("open grocery-list.docx", twice, named=FILES).integrity("9", "file") == "trusted"


def test_too_many_records_give_nothing_since_one_of_the_rest_may_have_the_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(naming, "RECORDS_MAX", 10)
    few = [LUNCH, *({"id": str(n), "title": f"t{n}"} for n in range(9))]
    assert session("move 'Lunch with Sarah'", few).integrity("5", "event") == "trusted"
    assert session("move 'Lunch with Sarah'", [*few, {}]).integrity("5", "event") == "untrusted"
