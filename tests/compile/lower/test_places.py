"""Paths of words as paths of tools, and the folders that they need."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ergos.base.errors import ValueShapeError
from ergos.compile.lower.places import Places, Unplaced, is_address, slug
from ergos.drivers.tools.paths import place_of
from tests.compile.office import known


def places(**changes: object) -> Places:
    return Places(known(**changes))


def test_a_folder_that_is_read_becomes_a_root_named_after_it():
    here = places()
    assert here.folder("./invoices") == "invoices:/"
    assert [(one.name, one.path, one.write) for one in here.needed()] == [
        ("invoices", "/srv/ada/accounts/invoices", False)
    ]


def test_a_file_that_is_written_lies_below_the_folder_where_it_was_said():
    here = places()
    assert here.file("out/ledger.csv", write=True) == "here:/out/ledger.csv"
    assert [(one.name, one.write) for one in here.needed()] == [("here", True)]


def test_a_root_that_the_home_has_is_used_and_not_asked_for_again():
    here = places(roots={"papers": "/srv/ada/accounts/invoices"})
    assert here.folder("./invoices") == "papers:/"
    assert here.needed() == ()
    assert here.folder("./invoices", write=True) == "papers:/"
    assert [one.write for one in here.needed()] == [True]


def test_two_folders_never_share_a_name():
    here = places(roots={"here": "/elsewhere", "invoices": "/srv/invoices"})
    assert here.folder("./invoices") == "invoices-2:/"
    assert here.file("a.csv", write=True) == "accounts:/a.csv"


@pytest.mark.parametrize("path", ["/", "~", "/srv", "/etc/..", "~/../.."])
def test_no_words_open_a_whole_disk_or_home(path: str):
    assert places().folder(path) == Unplaced(path, "whole")


def test_a_file_beside_the_home_folder_itself_is_refused_too():
    assert places(folder="/srv/ada").file("notes.md", write=True) == Unplaced("notes.md", "whole")


def test_a_path_out_of_the_folder_is_a_folder_of_its_own():
    here = places()
    assert here.file("../shared/x.csv") == "shared:/x.csv"
    assert here.folder("~/Downloads") == "Downloads:/"


def test_an_unknown_beginning_is_said_to_be_unknown():
    assert places(user_folder="").folder("~/x") == Unplaced("~/x", "unknown")
    assert places().folder("nowhere:/x") == Unplaced("nowhere:/x", "unknown")
    assert places(folder="").file("notes/a.md") == "notes/a.md"


@given(st.text(max_size=60))
def test_whatever_is_said_a_path_is_one_that_tools_take_or_none(said: str):
    for found in (places().file(said), places().folder(said)):
        if not isinstance(found, Unplaced):
            try:
                place_of(found)
            except ValueShapeError as error:  # what cannot be seen is refused where it is used
                assert "U+" in error.what or "longer" in error.what or "blank" in error.what or "seems" in error.what  # noqa: PT017


@given(st.text(max_size=80))
def test_a_name_made_of_a_path_is_always_a_name(text: str):
    made = slug(text)
    assert 2 <= len(made) <= 50
    assert "/" not in made


def test_addresses_are_told_from_paths():
    assert is_address("https://a.example")
    assert not is_address("./https/x")


def test_a_name_with_its_colon_is_the_folder_of_that_name():
    places = Places(known(roots={"scans": "/srv/scans"}))
    assert places.folder("scans:") == "scans:/"
