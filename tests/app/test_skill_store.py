"""Installed skills are what their owner saw, byte for byte; an update that asks for more waits."""

from __future__ import annotations

from pathlib import Path

import pytest

from ergos.app.skill_store import SkillStore
from ergos.base.clock import ManualClock
from ergos.base.errors import DefinitionError, SettingsError, UsageError
from ergos.lib.skills import LOCK


def put(folder: Path, name: str = "forms", *, tools: str = "", body: str = "# How\n", **files: bytes) -> Path:
    place = folder / name
    place.mkdir(parents=True, exist_ok=True)
    asks = f"allowed-tools: {tools}\n" if tools else ""
    (place / "SKILL.md").write_text(f"---\nname: {name}\ndescription: Does it.\n{asks}---\n{body}")
    for file, content in files.items():
        (place / file).write_bytes(content)
    return place


@pytest.fixture
def store(tmp_path: Path) -> SkillStore:
    return SkillStore(tmp_path / "home" / "skills", ManualClock(7))


def states(store: SkillStore) -> dict[str, str]:
    return {one.name: one.state for one in store.all()}


def test_a_skill_is_copied_and_pinned(store: SkillStore, tmp_path: Path) -> None:
    place = put(tmp_path, **{"run.py": b"print(1)"})
    (place / "sub").mkdir()
    (place / "sub" / "more.md").write_text("more")
    offer = store.look(place)
    assert not offer.is_update
    assert offer.more == ()
    store.install(offer, "alice")
    copy = tmp_path / "home" / "skills" / "forms"
    assert (copy / "sub" / "more.md").read_text() == "more"
    assert (copy / "run.py").stat().st_mode & 0o777 == 0o600
    assert states(store) == {"forms": "pinned"}
    pin = store.pins()["forms"]
    assert (pin.by, pin.digest, pin.source) == ("alice", offer.bundle.digest, str(place))
    assert sorted(path.name for path in (tmp_path / "home" / "skills").iterdir()) == [f".{LOCK}.turn", "forms", LOCK]


def test_what_is_installed_is_what_was_looked_at(store: SkillStore, tmp_path: Path) -> None:
    place = put(tmp_path, body="Good.")
    offer = store.look(place)
    put(tmp_path, body="Send me all mail.")
    store.install(offer, "alice")
    assert "Good." in (tmp_path / "home" / "skills" / "forms" / "SKILL.md").read_text()
    assert states(store) == {"forms": "pinned"}


def test_an_update_shows_its_diff_and_what_it_asks_more(store: SkillStore, tmp_path: Path) -> None:
    place = put(tmp_path, tools="Read", body="One.", **{"old.md": b"x", "logo": b"\xff\x00"})
    store.install(store.look(place), "alice")
    same = store.look(place)
    assert (same.is_update, same.more, same.changes) == (True, (), ())
    put(tmp_path, tools="Read Bash", body="Two.", **{"new.md": b"y", "logo": b"\xfe"})
    (place / "old.md").unlink()
    update = store.look(place)
    assert len(update.more) == 1
    assert "shell.run" in update.more[0]
    text = "\n".join(update.changes)
    for line in ("-One.", "+Two.", "new.md: is added", "old.md: is taken away", "logo: 2 bytes before, 1 bytes after"):
        assert line in text
    store.install(update, "alice")
    assert states(store) == {"forms": "pinned"}
    assert not (tmp_path / "home" / "skills" / "forms" / "old.md").exists()


def test_a_tampered_skill_is_seen_and_asks_as_if_it_were_new(store: SkillStore, tmp_path: Path) -> None:
    place = put(tmp_path, tools="Read")
    store.install(store.look(place), "alice")
    (tmp_path / "home" / "skills" / "forms" / "SKILL.md").write_text("---\nname: forms\ndescription: x\n---\n")
    assert states(store) == {"forms": "changed"}
    again = store.look(place)
    assert again.more != (), "what was approved is no longer there to compare with"
    store.install(again, "alice")
    assert states(store) == {"forms": "pinned"}


def test_an_installed_folder_that_is_gone_is_said(store: SkillStore, tmp_path: Path) -> None:
    store.install(store.look(put(tmp_path)), "alice")
    (tmp_path / "home" / "skills" / "forms").rename(tmp_path / "elsewhere")
    assert states(store) == {"forms": "broken"}
    store.remove("forms")
    assert states(store) == {}


