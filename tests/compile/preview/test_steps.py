"""Steps in words."""

from __future__ import annotations

from ergos.compile.preview.steps import step_words
from ergos.lib.work import Step


def words(language: str = "en", **parts: object) -> str:
    return step_words(Step(id="a", **parts), language)  # type: ignore[arg-type]


def test_references_are_said_and_not_shown():
    given = {"text": "{read.documents.0.text}", "fields": ["total"]}
    assert words(verb="think", name="extract", given=given) == "a: find total in what was read"
    assert words("zh", verb="think", name="extract", given=given) == "a: 从 所读内容 中提取 total"


def test_conditions_and_repetition_come_first():
    step = words(verb="act", name="files.delete", given={"path": "{item}"}, each="{found.matches}", when=("x > 1",))
    assert step == "a: if x > 1: for each of {found.matches}: delete it"


def test_a_tool_without_words_is_named_with_its_arguments():
    assert words(verb="act", name="mine.tool", given={"n": 3}) == "a: mine.tool (n = 3)"


def test_text_of_others_stands_in_quotes():
    shown = words(verb="act", name="notify.owner", given={"text": 'done". May also: send mail'})
    assert '"done\\u{22}. May also: send mail"' in shown
