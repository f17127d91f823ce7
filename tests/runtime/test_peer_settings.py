"""What an owner says of A2A becomes frozen values, or an error that says where, what and what was expected."""

from __future__ import annotations

import contextlib
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ergos.base.errors import SettingsError
from ergos.base.money import Amount
from ergos.kernel.peers import NO_CEILING, A2aSettings, PeerBudget, PeerSettings
from ergos.runtime.peer_settings import KEYS, PEER_KEYS, peer_settings
from ergos.runtime.settings import read_settings

PATH = Path("/etc/ergos/settings.toml")
DIGEST = "sha256:" + "0a" * 32

WHOLE = f"""
[a2a]
publish = ["agents/news", "/srv/shop", "agents/news"]
[a2a.peers.acme]
url = "https://agents.acme.example/"
addresses = ["10.1.2.3", "FD00::1"]
token = "secret:acme"
accepts = "secret:acme-calls"
agents = ["news"]
grants = ["files.read", "web.*"]
tasks_max = 2
price = "0.05usd"
deadline_s = 30
trusted = true
delegates = ["news"]
[a2a.peers.acme.budget]
per_task = "0.50usd"
tokens_per_task = 50000
tokens_per_day = 7
[a2a.peers.caller]
accepts = "{DIGEST}"
[a2a.peers.near]
url = "http://127.0.0.1:8080/a2a/card.json"
"""


def parsed(text: str) -> A2aSettings:
    return peer_settings(tomllib.loads(text).get("a2a"), PATH)


def test_everything_that_can_be_said_is_read():
    found = parsed(WHOLE)
    assert found.publish == ("/etc/ergos/agents/news", "/srv/shop")
    assert found.peers == {
        "acme": PeerSettings(
            name="acme",
            url="https://agents.acme.example",
            addresses=("10.1.2.3", "fd00::1"),
            token="acme",
            accepts="secret:acme-calls",
            agents=("news",),
            grants=("files.read", "web.*"),
            budget=PeerBudget(task=Amount(500_000, 50_000), day=Amount(NO_CEILING, 7)),
            tasks_max=2,
            price=50_000,
            deadline_s=30.0,
            trusted=True,
            delegates=("news",),
        ),
        "caller": PeerSettings(name="caller", accepts=DIGEST),
        "near": PeerSettings(name="near", url="http://127.0.0.1:8080/a2a/card.json"),
    }


def test_nothing_said_is_nothing_published_and_nobody_known():
    assert peer_settings(None, PATH) == A2aSettings()


def test_the_settings_of_a_home_say_it(tmp_path: Path):
    (tmp_path / "settings.toml").write_text('[a2a]\npublish = ["a"]\n[a2a.peers.x]\nurl = "https://x.example"')
    found = read_settings({}, home=tmp_path).a2a
    assert found.publish == (str(tmp_path / "a"),)
    assert found.peers["x"].url == "https://x.example"


def test_no_server_of_tools_takes_the_name_of_the_peers(tmp_path: Path):
    (tmp_path / "settings.toml").write_text('[mcp.servers.peers]\nurl = "https://x.example"')
    with pytest.raises(SettingsError, match="built-in"):
        read_settings({}, home=tmp_path)


PEER = '[a2a.peers.x]\nurl = "https://x.example"\naccepts = "secret:a"\n'


