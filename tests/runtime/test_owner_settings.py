"""What settings say of an owner's side; what is wrong there is said with its place."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from ergos.base.clock import DAY
from ergos.base.errors import SettingsError
from ergos.kernel.rights import Delegation
from ergos.runtime.owner_settings import NoticeSettings, OwnerDesk, Quiet, owner_settings
from ergos.runtime.settings import read_settings

WHOLE = """
[rights]
reserved = ["mail.send", "press.*"]
[delegates.bob]
agents = ["invoices", "shop.*"]
tools = ["table.append"]
kinds = ["approval", "question"]
amounts = { amount = [0, 500] }
until = "2027-01-31"
secrets = ["bob-phone"]
[notices]
reminders = ["30m", "1h", "2d"]
quiet = { start = "22:00", end = "07:00", days = ["MO"] }
timezone = "Europe/Berlin"
report = ""
spend = [0.5, 1]
per_hour = 3
"""


def read(text: str) -> OwnerDesk:
    return owner_settings(tomllib.loads(text), "settings.toml", "alice")


def test_everything_is_read() -> None:
    desk = read(WHOLE)
    assert desk.rights.owner == "alice"
    assert desk.rights.reserved == ("mail.send", "press.*")
    assert desk.rights.delegations == (
        Delegation(
            delegate="bob",
            owner="alice",
            agents=("invoices", "shop.*"),
            tools=("table.append",),
            kinds=("approval", "question"),
            amounts={"amount": (0.0, 500.0)},
            until_ns=20_850 * DAY,
        ),
    )
    assert desk.delegate_secrets == {"bob": ("bob-phone",)}
    assert desk.notices == NoticeSettings(
        reminders_s=(1_800, 3_600, 172_800),
        quiet=Quiet(start="22:00", end="07:00", days=("MO",)),
        timezone="Europe/Berlin",
        report="",
        spend=(0.5, 1.0),
        per_hour=3,
    )


def test_nothing_said_is_nothing_reserved_and_nothing_delegated() -> None:
    desk = read("")
    assert (desk.rights.reserved, desk.rights.delegations, desk.notices) == ((), (), NoticeSettings())


def test_a_settings_file_has_these_tables(tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text(WHOLE)
    assert read_settings({"ERGOS_OWNER": "alice"}, home=tmp_path).desk == read(WHOLE)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("rights = 5", "rights is 5"),
        ("[rights]\nreserve = []", "rights.reserve is no setting; expected rights.reserved"),
        ("[rights]\nreserved = 'mail.send'", "rights.reserved is 'mail.send'"),
        ("[rights]\nreserved = ['mail send']", "'mail send' does not fit"),
        ("[rights]\nreserved = ['mail.*.send']", "does not fit"),
        ("[rights]\nreserved = [5]", "does not fit"),
        ("[delegates.alice]\nagents=['a']\ntools=['b']", "cannot be a delegate's name"),
        ("[delegates.mcp]\nagents=['a']\ntools=['b']", "cannot be a delegate's name"),
        ("[delegates.'a b']\nagents=['a']\ntools=['b']", "delegates.a b"),
        ("[delegates.bob]", "agents"),
        ("[delegates.bob]\nagents=[]\ntools=['b']", "nothing is delegated"),
        ("[delegates.bob]\nagents=['a']", "nothing is delegated"),
        ("[delegates.bob]\nagents=['a']\ntools=['b']\nkinds=['all']", "'all' is none"),
        ("[delegates.bob]\nagents=['a']\ntools=['b']\namounts={amount=[5,1]}", "amount is [5, 1]"),
        ("[delegates.bob]\nagents=['a']\ntools=['b']\namounts={amount=[0,inf]}", "amount is [0, inf]"),
        ("[delegates.bob]\nagents=['a']\ntools=['b']\namounts={amount=[0,nan]}", "amount is [0, nan]"),
        ("[delegates.bob]\nagents=['a']\ntools=['b']\namounts={amount=[true,2]}", "amount is"),
        ("[delegates.bob]\nagents=['a']\ntools=['b']\nuntil='soon'", "until is 'soon'"),
        ("[delegates.bob]\nagents=['a']\ntools=['b']\nuntil=2027-01-31T08:00:00", "until is"),
        ("[notices]\nreminders=['1h','1h']", "'1h' does not fit"),
        ("[notices]\nreminders=['1s']", "'1s' does not fit"),
        ("[notices]\nreminders=['1y']", "'1y' does not fit"),
        ("[notices]\nreminders='1h'", "reminders is '1h'"),
        ("[notices]\nquiet={start='25:00',end='07:00'}", "start is '25:00'"),
        ("[notices]\nquiet={start='07:00',end='07:00'}", "begins when it ends"),
        ("[notices]\nquiet={start='22:00',end='07:00',days=['MON']}", "expected some of MO"),
        ("[notices]\ntimezone='Mars/Phobos; rm'", "timezone is"),
        ("[notices]\nspend=[1.0,0.5]", "growing shares"),
        ("[notices]\nspend=[2]", "growing shares"),
        ("[notices]\nper_hour=0", "per_hour is 0"),
        ("[notices]\nreport=5", "report is not text"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(text: str, said: str) -> None:
    with pytest.raises(SettingsError) as found:
        read(text)
    assert said in found.value.what
    assert found.value.what.startswith("settings.toml: ")


def test_an_address_in_place_of_a_secrets_name_is_not_repeated() -> None:
    with pytest.raises(SettingsError) as found:
        read("[delegates.bob]\nagents=['a']\ntools=['b']\nsecrets=['tgram://123:abc/']")
    assert "tgram" not in str(found.value)