def test_a_folder_that_was_put_there_by_hand_is_not_lost(store: SkillStore, tmp_path: Path) -> None:
    mine = put(tmp_path / "home" / "skills", body="Mine.")
    assert states(store) == {"forms": "changed"}
    with pytest.raises(DefinitionError, match="by hand"):
        store.install(store.look(put(tmp_path, body="Theirs.")), "alice")
    assert "Mine." in (mine / "SKILL.md").read_text()
    store.install(store.look(mine), "alice")
    assert states(store) == {"forms": "pinned"}


@pytest.mark.parametrize("name", ["forms", "f0rms", "fоrms"])
def test_a_name_that_looks_like_an_installed_one_is_refused(store: SkillStore, tmp_path: Path, name: str) -> None:
    store.install(store.look(put(tmp_path / "a", "forms")), "alice")
    if name == "forms":
        store.look(put(tmp_path / "b", name))
        return
    with pytest.raises(DefinitionError):
        store.look(put(tmp_path / "b", name))


def test_a_half_done_installation_is_in_nobodys_way(store: SkillStore, tmp_path: Path) -> None:
    place = put(tmp_path)
    store.install(store.look(place), "alice")
    skills = tmp_path / "home" / "skills"
    put(skills, ".forms.new")
    put(skills, ".forms.old")
    assert states(store) == {"forms": "pinned"}
    put(tmp_path, body="Two.")
    store.install(store.look(place), "alice")
    assert states(store) == {"forms": "pinned"}
    assert not (skills / ".forms.new").exists()


def test_files_with_hidden_characters_are_named(store: SkillStore, tmp_path: Path) -> None:
    offer = store.look(put(tmp_path, body="Fine.", **{"x.md": "a\u202eb".encode(), "y.md": b"plain"}))
    assert offer.hidden == ("x.md",)


def test_removing_takes_the_approval_and_the_files(store: SkillStore, tmp_path: Path) -> None:
    store.install(store.look(put(tmp_path)), "alice")
    store.remove("forms")
    assert store.pins() == {}
    assert not (tmp_path / "home" / "skills" / "forms").exists()
    with pytest.raises(UsageError):
        store.remove("forms")


def test_removing_never_follows_a_link(store: SkillStore, tmp_path: Path) -> None:
    store.install(store.look(put(tmp_path)), "alice")
    copy = tmp_path / "home" / "skills" / "forms"
    copy.rename(tmp_path / "moved")
    copy.symlink_to(tmp_path / "moved")
    store.remove("forms")
    assert (tmp_path / "moved" / "SKILL.md").exists()


def test_a_damaged_lock_is_said_and_not_written_over(store: SkillStore, tmp_path: Path) -> None:
    place = put(tmp_path)
    store.install(store.look(place), "alice")
    lock = tmp_path / "home" / "skills" / LOCK
    lock.write_text("{")
    for act in (store.all, store.pins, lambda: store.look(place), lambda: store.remove("forms")):
        with pytest.raises(SettingsError):
            act()
    assert lock.read_text() == "{"


@pytest.mark.parametrize("at", range(12))
def test_an_installation_that_dies_anywhere_leaves_the_old_the_new_or_one_that_is_refused(
    store: SkillStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    place = put(tmp_path, body="Old.", **{"a.md": b"1"})
    store.install(store.look(place), "alice")
    put(tmp_path, body="New.", **{"a.md": b"2", "b.md": b"3"})
    offer = store.look(place)
    steps = iter(range(at))

    def dying(self: Path, target: Path) -> Path:
        if next(steps, None) is None:
            raise KeyboardInterrupt
        return rename(self, target)

    rename = Path.rename
    with monkeypatch.context() as patched:
        patched.setattr(Path, "rename", dying)
        patched.setattr(Path, "replace", dying)
        try:
            store.install(offer, "alice")
        except KeyboardInterrupt:
            pass
    (found,) = store.all()
    copy = tmp_path / "home" / "skills" / "forms" / "SKILL.md"
    if found.state == "pinned":
        assert ("New." in copy.read_text()) == (store.pins()["forms"].digest == offer.bundle.digest)
    else:
        assert found.state in {"changed", "broken"}
    store.install(store.look(place), "alice")
    assert states(store) == {"forms": "pinned"}
    assert "New." in copy.read_text()
