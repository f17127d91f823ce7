"""Values from the command line."""

from __future__ import annotations

import pytest

from ergos.base.errors import UsageError
from ergos.cli.requests import json_value, later


@pytest.mark.parametrize(("text", "value"), [('"a"', "a"), ("1", 1), ("null", None), ('{"深": [1.5]}', {"深": [1.5]})])
def test_json_is_read_as_it_is(text: str, value: object):
    assert json_value(text) == value


@pytest.mark.parametrize("text", ["", "a", "{", "NaN", "1 2", '"\udcff"', "[" * 100_000])
def test_what_is_no_json_is_a_usage_error(text: str):
    with pytest.raises(UsageError, match="is not JSON"):
        json_value(text)


def test_what_was_written_down_says_how_it_goes_on():
    assert "ergos wait 7" in later(7)
