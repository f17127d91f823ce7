"""Where the owner is asked, and what conditions compare."""

from __future__ import annotations

import pytest

from tests.compile.office import codes, compiled


def test_an_amount_that_nobody_named_is_the_one_amount_there_is():
    file = compiled("watch ./in; when a PDF arrives extract date, total; append to a.csv; ask me above 50 EUR").file
    assert file is not None
    assert file.work.steps[2].when == ("extract.total > 50 EUR",)


def test_of_two_amounts_it_is_asked_which_is_meant():
    made = compiled("watch ./in; when a PDF arrives extract net amount, total; append to a.csv; ask me above 50 EUR")
    assert "C312" in codes(made)
    assert made.text == ""


def test_an_amount_that_is_not_extracted_is_looked_for_and_not_entered():
    file = compiled("watch ./in; when a PDF arrives extract supplier, date; append to a.csv; ask me above 50 EUR").file
    assert file is not None
    by_id = {step.id: step for step in file.work.steps}
    assert by_id["looked"].given["fields"] == ["amount"]
    assert by_id["agreed"].when == ("looked.amount > 50 EUR",)
    assert by_id["entered"].given["row"] == "{extract}"


def test_the_question_comes_before_what_it_is_about():
    file = compiled("watch ./in; when a PDF arrives extract total; append to a.csv; ask me above 50 EUR").file
    assert file is not None
    ids = [step.id for step in file.work.steps]
    assert ids.index("agreed") < ids.index("entered")


@pytest.mark.parametrize(
    ("prose", "asks"),
    [
        ("read ./a.txt, summarise it and send it to bob@example.com; ask me before sending", {"mail.send"}),
        ("read ./a.txt, summarise it and save it to b.txt; ask me before anything", {"files.write"}),
    ],
)
def test_what_is_approved_each_time_asks_in_its_grant(prose: str, asks: set[str]):
    file = compiled(prose).file
    assert file is not None
    assert {grant.name for grant in file.grants if grant.ask} == asks


def test_of_many_records_the_owner_is_asked_about_all_of_them():
    file = compiled("read ./invoices and extract total; append to a.csv; ask me above 50 EUR").file
    assert file is not None
    agreed = next(step for step in file.work.steps if step.id == "agreed")
    assert (agreed.when, agreed.each) == ((), "")


def test_of_several_records_it_is_said_that_they_are_asked_about_at_once():
    made = compiled("extract total from every invoice in ./in; append to a.csv; ask me above 50 EUR")
    assert made.file is not None
    assert "C362" in [one.code for one in made.diagnostics]


def test_what_it_says_is_the_text_that_was_read():
    file = compiled("every hour read https://status.example and notify me if it says down").file
    assert file is not None
    assert file.work.steps[-1].when == ("read.documents.0.text contains down",)
