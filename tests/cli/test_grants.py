"""Permissions at the command line: shown as sentences, confirmed, in force, taken back."""

from __future__ import annotations

import json
from typing import Any, cast

import pytest

from .conftest import HELLO, PAYER, Shell

GREEDY = """
from ergos.lib.agent import Context, agent, may
from ergos.lib.tool import tool


@tool(effect="irreversible")
def pay(to: str, amount: int) -> str:
    return f"paid {amount} to {to}"


@agent()
async def payer(ctx: Context):
    return await ctx.act("pay", to="bob", amount=5)
"""

MATCHERS = [
    (["to=bob"], {"to": ["equals", ["bob"]]}, "bob"),
    (["amount=5"], {"amount": ["equals", [5]]}, "5"),
    (["amount=0..100"], {"amount": ["range", [0, 100]]}, "100"),
    (["amount=-1.5..2"], {"amount": ["range", [-1.5, 2]]}, "-1.5"),
    (["to=one_of:bob,ann"], {"to": ["one_of", ["bob", "ann"]]}, "ann"),
    (["path=under:reports/2027"], {"path": ["under", ["reports/2027"]]}, "reports/2027"),
    (["url=domain:example.com"], {"url": ["domain", ["example.com"]]}, "example.com"),
    (["to=grounded"], {"to": ["grounded", []]}, "to"),
    (["body=any"], {"body": ["any", []]}, "body"),
    (["to=equals:any"], {"to": ["equals", ["any"]]}, "any"),
]


def given(shell: Shell, *words: str) -> dict[str, Any]:
    """Give a grant; the one that is in force then."""
    made = cast("dict[str, Any]", shell.json("grant", *words, "--yes"))
    found = cast("list[dict[str, Any]]", shell.json("grants"))
    return next(one for one in found if one["id"] == made["id"])


@pytest.mark.parametrize(("words", "args", "said"), MATCHERS)
def test_every_matcher_is_kept_as_it_was_said_and_read_back_as_a_sentence(
    shell: Shell, words: list[str], args: dict[str, list[object]], said: str
) -> None:
    one = given(shell, "payer", "act", "pay", *words)
    kept = {name: [rule["kind"], list(rule.get("values", []))] for name, rule in one["grant"]["args"].items()}
    assert kept == args
    assert said in one["sentence"]
    assert one["standing"] == "in force"
    assert one["source"] == "confirmed"


def test_a_grant_says_until_when_how_often_and_whether_it_is_asked_for(shell: Shell) -> None:
    words = ("payer", "act", "pay", "--until", "2127-01-31", "--times", "3", "--ask", "--words", "pay 'Bob' ≤ 3")
    one = given(shell, *words)
    assert (one["left"], one["grant"]["times"], one["grant"]["ask"], one["grant"]["words"]) == (
        3,
        3,
        True,
        "pay 'Bob' ≤ 3",
    )
    assert "2127" in one["sentence"]
    shown = shell("grants")
    assert one["id"] in shown
    assert "3 calls left" in shown
    assert "pay 'Bob' ≤ 3" in shown


def test_an_owner_who_speaks_chinese_reads_chinese(shell: Shell) -> None:
    shell.home.mkdir()
    (shell.home / "settings.toml").write_text('language = "zh"\n')
    one = given(shell, "payer", "act", "pay", "amount=0..100")
    assert any("\u4e00" <= letter <= "\u9fff" for letter in one["sentence"])
    assert "100" in one["sentence"]
    assert any("\u4e00" <= letter <= "\u9fff" for letter in shell("grants"))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("payer", "eat", "pay"), "is no verb"),
        (("pa yer", "act", "pay"), "not a name"),
        (("payer", "act", "pa y"), "not a name"),
        (("payer", "act", "*"), "not a name"),
        (("payer", "act", "pay", "amount"), "no argument of a grant"),
        (("payer", "act", "pay", "=5"), "no argument of a grant"),
        (("payer", "act", "pay", "to=a", "to=b"), "stands there twice"),
        (("payer", "act", "pay", "amount=9..1"), "nothing lies between"),
        (("payer", "act", "pay", "path=under:"), "has no value"),
        (("payer", "act", "pay", "url=domain:"), "has no value"),
        (("payer", "act", "pay", "--until", "soon"), "is no date"),
        (("payer", "act", "pay", "--times", "0"), "times"),
    ],
)
def test_a_wrong_word_gives_nothing(shell: Shell, words: tuple[str, ...], said: str) -> None:
    shell("grant", *words, "--yes", code=2)
    assert said in shell.err
    assert shell.json("grants", "--all") == []


