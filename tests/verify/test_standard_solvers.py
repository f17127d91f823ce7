"""System 1 at the standard tasks: what it can do it does by the tasks' own checks, and what it cannot it says."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from ergos.base.canonical import Plain
from ergos.base.errors import NoModelError, ValueShapeError
from ergos.base.ids import Pid
from ergos.kernel.packages import Errand
from ergos.lib.acceptance import ACCEPT
from ergos.verify.standard import TASKS
from ergos.verify.standard_solvers import standard

KIT = standard()
BY_NAME: dict[str, Any] = {task.spec.name: task for task in TASKS}
ERRAND = Errand(pid=Pid(1), owner="a", agent="b", idempotency_key="", deadline_ns=0, now_ns=1_767_225_600 * 10**9)
PROSE = (
    "The port of Ningbo handled 3 million containers in October. That is 12 percent more than a year before. "
    "A new terminal opened last week. The weather was mild. The port expects 30 million containers this year. "
    "Containers from the new terminal go to Chile. A spokesman thanked all workers."
)


def solve(name: str, inputs: Plain) -> Any:
    """The accepted answer of System 1, or of code. Raises: what it refuses with."""
    solver = next(one for one in KIT.solvers if name in one.spec.tasks and one.spec.kind in ("system1", "code"))
    value = asyncio.run(solver.solve(BY_NAME[name].spec, inputs, ERRAND)).value
    assert asyncio.run(BY_NAME[name].faults(inputs, value)) == ()
    return value


def test_every_task_has_a_solver_but_those_that_need_a_model() -> None:
    by_code = {name for one in KIT.solvers if one.spec.kind in ("system1", "code") for name in one.spec.tasks}
    assert set(BY_NAME) - by_code == {"translate", "plan"}
    assert set(KIT.tasks) == set(BY_NAME)
    assert all(one.spec.kind != "code" for one in KIT.solvers if ACCEPT not in one.spec.tasks)


def test_fields_are_extracted_or_it_says_that_it_found_none() -> None:
    assert solve("extract", {"text": "Invoice no. A-17\nTotal: 5 EUR", "fields": ["number", "total", "iban"]}) == {
        "number": "A-17", "total": {"amount": "5", "currency": "EUR"}, "iban": None,
    }  # fmt: skip
    assert solve("extract", {"text": {"path": "a", "text": "Invoice no. A-17"}, "fields": ["number"]}) == {
        "number": "A-17"
    }
    with pytest.raises(NoModelError, match="found none of number"):
        solve("extract", {"text": "The weather was mild.", "fields": ["number"]})
    with pytest.raises(ValueShapeError):
        solve("extract", {"text": "x", "fields": [str(number) for number in range(100)]})


def test_a_summary_is_made_of_the_texts_own_sentences_in_their_order() -> None:
    found = solve("summarise", {"text": PROSE, "sentences": 3, "language": "en"})
    assert found.count(".") == 3
    assert all(sentence.strip(" .") in PROSE for sentence in found.split("."))
    assert len(solve("summarise", {"text": PROSE, "words": 25}).split()) <= 25
    assert solve("summarise", {"text": ""}) == ""
    assert "港口" in solve(
        "summarise",
        {"text": "港口十月处理了三百万个集装箱。同比增长百分之十二。新码头上周投入使用。" * 3, "language": "zh"},
    )
    with pytest.raises(NoModelError, match="does not translate"):
        solve("summarise", {"text": PROSE, "language": "zh"})
    with pytest.raises(NoModelError, match="at most 1 words"):
        solve("summarise", {"text": PROSE, "words": 1})


ITEMS: list[Plain] = [
    {"title": "Port grows", "total": "50 EUR"}, {"title": "Rail slows", "total": "5 EUR"}, {"title": "港口增长", "total": None},
]  # fmt: skip


@pytest.mark.parametrize(
    ("about", "kept"),
    [("total > 10 EUR", [0]), ("item.total <= 10 EUR", [1]), ("title contains rail", [1]), ("ports", [0]), ("about the 港口", [2]),
     ("rockets", []), ("not about ports", [1, 2]), ("title is Rail slows", [1]), ("total over 10 EUR", [0])],
)  # fmt: skip
def test_items_are_kept_by_a_condition_or_by_what_they_are_about(about: str, kept: list[int]) -> None:
    assert solve("filter", {"items": ITEMS, "about": about}) == [ITEMS[place] for place in kept]


def test_the_rows_of_a_table_are_filtered_and_computed() -> None:
    read: Plain = [{"url": "here:/a.csv", "text": "name,total\nAcme,5\nGlobex,7\n", "title": "a.csv"}]
    assert solve("filter", {"items": read, "about": "total > 5"}) == [{"name": "Globex", "total": "7"}]
    assert solve("compute", {"rows": read, "what": "column total in a.csv"}) == "12"


def test_a_text_is_filtered_line_by_line_and_what_says_nothing_is_left_to_others() -> None:
    assert solve("filter", {"items": "Port grows\nRail slows", "about": "rail"}) == [{"text": "Rail slows"}]
    with pytest.raises(NoModelError, match="no words"):
        solve("filter", {"items": ITEMS, "about": "of the"})


@pytest.mark.parametrize(
    ("text", "labels", "label"),
    [("Please reply ASAP, this is an emergency", ["urgent", "normal"], "urgent"),
     ("您好，我要投诉，产品坏了，要求退款", ["咨询", "投诉", "订单"], "投诉"),
     ("Amount due: 5 EUR, see the attached invoice", ["bills", "offers"], "bills"),
     ("Thanks, this is great, I love it", ["positive", "negative"], "positive"),
     ("The food was not bad, it was excellent", ["positive", "negative"], "positive"),
     ("我对服务不满意，质量太差", ["好评", "差评"], "差评"),
     ("The rail strike goes on", ["rail", "road"], "rail")],
)  # fmt: skip
def test_a_label_is_chosen_where_it_stands_out(text: str, labels: list[str], label: str) -> None:
    assert solve("classify", {"text": text, "labels": labels}) == label


def test_where_no_label_stands_out_it_says_so() -> None:
    with pytest.raises(NoModelError):
        solve("classify", {"text": "Nothing of it", "labels": ["rail", "road"]})
    with pytest.raises(ValueShapeError):
        solve("classify", {"text": "x", "labels": []})


def test_differences_are_told_line_by_line() -> None:
    assert solve("compare", {"before": "One. Two.\nThree.", "after": "One. 2.\nThree."}) == "- Two.\n+ 2."
    assert solve("compare", {"before": "a", "after": "a"}) == "Nothing has changed."
    assert solve("compare", {"before": None, "after": "a"}) == "There is nothing earlier to compare with."
    assert solve("compare", {"before": "港口开放了。", "after": "港口开放了。"}) == "没有变化。"
    long = solve("compare", {"before": "\n".join(map(str, range(500))), "after": ""})
    assert long.endswith("… and 450 more")


def test_checks_are_carried_out_as_a_task() -> None:
    checks: Plain = [{"check": "not_empty"}, {"check": "words_max", "value": 1}]
    assert solve("accept", {"checks": checks, "value": "one two"}) == ["it has 2 words, and at most 1 were asked for"]
    assert solve("accept", {"checks": checks, "value": "one"}) == []


def test_a_goal_is_proposed_from_the_instructions_until_there_is_none_left() -> None:
    assert solve("propose_goal", {"instructions": "Keep order. Save money."}) == {"goal": "Keep order."}
    assert solve("propose_goal", {"instructions": "Keep order. Save money.", "rejected": ["Keep order."]}) == {
        "goal": "Save money."
    }
    with pytest.raises(NoModelError):
        solve("propose_goal", {"instructions": ""})
