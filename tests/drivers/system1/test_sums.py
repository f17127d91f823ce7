"""Calculations that do not come out."""

from __future__ import annotations

import pytest

from ergos.base.documents import Document
from ergos.drivers.system1.language import detect
from ergos.drivers.system1.passages import passages
from ergos.drivers.system1.sums import miscalculations


def _count(text: str) -> int:
    document = Document(
        id="0" * 16, url="", title="Report", text=text, source="Wire", published_ns=0, language=detect(text)
    )
    return len(miscalculations(passages(document)))


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("The port of Genoa earned 90 million euros in fees. Half of that came from ferries, so 30 million euros came from ferries.", 1),
        ("The port of Genoa earned 90 million euros in fees. Half of that came from ferries, so 45 million euros came from ferries.", 0),
        ("据3月24日的报告，热那亚港收费9000万欧元，其中一半来自渡轮，因此渡轮收费3000万欧元。", 1),
        ("Genoa earned 90 million euros in fees in 2024. Milan earned 30 million euros, a third less than before.", 0),
    ],
)  # fmt: skip
def test_only_a_result_no_product_gives_is_found(text: str, count: int) -> None:
    assert _count(text) == count
