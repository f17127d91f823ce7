"""Lints over programs, compiled and written by hand."""

from __future__ import annotations

import pytest

from ergos.compile.check.lints import check
from ergos.compile.diagnostics import Diagnostic
from ergos.compile.sayings.checks import CHECKS
from ergos.kernel.packages import ToolSpec
from ergos.lib.agent_file import read
from tests.compile.office import INVOICES, KNOWN, compiled, known

HEAD = "---\nname: desk\n"


def found(front: str, **changes: object) -> list[Diagnostic]:
    return list(check(read(f"{HEAD}{front}---\n\nDo it.\n", "AGENT.md"), known(**changes)))


def codes(front: str, **changes: object) -> set[str]:
    return {one.code for one in found(front, **changes)}


STEP = """steps:
  - id: read
    act: files.read
    with: {path: notes.md}
  - id: told
    act: notify.owner
    with: {text: "{read.text}"}
"""
GRANTS = """grants:
  - {act: files.read, args: {path: notes.md}, words: read notes}
  - {act: notify.owner, args: {text: any}, words: tell me}
"""


def test_a_program_that_does_what_it_may_and_no_more_has_nothing_to_say():
    assert codes(STEP + GRANTS) == set()


def test_a_compiled_program_passes_its_own_lints():
    made = compiled(INVOICES)
    assert made.file is not None
    assert check(made.file, KNOWN) == ()


def test_a_permission_that_no_step_uses_is_too_much():
    assert "C330" in codes(STEP + GRANTS + "  - {act: files.delete, words: tidy up}\n")


def test_a_step_without_a_permission_is_an_error():
    assert "C331" in codes(STEP + "grants:\n  - {act: files.read, args: {path: other.md}, words: read}\n")


def test_unknown_tools_tasks_and_checks_name_their_nearest():
    (tool,) = [one for one in found(STEP.replace("notify.owner", "notify.onwer")) if one.code == "C342"]
    assert "notify.owner" in tool.remedy("en")
    (task,) = [one for one in found(STEP + "  - think: sumarise\n    with: {text: x}\n") if one.code == "C358"]
    assert "summarise" in task.remedy("zh")


def test_a_watch_on_what_the_agent_itself_writes_is_an_error():
    front = """triggers:
  - {on: files, name: inbox, folder: "inbox:/", pattern: "*.md", events: [created, changed]}
steps:
  - {id: out, act: files.append, with: {path: "inbox:/log.md", text: "x"}}
grants:
  - {act: files.append, args: {path: "inbox:/log.md", text: any}, words: note it}
"""
    assert "C343" in codes(front)
    assert "C343" not in codes(front.replace("inbox:/log.md", "other:/log.md"))
    assert "C343" not in codes(front.replace("log.md", "log.txt"))
    assert "C343" in codes(
        front.replace('folder: "inbox:/"', 'folder: "inbox:/", deep: true').replace(
            "inbox:/log.md", "inbox:/sub/log.md"
        )
    )


def test_what_is_irreversible_comes_after_what_is_checked():
    front = """steps:
  - {id: sent, act: mail.send, with: {to: [a@b.example], subject: x, text: y}}
  - {id: sum, think: summarise, with: {text: z}}
acceptance:
  - {check: not_empty, of: sum}
grants:
  - {act: mail.send, args: {to: a@b.example, subject: x, text: y}, words: send}
  - {think: summarise, words: sum}
"""
    assert "C340" in codes(front)


def test_a_result_that_nothing_looks_at_is_said():
    assert "C334" in codes(
        "steps:\n  - {id: s, think: summarise, with: {text: x}}\ngrants:\n  - {think: summarise, words: s}\n"
    )


def test_an_event_without_a_trigger_refers_to_nothing():
    front = STEP.replace("notes.md", '"{event.path}"')
    assert "C341" in codes(front + GRANTS)


def test_strangers_text_private_files_and_a_way_out_are_refused_together():
    front = """steps:
  - {id: page, act: http.fetch, with: {url: "https://a.example/x"}}
  - {id: file, act: files.read, with: {path: notes.md}}
  - {id: out, act: http.send, with: {url: "https://b.example/y", text: "{file.text}"}}
grants:
  - {act: http.fetch, args: {url: {domain: a.example}}, words: fetch}
  - {act: files.read, words: read}
  - {act: http.send, args: {url: {domain: b.example}, text: any}, words: send}
"""
    errors = [one for one in found(front) if one.code == "C335"]
    assert errors
    assert "desk" in errors[0].what("en")


def test_code_of_an_agent_is_not_judged_by_its_steps():
    assert codes("program: agent.py:agent\ngrants:\n  - {act: files.delete, words: w}\n") & {"C330", "C331"} == set()


def test_own_tools_and_tasks_are_known():
    front = (
        STEP.replace("notify.owner", "mine.tell")
        + "grants:\n  - {act: files.read, words: r}\n  - {act: mine.tell, words: t}\n"
    )
    file = read(f"{HEAD}{front}---\n\nDo it.\n", "AGENT.md")
    assert "C342" not in {one.code for one in check(file, KNOWN, tools=frozenset({"mine.tell"}))}


@pytest.mark.parametrize("code", sorted(CHECKS))
def test_every_lint_speaks_both_languages(code: str):
    one = CHECKS[code]
    assert one.what("en") != one.what("zh") or code in {"C335", "C336"}


def test_without_tools_nothing_is_called_unknown():
    assert "C342" not in codes(STEP.replace("notify.owner", "x.y") + GRANTS, tools={})
    spec = ToolSpec(name="x.y", summary="", parameters={}, effect="pure")
    assert "C342" not in codes(STEP.replace("notify.owner", "x.y") + GRANTS, tools={**KNOWN.tools, "x.y": spec})
