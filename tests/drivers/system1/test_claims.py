"""What a figure is said about, and how far it ranges."""

from __future__ import annotations

from decimal import Decimal

import pytest

from ergos.base.documents import Document
from ergos.drivers.system1.claims import Claim, claims
from ergos.drivers.system1.language import detect
from ergos.drivers.system1.passages import passages


def _claims(text: str) -> tuple[Claim, ...]:
    document = Document(
        id="0" * 16, url="", title="Report", text=text, source="Wire", published_ns=0, language=detect(text)
    )
    (passage,) = passages(document)
    return claims(passage)


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("The port of Genoa handled over 2 million containers.", "2000000", "3000000.0"),
        ("The port of Genoa handled 41 million tonnes of freight.", "40500000.0", "41500000.0"),
        ("The port of Genoa handled about 40 million tonnes of freight.", "36000000.0", "44000000.0"),
    ],
)
def test_hedges_and_rounding_open_a_range(text: str, low: str, high: str) -> None:
    (claim,) = _claims(text)
    assert (claim.low, claim.high) == (Decimal(low), Decimal(high))


def test_a_number_counts_the_first_telling_word_after_it() -> None:
    (claim,) = _claims("Koi Security in Tel Aviv found 341 malicious skills on the market.")
    assert claim.counted == {"malicious"}


def test_whom_a_figure_comes_from_is_not_whom_it_is_about() -> None:
    (claim,) = _claims("Revenue of Renault rose 12 percent, according to the Financial Times.")
    assert "renault" in claim.subject
    assert "financial" not in claim.subject


def test_two_figures_of_one_kind_in_a_clause_are_no_claim() -> None:
    assert _claims("The number of branches in Genoa fell from 90 to 70 within a year.") == ()
