"""Actions that read and make something new, as steps."""

from __future__ import annotations

from ergos.lib.work import Step
from tests.compile.office import codes, compiled


def steps(prose: str) -> list[Step]:
    file = compiled(prose).file
    assert file is not None
    return list(file.work.steps)


def test_several_documents_are_extracted_one_by_one():
    found = steps("read ./invoices and extract supplier, total; append to a.csv")
    assert (found[1].name, found[1].each) == ("extract", "{read.documents}")
    assert found[2].given["row"] == "{extract}"


def test_one_file_is_one_text():
    found = steps("read ./a.pdf and extract supplier, total")
    assert found[1].given["text"] == "{read.documents.0.text}"


def test_a_summary_keeps_its_length_and_its_language_where_they_were_said():
    found = steps("summarise https://a.example/feed in 200 words in English and tell me")
    assert found[1].given == {"text": "{read.documents}", "words": 200, "language": "en"}
    assert "language" not in steps("summarise ./a.txt")[1].given


def test_comparing_one_source_is_comparing_with_the_last_time():
    found = steps("every day at 8 read https://a.example/x and compare it; tell me")
    assert found[1].given["before"] == "{last.text}"


def test_classes_are_what_stands_behind_as():
    found = steps("when mail arrives, classify it as urgent, normal or spam and tell me")
    assert found[0].given["labels"] == ["urgent", "normal", "spam"]


def test_extracting_nothing_and_searching_nowhere_are_questions():
    assert "C303" in codes(compiled("summarise the news"))


def test_fields_of_several_words_are_names_that_references_take():
    found = steps("read ./a.pdf and extract invoice number, due date")
    assert found[1].given["fields"] == ["invoice_number", "due_date"]
