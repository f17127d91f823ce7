"""Shapes that many operations share: times, days, names."""

from __future__ import annotations

import datetime
from typing import Any

import msgspec
import pytest

from ergos.kernel.calls import Failure
from ergos.server.api.shapes import AnyName, Fault, Name, at, day_of, fault, ns_of


def test_times_are_rfc_3339_and_nothing_is_null() -> None:
    assert at(1_795_673_605_794_123_456) == "2026-11-26T06:13:25.794Z"
    assert at(None) is None
    assert fault(None) is None
    assert fault(Failure("E1", "what", "how")) == Fault(code="E1", what="what", remedy="how")


def test_days_begin_in_1970() -> None:
    assert day_of(msgspec.UNSET) == 0
    assert day_of(datetime.date(1970, 1, 2)) == 1
    assert day_of(datetime.date(1, 1, 1)) == 0
    assert ns_of(datetime.date(1970, 1, 2)) == 86_400 * 10**9


@pytest.mark.parametrize("name", ["a", "a.b-c_d", "9", "观察者", "x" * 100])
def test_names_of_any_script_are_names(name: str) -> None:
    assert msgspec.convert(name, Name) == msgspec.convert(name, AnyName) == name


@pytest.mark.parametrize("name", ["", ".a", "a/b", "a b", "-a", "_a", "a\n b", "x" * 101])
def test_what_could_be_a_path_is_no_name(name: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(name, Name)


@pytest.mark.parametrize("part", ["..", ".", "a/b", "a\\b", "a%2fb", "a\0", "a\x1fb", "\x7f"])
def test_a_part_of_a_path_can_be_read_in_one_way_only(part: Any) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(part, AnyName)
