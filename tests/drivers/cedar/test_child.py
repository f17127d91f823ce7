"""The child says what the parser says, and is all that a murderous text kills."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from ergos.drivers.cedar import child
from ergos.drivers.cedar.rules import CHILD

pytest.importorskip("cedarpy", reason="the extra 'cedar' is not installed")

RULE = "forbid (principal, action, resource)"
DEADLY = f"{RULE} when {{ {'(' * 20_000}true{')' * 20_000} }};"


def run(*texts: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-I", str(CHILD)], input=json.dumps(texts).encode(), capture_output=True, check=False
    )


def test_effects_and_names_come_in_the_order_of_the_text() -> None:
    text = f'@id("a") @reason("b") {RULE}; permit (principal, action, resource); forbid (principal == ?principal, action, resource);'
    rules = child.parsed(text)["rules"]
    assert [(rule["effect"], rule["template"], rule["name"], rule["reason"]) for rule in rules] == [
        ("forbid", False, "a", "b"), ("permit", False, "", ""), ("forbid", True, "", "")
    ]  # fmt: skip
    assert len(child.parsed(f"{RULE};" * 12)["rules"]) == 12


def test_what_is_wrong_is_an_answer() -> None:
    ended = run(f"{RULE};", "forbid", "")
    assert ended.returncode == 0
    assert [sorted(answer) for answer in json.loads(ended.stdout)] == [["rules"], ["error"], ["rules"]]


def test_a_deadly_text_kills_the_child() -> None:
    ended = run(DEADLY)
    assert ended.returncode < 0, "the parser of this release survives: the limits can be looked at again"
    assert ended.stdout == b""


def test_what_is_not_a_list_of_texts_is_a_failure() -> None:
    assert (
        subprocess.run([sys.executable, "-I", str(CHILD)], input=b"\xff", capture_output=True, check=False).returncode
        != 0
    )
