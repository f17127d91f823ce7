import pytest

from ergos.compile.words.output import form_of, read_output


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        ("a two-page brief in Chinese with citations", {"pages": 2, "language": "zh", "cited": True}),
        ("两页的中文简报，注明出处", {"pages": 2, "language": "zh", "cited": True}),
        ("in at most 200 words", {"words": 200}),
        ("不超过300字", {"words": 300}),
        ("the top 5", {"items": 5}),
        ("前十名", {"items": 10}),
        ("three to four pages", {"pages": 4}),
        ("as JSON", {"format": "json"}),
        ("Markdown 格式", {"format": "markdown"}),
        ("翻译成日语", {"language": "ja"}),
        ("half a page", {"pages": 1}),
        ("without citing sources", {}),
        ("these four pages", {}),
    ],
)
def test_facts_about_the_result_are_read(text: str, facts: dict[str, object]) -> None:
    assert {name: value for name, value, _ in read_output(text, 0, len(text))} == facts


@pytest.mark.parametrize(
    ("text", "form"),
    [("a weekly digest", "digest"), ("一份报告", "report"), ("做成表格", "table"), ("the reporter", "")],
)
def test_the_form_is_the_noun_that_was_used(text: str, form: str) -> None:
    assert form_of(text, 0, len(text), made=True) == form
