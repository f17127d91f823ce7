"""Whatever a third party's parser throws becomes one kind of error with one short reason; our own bugs do not."""

from __future__ import annotations

import logging

import pytest

from ergos.base.errors import SourceError
from ergos.drivers.sources.reading import PARSER_FAULTS, REASON_CHARS_MAX, Limit, Reading, parsing


class ForeignError(Exception):
    """What a library raises of its own."""


@pytest.mark.parametrize("fault", PARSER_FAULTS)
def test_what_parsers_raise_becomes_a_source_error(fault: type[Exception]):
    with pytest.raises(SourceError, match="the feed could not be parsed") as error, parsing("lib", "the feed"):
        raise fault("boom")
    assert isinstance(error.value.__cause__, fault)


def test_an_exception_of_the_library_is_named_by_the_caller_and_no_other_is_caught():
    with pytest.raises(SourceError), parsing("lib", "the feed", ForeignError):
        raise ForeignError("odd")
    with pytest.raises(ForeignError), parsing("lib", "the feed"):
        raise ForeignError("odd")
    with pytest.raises(KeyboardInterrupt), parsing("lib", "the feed"):
        raise KeyboardInterrupt


def test_a_source_error_of_our_own_passes_unchanged():
    mine = SourceError("already said")
    with pytest.raises(SourceError) as error, parsing("lib", "the feed"):
        raise mine
    assert error.value is mine


def test_the_reason_is_one_short_line_and_never_empty():
    with pytest.raises(SourceError) as error, parsing("lib", "the feed"):
        raise ValueError("a\n  b\t" + "c" * 10_000)
    assert "\n" not in error.value.what
    assert "a b c" in error.value.what
    assert len(error.value.what) < REASON_CHARS_MAX + 100
    with pytest.raises(SourceError, match="LookupError"), parsing("lib", "the feed"):
        raise LookupError


def test_a_librarys_warnings_stay_off_the_terminal(capfd: pytest.CaptureFixture[str]):
    with parsing("a.library.of.this.test", "the feed"):
        logging.getLogger("a.library.of.this.test").warning("noise")
    assert logging.getLogger("a.library.of.this.test").handlers
    assert "noise" not in capfd.readouterr().err


def test_what_succeeds_is_left_alone():
    with parsing("lib", "the feed"):
        found = Reading(documents=(), notes=("empty",))
    assert found == Reading(documents=(), notes=("empty",))
    assert not Limit(now_ns=0, expired=lambda: False).expired()
