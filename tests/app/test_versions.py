"""Every version can be read as text, and what it may do that it could not comes first."""

from __future__ import annotations

import msgspec

from ergos.app.versions import compared, file_of, lines_of, source_of
from ergos.base.money import Amount
from ergos.kernel.ledger import Caps
from ergos.kernel.packages import Definition
from ergos.kernel.permission.grants import Grant, Matcher
from ergos.lib.agent_file import read

READ = Grant(agent="a", verb="act", name="files.read", words="reads my notes")
OLD = Definition(
    agent="a",
    program="/agents/a.py",
    code="1",
    grants=(READ, Grant(agent="a", verb="act", name="mail.send", args={"to": Matcher("equals", ("me@x.org",))})),
    caps=Caps(day=Amount(1_000_000, -1)),
    instructions="Be kind.",
)


def test_a_version_reads_as_the_file_it_was_made_of():
    text = source_of(OLD)
    again = read(text, "AGENT.md")
    assert again.grants == OLD.grants
    assert again.caps == OLD.caps
    assert "reads my notes" in text
    assert again.instructions.strip() == "Be kind."


def test_a_widened_and_an_added_grant_are_pointed_out_and_a_lost_one_too():
    wider = Grant(agent="a", verb="act", name="mail.send", args={"to": Matcher("any")})
    new = msgspec.structs.replace(OLD, grants=(wider, Grant(agent="a", verb="act", name="shell.run")), code="2")
    found = compared(OLD, new, "en")
    assert len(found.permissions.more) == 2
    assert any("shell.run" in line for line in found.permissions.more)
    assert any("files.read" in line for line in found.permissions.less)
    assert found.code
    assert {line.sign for line in found.lines} >= {"+", "-"}
    same = compared(OLD, OLD, "zh")
    assert (same.permissions.more, same.lines, same.sections, same.code) == ((), (), (), False)


def test_lines_keep_their_numbers_and_only_what_differs_is_shown():
    old = "\n".join(f"line {at}" for at in range(100))
    found = lines_of(old, old.replace("line 50", "line fifty"))
    assert [(one.sign, one.old, one.new) for one in found if one.sign in "+-"] == [("-", 51, 0), ("+", 0, 51)]
    assert len(found) == 1 + 3 + 2 + 3


def test_a_definition_whose_work_cannot_be_read_is_read_all_the_same():
    odd = msgspec.structs.replace(OLD, work=msgspec.Raw(b'{"steps": 3}'), program="/x/a.py::b")
    assert file_of(odd).program == "a.py:b"
    assert source_of(odd)
