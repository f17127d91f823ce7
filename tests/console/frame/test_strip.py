"""The top of a page: spending against the ceiling, what waits, STOP; for each owner their own."""

from __future__ import annotations

import pytest

from ergos.base.money import Amount
from ergos.console.frame.strip import Strip
from tests.console.rig import OTHER, OWNER, Rig


@pytest.mark.parametrize(
    ("spent", "cap", "share"),
    [
        (Amount(1, 0), None, 0.0),
        (Amount(5, 0), Amount(10, -1), 0.5),
        (Amount(5, 90), Amount(10, 100), 0.9),
        (Amount(5, 5), Amount(-1, -1), 0.0),
        (Amount(20, 0), Amount(10, -1), 2.0),
    ],
)
def test_the_nearer_ceiling_counts(spent: Amount, cap: Amount | None, share: float) -> None:
    assert Strip(spent=spent, cap=cap).share == share


def test_each_owner_sees_their_own_spending_and_inbox(rig: Rig) -> None:
    own = rig.fetch("/frame/strip?at=/inbox")[2]
    others = rig.fetch("/frame/strip", rig.session(OTHER, "owner", OTHER))[2]
    assert "$5.00" in own
    assert 'value="/inbox"' in own
    assert "STOP" in own
    assert "$2.00" in others
    assert 'data-waiting-count="1"' in others
    assert "Pause all mine" in others
    assert OWNER not in others


def test_where_a_page_leads_back_to_is_of_this_site(rig: Rig) -> None:
    assert 'value="/"' in rig.fetch("/frame/strip?at=//evil.example")[2]