def test_without_a_yes_and_without_a_terminal_nothing_is_given(shell: Shell) -> None:
    said = shell("grant", "payer", "act", "pay", "to=bob", code=2)
    assert "bob" in said  # the sentence was shown all the same
    assert "--yes" in shell.err
    assert shell.json("grants", "--all") == []
    shell("grant", "payer", "act", "pay", "--json", code=2)
    assert shell.json("grants", "--all") == []


def test_a_grant_lets_a_call_through_and_its_revocation_stops_the_next(shell: Shell) -> None:
    path = shell.agent("payer", GREEDY)
    shell("run", path, code=4)
    one = given(shell, "payer", "act", "pay", "to=bob", "amount=0..10")
    shell("run", path)
    shell("revoke", one["id"])
    shell("run", path, code=4)
    assert shell.json("grants") == []
    (left,) = cast("list[dict[str, Any]]", shell.json("grants", "--all"))
    assert left["standing"] == "revoked"
    assert given(shell, "payer", "act", "pay", "to=bob", "amount=0..10")["id"] == one["id"]
    shell("run", path)


def test_a_grant_is_used_up_by_as_many_calls_as_it_says(shell: Shell) -> None:
    path = shell.agent("payer", GREEDY)
    given(shell, "payer", "act", "pay", "--times", "1")
    shell("run", path)
    shell("run", path, code=4)
    assert shell.json("grants") == []
    (one,) = cast("list[dict[str, Any]]", shell.json("grants", "--all"))
    assert (one["standing"], one["left"]) == ("used up", 0)


def test_what_is_over_is_shown_only_when_asked_for(shell: Shell) -> None:
    shell("grant", "payer", "act", "pay", "--until", "2001-01-31", "--yes")
    assert shell("grants") == ""
    assert "no grant is in force" in shell.err
    assert "expired" in shell("grants", "--all")


def test_what_a_definition_brings_along_is_shown_with_where_it_comes_from_and_can_be_taken_back(shell: Shell) -> None:
    shell("run", shell.agent("payer", PAYER), code=3)
    shell("run", shell.agent("hello", HELLO))
    (one,) = cast("list[dict[str, Any]]", shell.json("grants", "payer"))
    assert (one["agent"], one["source"]) == ("payer", "definition")
    assert "from the definition of payer" in shell("grants")
    shell("revoke", one["id"][:6])
    assert one["id"] in shell.err
    assert [found["agent"] for found in cast("list[dict[str, Any]]", shell.json("grants"))] == ["hello"]
    shell("answer", "1", "bob")
    shell("wait", "1", code=4)


def test_an_id_that_is_none_or_not_one_alone_revokes_nothing(shell: Shell) -> None:
    for number in range(17):  # of 16 first digits, two must be alike
        shell("grant", "payer", "act", "pay", f"amount={number}", "--yes")
    ids = [one["id"] for one in cast("list[dict[str, Any]]", shell.json("grants"))]
    assert len(set(ids)) == 17
    first = max("0123456789abcdef", key=lambda digit: sum(one.startswith(digit) for one in ids))
    shell("revoke", first, code=2)
    assert f"begins {sum(one.startswith(first) for one in ids)} ids" in shell.err
    for wrong in ("zzz", "", "0" * 40, "../x"):
        shell("revoke", wrong, code=2)
    assert len(cast("list[object]", shell.json("grants"))) == 17


def test_looking_and_revoking_where_nothing_was_run_makes_nothing(shell: Shell) -> None:
    assert shell("grants") == ""
    assert json.loads(shell("grants", "--json")) == []
    shell("revoke", "abc", code=2)
    assert not shell.home.exists()
