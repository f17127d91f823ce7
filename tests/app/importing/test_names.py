"""Names of others as names of ours: valid, distinct, stable."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ergos.app.importing.names import Names, language_of, plain_name, secret_name, server_name, skill_name
from ergos.app.importing.remarks import Findings
from ergos.base.ids import name as checked
from ergos.drivers.vault.references import secret_name as is_secret
from ergos.runtime.mount_settings import mount_settings
from ergos.runtime.settings import RESERVED


@given(st.lists(st.text(max_size=80), max_size=20))
def test_any_names_become_names_that_are_distinct(said: list[str]) -> None:
    names = Names(Findings())
    made = [names.of(one, "w") for one in said]
    assert len({one.casefold() for one in made}) == len(made)
    for one in made:
        assert checked(one, what="an agent") == one


def test_a_good_name_stays_and_a_changed_one_is_said() -> None:
    findings = Findings()
    names = Names(findings)
    assert (names.of("research-2", "w"), names.of("../x y", "w"), names.of("研究员", "w")) == (
        "research-2",
        "x-y",
        "研究员",
    )
    assert [one.what for one in findings.all] == ["../x y"]
    assert plain_name("___") == ""


@given(st.text(max_size=60))
def test_any_server_name_is_one_that_settings_take(said: str) -> None:
    name = server_name(said)
    assert mount_settings({"servers": {name: {"command": "x"}}}, "s", RESERVED)[name].name == name


@given(st.text(max_size=60))
def test_any_secret_and_skill_name_is_valid(said: str) -> None:
    assert is_secret(secret_name(said)) == secret_name(said)
    assert skill_name(said)


def test_a_language_is_that_of_most_letters() -> None:
    assert (language_of("每天早上八点读新闻 OK"), language_of("Read 新闻 every day, please"), language_of("")) == (
        "zh",
        "en",
        "en",
    )