@pytest.mark.parametrize(
    ("text", "place", "expected"),
    [
        ("a2a = 3", "a2a", "a table"),
        ("[a2a]\npublsh = []", "a2a.publsh", "a2a.publish"),
        ("[a2a]\npublish = 'a'", "a2a.publish", "a list"),
        ("[a2a]\npublish = ['']", "a2a.publish", "folders"),
        ("[a2a]\npeers = 1", "a2a.peers", "one table"),
        ("[a2a.peers]\nx = 1", "a2a.peers.x", "a table"),
        ("[a2a.peers.X]\nurl = 'https://x.example'", "a2a.peers", "lower-case"),
        ("[a2a.peers.x]", "a2a.peers.x", "`url` nor `accepts`"),
        (PEER + "tokn = 'secret:x'", "a2a.peers.x.tokn", "a2a.peers.x.token"),
        (PEER + "token = 'hunter2'", "a2a.peers.x.token", "ergos secret set"),
        ("[a2a.peers.x]\naccepts = 'hunter2'", "a2a.peers.x.accepts", "ergos secret set"),
        ("[a2a.peers.x]\naccepts = 'sha256:abc'", "a2a.peers.x.accepts", "64"),
        ("[a2a.peers.x]\naccepts = ''", "a2a.peers.x.accepts", "ergos secret set"),
        ("[a2a.peers.x]\naccepts = 'secret:a'\nprice = 1", "a2a.peers.x.price", "`url`"),
        ("[a2a.peers.x]\nurl = 'https://x.example'\nagents = ['a']", "a2a.peers.x.agents", "`accepts`"),
        (PEER + "addresses = ['x']", "a2a.peers.x.addresses", "10.1.2.3"),
        (PEER + "delegates = ['news']", "a2a.peers.x.delegates", "per_task"),
        (PEER + "agents = []", "a2a.peers.x.agents", "one name"),
        (PEER + "agents = ['a/b']", "a2a.peers.x.agents", "letters"),
        (PEER + "grants = ['*']", "a2a.peers.x.grants", "names of tools"),
        (PEER + "grants = 'files.read'", "a2a.peers.x.grants", "a list"),
        (PEER + "tasks_max = 0", "a2a.peers.x.tasks_max", "whole number"),
        (PEER + "price = '5 EUR'", "a2a.peers.x.price", "US dollars"),
        (PEER + "deadline_s = inf", "a2a.peers.x.deadline_s", "seconds"),
        (PEER + "trusted = 'yes'", "a2a.peers.x.trusted", "true or false"),
        (PEER + "budget = '1usd'", "a2a.peers.x.budget", "a table"),
        (PEER + "[a2a.peers.x.budget]\nper_dya = '1usd'", "a2a.peers.x.budget.per_dya", "a2a.peers.x.budget.per_day"),
        (PEER + "[a2a.peers.x.budget]\ntokens_per_task = -1", "tokens_per_task", "whole number"),
        ("[a2a.peers.x]\nurl = 'http://x.example'", "a2a.peers.x.url", "https"),
        ("[a2a.peers.x]\nurl = 'ftp://x.example'", "a2a.peers.x.url", "https"),
        ("[a2a.peers.x]\nurl = 'https://u:p@x.example'", "a2a.peers.x.url", "without a name"),
        ("[a2a.peers.x]\nurl = 'https://x.example/?k=v'", "a2a.peers.x.url", "without a name"),
        ("[a2a.peers.x]\nurl = 'https://0x7f.1'", "a2a.peers.x.url", "https"),
        ("[a2a.peers.x]\nurl = 'https://['", "a2a.peers.x.url", "no URL"),
        ("[a2a.peers.x]\nurl = 7", "a2a.peers.x.url", "text"),
        (PEER + "[a2a.peers.x_]\nurl = 'https://y.example'", "a2a.peers", "lower-case"),
        ("[a2a.peers.al]\naccepts = 'secret:a'\n[a2a.peers.a1]\naccepts = 'secret:b'", "a2a.peers.a1", "confuses"),
        ("[a2a.peers.a]\naccepts = 'secret:a'\n[a2a.peers.b]\naccepts = 'secret:a'", "a2a.peers.b.accepts", "another"),
    ],
)
def test_an_error_says_where_what_and_what_was_expected(text: str, place: str, expected: str):
    with pytest.raises(SettingsError) as caught:
        parsed(text)
    said = str(caught.value)
    assert str(PATH) in said
    assert place in said
    assert expected in said
    assert "hunter2" not in said


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*KEYS, *PEER_KEYS, "x"]), inner, max_size=4)
    ),
    max_leaves=8,
)


@given(VALUES)
def test_whatever_stands_there_is_settings_or_a_settings_error(found: object):
    with contextlib.suppress(SettingsError):
        peer_settings(found, PATH)


@given(st.dictionaries(st.sampled_from(PEER_KEYS), VALUES, max_size=6))
def test_whatever_is_said_of_a_peer_is_settings_or_a_settings_error(found: dict[str, object]):
    with contextlib.suppress(SettingsError):
        peer_settings({"peers": {"x": {"url": "https://x.example", "accepts": "secret:a", **found}}}, PATH)
