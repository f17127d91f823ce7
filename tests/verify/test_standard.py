"""The standard tasks: typed, checked, and a model can do each of them."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from ergos.base.canonical import Plain
from ergos.lib.acceptance import ACCEPT
from ergos.lib.model_solver import generic
from ergos.lib.task import Task
from ergos.verify.standard import TASKS

BY_NAME: dict[str, Task[Any, Any]] = {task.spec.name: task for task in TASKS}
TEXT = "Acme GmbH. Invoice A-17. Total: 5 EUR. Thank you very much for your order of last week."
CASES: tuple[tuple[str, Plain, Plain, str], ...] = (
    ("extract", {"text": TEXT, "fields": ["number"]}, {"number": "A-17"}, ""),
    ("extract", {"text": TEXT, "fields": ["number"]}, {"number": None}, ""),
    ("extract", {"text": TEXT, "fields": ["number"]}, {"number": "B-18"}, "does not stand"),
    ("extract", {"text": TEXT, "fields": ["number"]}, {}, "the field 'number' is missing"),
    ("extract", {"text": TEXT, "fields": ["number"]}, {"number": "A-17", "more": "x"}, "nobody asked for 'more'"),
    ("extract", {"text": TEXT, "fields": ["number"]}, ["A-17"], "does not have the declared shape"),
    ("summarise", {"text": TEXT}, "Total: 5 EUR.", ""),
    ("summarise", {"text": TEXT}, "Total: 6 EUR.", "the number '6 EUR' does not stand"),
    ("summarise", {"text": TEXT, "words": 2}, "Total: 5 EUR.", "at most 2"),
    ("summarise", {"text": TEXT}, " ", "it is empty"),
    ("summarise", {"text": "x"}, "word " * 50, "longer than the text"),
    ("filter", {"items": [1, 2, 3], "about": "x"}, [1, 3], ""),
    ("filter", {"items": [1, 2, 3], "about": "x"}, [3, 1], "another order"),
    ("filter", {"items": [1, 2, 3], "about": "x"}, [4], "was not given"),
    ("classify", {"text": TEXT, "labels": ["a", "b"]}, "a", ""),
    ("classify", {"text": TEXT, "labels": ["a", "b"]}, "c", "none of the labels"),
    ("compare", {"before": "a", "after": "b"}, "", "it is empty"),
    ("compute", {"rows": [], "what": "count"}, "0", ""),
    ("translate", {"text": TEXT, "language": "zh"}, "Thank you very much for the order.", "zh was asked for"),
    ("translate", {"text": TEXT, "language": "zh"}, "感谢您上周的订单，总额五欧元，发票已经开出。", ""),
    ("plan", {"goal": "g", "tools": [], "tasks": []}, {"steps": [{"act": "x", "ask": "y"}]}, "exactly one of"),
    ("propose_goal", {"instructions": "x", "rejected": ["g"]}, {"goal": "g"}, "rejected before"),
)  # fmt: skip


@pytest.mark.parametrize(("name", "inputs", "answer", "fault"), CASES)
def test_an_answer_counts_when_its_checks_find_nothing(name: str, inputs: Plain, answer: Plain, fault: str) -> None:
    found = asyncio.run(BY_NAME[name].faults(inputs, answer))
    if fault:
        assert any(fault in one for one in found), found
    else:
        assert found == ()


@pytest.mark.parametrize("name", [name for name in BY_NAME if name != ACCEPT])
def test_a_model_is_told_what_is_wanted(name: str) -> None:
    task = BY_NAME[name]
    assert all(promise.endswith(".") for promise in task.promises)
    assert generic(task).spec.kind == "model"
    assert task.spec.tokens_max > 0
