"""How a home begins: three answers are a short settings.toml; a later run changes only what was said."""

from __future__ import annotations

import stat
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ergos.app.beginning import Answers, checked, defaults, first_text, models_shown, proposed, write
from ergos.app.home import Home, home_at
from ergos.base.errors import SettingsError, UsageError
from ergos.drivers.models.discovery import Discovery
from ergos.runtime.settings import EVERYONE, read_settings

ME = Answers(owner="me", language="en", model="auto", per_day="1usd")


def settings_of(home: Home, text: str) -> Home:
    write(home, text)
    return home_at(home.folder, {"HOME": str(home.folder)})


@given(
    owner=st.from_regex(r"[^\W_][\w.\-]{0,20}", fullmatch=True),
    language=st.sampled_from(("en", "zh")),
    model=st.sampled_from(("auto", "none", "ollama/qwen3:8b")),
    micro=st.integers(0, 10**9),
)
def test_what_is_written_is_what_the_settings_say(owner: str, language: str, model: str, micro: int) -> None:
    answers = checked(owner, language, model, f"{micro / 1_000_000:.6f}usd")
    table = tomllib.loads(first_text(answers))
    assert (table["owner"], table["language"], table["budget"]["per_day"]) == (owner, language, answers.per_day)
    assert table.get("models", {}) == {"auto": {}, "none": {"discover": False}}.get(model, {"auto": [model]})


def test_a_home_is_its_owners_alone_and_its_ceiling_is_in_force(home: Home) -> None:
    text = proposed(home, ME)
    assert text is not None
    made = settings_of(home, text)
    assert stat.S_IMODE(home.folder.stat().st_mode) == 0o700
    cap = made.settings.owner_caps[EVERYONE].day
    assert cap is not None
    assert cap.microusd == 1_000_000
    assert proposed(made, ME) is None


def test_a_later_run_changes_what_was_said_and_keeps_the_rest_with_its_comments(home: Home) -> None:
    before = (
        '# mine\nowner = "me" # that is me\n[budget]\ntokens_per_day = 5 # few\n\n[models]\nauto = ["a", "b"]\n'
        '[tools.files.roots]\nnotes = "~/notes"\n'
    )
    made = settings_of(home, before)
    changed = proposed(made, Answers(owner="bob", language="zh", model="b", per_day="2usd"))
    assert changed is not None
    assert "# mine\n" in changed
    assert 'owner = "bob" # that is me' in changed
    assert "tokens_per_day = 5 # few" in changed
    table = tomllib.loads(changed)
    assert (table["language"], table["budget"]["per_day"], table["models"]["auto"]) == ("zh", "2usd", ["b", "a"])
    assert table["tools"] == {"files": {"roots": {"notes": "~/notes"}}}


@pytest.mark.parametrize(
    "before",
    [
        'owner = """me"""\n',
        "budget = {per_day = '1usd'}\n",
        "owner = 'x'\n[models]\nauto = [\n  'a',\n  'b',\n]\n",
        '"owner" = "me"\n',
    ],
)
def test_settings_in_an_unusual_shape_are_changed_rightly_or_not_at_all(home: Home, before: str) -> None:
    made = settings_of(home, before)
    try:
        text = proposed(made, Answers(owner="bob", language="zh", model="m", per_day="3usd"))
    except SettingsError:
        return
    assert text is not None
    table = tomllib.loads(text)
    assert (table["owner"], table["language"], table["budget"]["per_day"]) == ("bob", "zh", "3usd")


def test_no_model_is_remembered_and_a_model_takes_it_back(home: Home) -> None:
    made = settings_of(home, proposed(home, Answers(owner="me", language="en", model="none", per_day="1usd")) or "")
    assert not made.settings.models.discover
    assert defaults(made, {}).model == "none"
    text = proposed(made, Answers(owner="me", language="en", model="mine", per_day="1usd"))
    assert text is not None
    again = settings_of(made, text)
    assert again.settings.models.discover
    assert again.settings.models.auto == ("mine",)


def test_what_counts_where_nothing_is_said_comes_from_the_machine_or_the_settings(tmp_path: Path) -> None:
    fresh = home_at(tmp_path / "h", {"HOME": str(tmp_path), "ERGOS_OWNER": "ann"})
    assert defaults(fresh, {"LANG": "zh_CN.UTF-8"}) == Answers(owner="ann", language="zh", model="auto", per_day="1usd")
    made = settings_of(fresh, 'owner = "bob"\nlanguage = "en"\n[budget]\nper_day = "7usd"\n')
    assert defaults(made, {"LANG": "zh_CN.UTF-8"}) == Answers(owner="bob", language="en", model="auto", per_day="7usd")


@pytest.mark.parametrize(
    ("owner", "language", "model", "per_day"),
    [
        ("a/b", "en", "auto", "1usd"),
        ("", "en", "auto", "1usd"),
        ("me", "fr", "auto", "1usd"),
        ("me", "en", "a b", "1usd"),
        ("me", "en", "auto", "5 EUR"),
        ("me", "en", "auto", "-1usd"),
        ("me", "en", 'x"y', "1usd"),
    ],
)
def test_an_answer_that_is_none_is_an_error_that_says_how(owner: str, language: str, model: str, per_day: str) -> None:
    with pytest.raises(UsageError):
        checked(owner, language, model, per_day)


def test_with_nothing_found_no_model_is_shown() -> None:
    assert models_shown(Discovery(())) == ()
    assert read_settings({"HOME": "/nowhere"}).owner_caps == {}


def test_blanks_of_a_name_become_dashes() -> None:
    assert checked("Mei Tan", "en", "auto", "1usd").owner == "Mei-Tan"
    assert checked(" 王海涛 ", "zh", "auto", "1usd").owner == "王海涛"
