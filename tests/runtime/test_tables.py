"""Whatever stands in a table is read or refused with its place and what was expected."""

from __future__ import annotations

import pytest

from ergos.base.errors import SettingsError
from ergos.runtime.tables import counted, known, mapping, money


def test_money_is_micro_dollars_however_it_is_written():
    assert [money(value, "x") for value in ("2usd", 2, 0.25, "$0.003625")] == [2_000_000, 2_000_000, 250_000, 3_625]


@pytest.mark.parametrize("value", [None, True, [], -1, "a lot", float("nan"), float("inf"), 1e-9])
def test_what_is_no_money_is_refused_with_its_place(value: object):
    with pytest.raises(SettingsError, match="at the place"):
        money(value, "at the place")


@pytest.mark.parametrize("value", [None, True, 1.0, "1", 0, 11])
def test_a_count_outside_its_bounds_is_refused(value: object):
    with pytest.raises(SettingsError, match="from 1 to 10"):
        counted(value, "x", 1, 10)
    assert counted(10, "x", 1, 10) == 10


def test_a_table_is_a_table():
    assert mapping({"a": 1}, "x", "one") == {"a": 1}
    with pytest.raises(SettingsError, match="expected one"):
        mapping([], "x", "one")


def test_an_unknown_key_names_its_nearest_relative():
    known({"colour": 1}, ("colour",), "file", "")
    with pytest.raises(SettingsError, match=r"paint\.colour"):
        known({"color": 1}, ("colour", "size"), "file", "paint.")
    with pytest.raises(SettingsError, match="one of colour, size"):
        known({"zzz": 1}, ("colour", "size"), "file", "")
