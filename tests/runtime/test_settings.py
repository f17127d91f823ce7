"""Settings: one frozen value, and errors that say where, what and what was expected."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ergos.base.errors import SettingsError
from ergos.base.money import Amount
from ergos.kernel.ledger import UNCAPPED, Caps
from ergos.runtime.settings import EVERYONE, SETTINGS_BYTES_MAX, home_of, read_settings


def written(folder: Path, text: str) -> Path:
    (folder / "settings.toml").write_text(text, encoding="utf-8")
    return folder


def test_nothing_set_is_a_good_setting(tmp_path: Path):
    found = read_settings({"HOME": str(tmp_path)}, user="maria")
    assert found.home == tmp_path / ".ergos"
    assert (found.owner, found.language, found.owner_caps, found.concurrency) == ("maria", "en", {}, {})


def test_option_beats_environment_beats_file_beats_login(tmp_path: Path):
    other = tmp_path / "other"
    other.mkdir()
    written(tmp_path, 'owner = "file"\nlanguage = "zh"')
    env = {"HOME": "/nowhere", "ERGOS_HOME": str(tmp_path)}
    assert read_settings(env, user="login").owner == "file"
    assert read_settings({**env, "ERGOS_OWNER": "env"}).owner == "env"
    assert read_settings({**env, "ERGOS_LANGUAGE": "en"}).language == "en"
    assert read_settings(env, home=other, user="login").owner == "login"


def test_a_home_may_begin_with_a_tilde():
    assert home_of({"HOME": "/h", "ERGOS_HOME": "~/x"}) == Path("/h/x")
    assert home_of({"HOME": "/h", "ERGOS_HOME": ""}) == Path("/h/.ergos")


def test_a_login_name_that_is_no_name_does_not_stop_anybody(tmp_path: Path):
    assert read_settings({}, home=tmp_path, user="DOMAIN\\me").owner == "owner"


def test_budgets_become_caps(tmp_path: Path):
    written(
        tmp_path,
        '[budget]\nper_day = "2usd"\ntokens_per_call = 1000\n[budget.owners.alice]\nper_owner = 0.5\n[concurrency]\ntools = 3',
    )
    found = read_settings({}, home=tmp_path)
    assert found.owner_caps[EVERYONE] == Caps(day=Amount(2_000_000, UNCAPPED), call=Amount(UNCAPPED, 1000))
    assert found.owner_caps["alice"] == Caps(owner=Amount(500_000, UNCAPPED))
    assert found.concurrency == {"tools": 3}


@pytest.mark.parametrize(
    ("text", "place", "expected"),
    [
        ("ovner = 'x'", "ovner", "owner"),
        ("owner = 3.5e300", "owner", "letters"),
        ("owner = 'a/b'", "owner", "letters"),
        ("language = 'fr'", "language", "'en' or 'zh'"),
        ("budget = 3", "budget", "a table"),
        ("[budget]\nper_dya = '1usd'", "budget.per_dya", "budget.per_day"),
        ("[budget]\nper_day = 'five euros'", "budget.per_day", "US dollars"),
        ("[budget]\nper_day = -1", "budget.per_day", "US dollars"),
        ("[budget]\nper_day = true", "budget.per_day", "US dollars"),
        ("[budget]\ntokens_per_day = -1", "tokens_per_day", "whole number"),
        ("[budget]\ntokens_per_day = '9'", "tokens_per_day", "whole number"),
        ("[budget.owners]\nalice = 1", "budget.owners.alice", "a table"),
        ("[budget.owners.'a/b']\nper_day = 1", "budget.owners.a/b", "letters"),
        ("[concurrency]\ntools = 0", "concurrency.tools", "whole number"),
        ("[concurrency]\ntools = true", "concurrency.tools", "whole number"),
        ("a = = b", "settings.toml", "TOML"),
        ("a = " + "[" * 5000, "settings.toml", "TOML"),
        ("#" * (SETTINGS_BYTES_MAX + 1), "settings.toml", "short"),
    ],
)
def test_an_error_names_file_key_and_what_was_expected(tmp_path: Path, text: str, place: str, expected: str):
    with pytest.raises(SettingsError) as caught:
        read_settings({}, home=written(tmp_path, text))
    assert "settings.toml" in caught.value.what
    assert place in caught.value.what
    assert expected in caught.value.what


@pytest.mark.parametrize(
    ("environ", "named"),
    [
        ({"ERGOS_OWNER": "a b", "HOME": "/h"}, "ERGOS_OWNER"),
        ({"ERGOS_LANGUAGE": "xx", "HOME": "/h"}, "ERGOS_LANGUAGE"),
        ({"ERGOS_HOME": "a\0b", "HOME": "/h"}, "ERGOS_HOME"),
        ({}, "HOME"),
    ],
)
def test_an_error_names_the_variable(environ: dict[str, str], named: str):
    with pytest.raises(SettingsError, match=named):
        read_settings(environ)


def test_what_is_no_utf8_or_no_folder_is_said(tmp_path: Path):
    (tmp_path / "settings.toml").write_bytes(b"owner = '\xff'")
    with pytest.raises(SettingsError, match="UTF-8"):
        read_settings({}, home=tmp_path)
    with pytest.raises(SettingsError, match="not a folder"):
        read_settings({}, home=tmp_path / "settings.toml")


@given(st.binary(max_size=200))
def test_any_bytes_are_settings_or_a_clear_error(tmp_path_factory: pytest.TempPathFactory, raw: bytes):
    folder = tmp_path_factory.mktemp("home")
    (folder / "settings.toml").write_bytes(raw)
    with contextlib.suppress(SettingsError):
        assert read_settings({}, home=folder).home == folder
