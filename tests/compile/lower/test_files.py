"""Which files an action is about."""

from __future__ import annotations

from ergos.compile.lower.files import paths_in
from tests.compile.office import codes, compiled


def test_paths_are_found_within_words_of_any_script():
    assert paths_in("notes.md 到 ./backup") == ["notes.md", "./backup"]
    assert paths_in("it to ~/Archive") == ["~/Archive"]
    assert paths_in("nothing here") == []


def test_a_folder_of_files_is_emptied_only_if_nothing_says_which_ones():
    made = compiled("delete files in ./tmp every Sunday at midnight")
    assert made.file is not None
    assert made.file.work.steps[0].given == {"path": "tmp:/", "names": "*"}
    assert "C311" in codes(compiled("delete the old files in ./tmp every Sunday at midnight"))


def test_a_file_that_nobody_named_is_asked_for():
    assert "C311" in codes(compiled("every day at 9 delete it"))
