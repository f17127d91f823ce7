"""What a call would change is shown as it would be, from what stands there now, and never from outside a workspace."""

from __future__ import annotations

import os
from pathlib import Path
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ergos.app.home import Home, home_at
from ergos.base.canonical import Plain
from ergos.console.inbox.changes import FILE_BYTES_MAX, SHOWN_MAX, Difference, Letter, Rows, change_of, compared


@pytest.fixture
def home(tmp_path: Path) -> Home:
    (tmp_path / "home" / "work" / "scribe" / "notes").mkdir(parents=True)
    (tmp_path / "home" / "work" / "scribe" / "notes" / "a.md").write_text("one\ntwo\nthree\n")
    (tmp_path / "drafts").mkdir()
    (tmp_path / "drafts" / "d.md").write_text("draft\n")
    (tmp_path / "home" / "settings.toml").write_text(
        f'owner = "alice"\n[tools.files.roots]\ndrafts = {{ path = "{tmp_path}/drafts", write = true }}\n'
    )
    return home_at(tmp_path / "home", {"HOME": str(tmp_path)})


def difference(home: Home, tool: str, agent: str = "scribe", **args: Plain) -> Difference:
    found = change_of(home, "alice", agent, tool, cast("Plain", args))
    assert isinstance(found, Difference), found
    return found


def signs(found: Difference) -> str:
    return "".join({"same": " ", "added": "+", "removed": "-", "skip": "…"}[line.sign] for line in found.lines)


def test_an_edit_shows_the_lines_it_changes_with_their_numbers(home: Home) -> None:
    found = difference(home, "files.edit", path="notes/a.md", old="two", new="2\n2b")
    assert signs(found) == " -++ "
    assert [(line.before, line.after) for line in found.lines] == [(1, 1), (2, 0), (0, 2), (0, 3), (3, 4)]
    assert (found.added, found.removed) == (2, 1)


def test_an_edit_that_will_fail_says_so(home: Home) -> None:
    assert difference(home, "files.edit", path="notes/a.md", old="four", new="4").note == "misfit"
    assert difference(home, "files.edit", path="notes/a.md", old="t", new="T").note == "misfit"
    assert difference(home, "files.edit", path="notes/none.md", old="t", new="T").note == "misfit"


def test_writing_appending_and_deleting_are_differences(home: Home) -> None:
    written = difference(home, "files.write", path="notes/new.md", text="a\nb")
    assert (written.is_new, signs(written)) == (True, "++")
    assert difference(home, "files.write", path="notes/a.md", text="one\ntwo\nthree\n").lines == ()
    assert signs(difference(home, "files.append", path="notes/a.md", text="four\n")) == "   +"
    gone = difference(home, "files.delete", path="notes/a.md")
    assert (gone.is_gone, signs(gone)) == (True, "---")
    assert difference(home, "files.move", path="notes/a.md", to="b.md").moved_to == "b.md"


def test_a_folder_the_owner_named_is_looked_at_under_its_name(home: Home) -> None:
    assert signs(difference(home, "files.write", path="drafts:/d.md", text="final\n")) == "-+"
    assert difference(home, "files.write", path="nowhere:/d.md", text="x").note == "unreadable"


def test_an_agent_without_a_workspace_makes_its_first_file(home: Home) -> None:
    assert difference(home, "files.write", agent="other", path="x/y.md", text="a").is_new


@pytest.mark.parametrize(
    "path", ["../../settings.toml", "/etc/passwd", "notes/../../../settings.toml", "notes/link", "up/settings.toml"]
)
def test_nothing_outside_the_workspace_is_ever_read(home: Home, path: str) -> None:
    workspace = home.folder / "work" / "scribe"
    (workspace / "notes" / "link").symlink_to("/etc/passwd")
    (workspace / "up").symlink_to(home.folder)
    for tool in ("files.write", "files.append", "files.edit", "files.delete"):
        found = change_of(home, "alice", "scribe", tool, {"path": path, "text": "x", "old": "owner", "new": "x"})
        shown = "" if not isinstance(found, Difference) else "".join(line.text for line in found.lines)
        assert "root:" not in shown
        assert "owner" not in shown


def test_what_is_no_text_or_too_large_is_not_compared(home: Home) -> None:
    notes = home.folder / "work" / "scribe" / "notes"
    (notes / "bin").write_bytes(b"\xff\xfe\x00")
    (notes / "big").write_bytes(b"x\n" * FILE_BYTES_MAX)
    os.mkfifo(notes / "pipe")
    for name in ("bin", "big", "pipe"):
        assert difference(home, "files.write", path=f"notes/{name}", text="x").note == "unreadable"


def test_a_long_difference_says_how_much_is_not_shown() -> None:
    found = compared("", "\n".join(str(n) for n in range(SHOWN_MAX + 50)), "x")
    assert (len(found.lines), found.more) == (SHOWN_MAX, 50)


@given(st.text(alphabet="ab\n", max_size=60), st.text(alphabet="ab\n", max_size=60))
def test_a_difference_tells_both_texts_apart_and_loses_nothing(before: str, after: str) -> None:
    found = compared(before, after, "x")
    old, new = before.splitlines(), after.splitlines()
    assert [old[line.before - 1] for line in found.lines if line.sign == "removed"] == [
        line.text for line in found.lines if line.sign == "removed"
    ]
    assert [new[line.after - 1] for line in found.lines if line.sign == "added"] == [
        line.text for line in found.lines if line.sign == "added"
    ]
    assert (found.lines == ()) == (old == new)


def test_a_letter_is_read_from_the_mail_tool_and_from_tools_like_it(home: Home) -> None:
    args: Plain = {"to": "ada@example.com", "subject": "Hi", "text": "x", "cc": ["c"], "attachments": ["a.pdf"]}
    for tool in ("mail.send", "post", "crm.write"):
        found = change_of(home, "alice", "a", tool, args)
        assert found == Letter(to=("ada@example.com",), subject="Hi", text="x", cc=("c",), attachments=("a.pdf",))
    assert change_of(home, "alice", "a", "mail.send", {"to": ["x"]}) is None


def test_rows_keep_every_column(home: Home) -> None:
    rows: Plain = [{"a": 1, "b": "x"}, {"b": None, "c": [1]}]
    found = change_of(home, "alice", "a", "table.append", {"path": "t.csv", "row": rows})
    assert found == Rows(path="t.csv", columns=("a", "b", "c"), rows=(("1", "x", ""), ("", "", "[1]")))


@given(st.dictionaries(st.sampled_from(["path", "text", "old", "new", "to", "row", "times", "subject", "encoding"]),
                       st.none() | st.integers() | st.text(max_size=5) | st.lists(st.integers(), max_size=2)),
       st.sampled_from(["files.write", "files.edit", "files.move", "table.append", "mail.send", "press.publish", "x"]))  # fmt: skip
def test_no_arguments_break_it(args: dict[str, Plain], tool: str) -> None:
    change_of(
        home_at(Path("/nowhere/home"), {"HOME": "/nowhere", "ERGOS_OWNER": "a"}), "a", "a", tool, cast("Plain", args)
    )
