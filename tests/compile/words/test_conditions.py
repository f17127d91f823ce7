import pytest

from ergos.compile.words.conditions import read_condition, threshold
from tests.compile.owner import copy


@pytest.mark.parametrize(
    ("prose", "condition"),
    [
        ("if the total is above 1,000 EUR", ("total", ">", "1000 EUR")),
        ("金额超过一万元的", ("金额", ">", "10000 CNY")),
        ("only those that mention climate", ("", "contains", "climate")),
        ("total exceeds 80 %", ("total", ">", "80%")),
        ("温度低于5度", ("温度", "<", "5 度")),
        ("if length is at least 100", ("length", ">=", "100")),
        ("标题包含“紧急”", ("标题", "contains", "紧急")),
        ("if the status is 'open'", ("status", "==", "open")),
    ],
)
def test_a_comparison_has_two_sides(prose: str, condition: tuple[str, str, str]) -> None:
    assert read_condition(copy(prose), 0, len(prose)) == (condition,)


def test_what_compares_nothing_is_no_condition() -> None:
    assert read_condition(copy("if it rains"), 0, 11) == ()


def test_a_threshold_stands_alone() -> None:
    found = threshold(copy("ask me above 1000 EUR"), 0, 21)
    assert found is not None
    assert found[0] == ("", ">", "1000 EUR")
